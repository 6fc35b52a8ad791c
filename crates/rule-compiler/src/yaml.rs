//! YAML to a tree of nodes with places. Aliases share their node, so a bomb of anchors stays as
//! small as its file; depth and count are bounded.

use std::{collections::HashMap, rc::Rc};

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::{
    limits::{YAML_DEPTH_MAX, YAML_NODES_MAX},
    source::{Place, Sources},
};

/// A node and where it starts.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Scalar { text: String, is_plain: bool },
    Sequence(Vec<Rc<Node>>),
    Mapping(Vec<(Rc<Node>, Rc<Node>)>),
}

/// Why a file is not YAML.
#[derive(Debug)]
pub(crate) struct YamlError {
    pub(crate) message: String,
    pub(crate) place: Place,
}

impl Node {
    /// Plain `~`, `null` or nothing.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, is_plain: true }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    pub(crate) fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    pub(crate) fn sequence(&self) -> Option<&[Rc<Node>]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn mapping(&self) -> Option<&[(Rc<Node>, Rc<Node>)]> {
        match &self.kind {
            Kind::Mapping(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value of a key of a mapping; the first one when it stands there twice.
    pub(crate) fn get(&self, key: &str) -> Option<&Rc<Node>> {
        self.mapping()?.iter().find(|(name, _)| name.scalar() == Some(key)).map(|(_, value)| value)
    }
}

/// An unfinished collection.
struct Open {
    items: Vec<Rc<Node>>,
    is_mapping: bool,
    anchor: usize,
    place: Place,
}

/// Reads all documents of a file, in order.
pub(crate) fn load(sources: &Sources, file: u32) -> Result<Vec<Rc<Node>>, YamlError> {
    let text = sources.text(file);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match read(sources, file, text, &[]) {
        // YAML 1.2 wants brackets indented more than their key; yaml-cpp, and so people's rule
        // files, do not. Read again with such lines moved to the right.
        Err(error) if error.message.starts_with("invalid indentation") => {
            let (text, padded) = indent_flow(text);
            read(sources, file, &text, &padded).map_err(|_| error)
        }
        result => result,
    }
}

/// Blanks put before lines that go on inside of brackets.
const PADDING: usize = 64;

/// Indents the lines inside of `[…]` and `{…}`; the numbers of these lines, from 1.
fn indent_flow(text: &str) -> (String, Vec<usize>) {
    let mut out = String::with_capacity(text.len() + 1_024);
    let mut padded = Vec::new();
    let mut depth = 0usize;
    let mut quote: Option<char> = None;
    // Indentation of the line that opened a block scalar.
    let mut block: Option<usize> = None;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        let mut flow = content;
        if depth == 0 && quote.is_none() {
            if block.is_some_and(|opened| indent > opened || content.trim().is_empty()) {
                out.push_str(line);
                continue;
            }
            block = None;
            let after_dashes = content.trim_start_matches("- ");
            let value = after_dashes.split_once(": ").map_or(after_dashes, |(_, value)| value).trim_start();
            if value.starts_with(['|', '>']) {
                block = Some(indent);
            }
            flow = if value.starts_with(['[', '{']) { value } else { "" };
        } else {
            out.push_str(&" ".repeat(PADDING));
            padded.push(number);
        }
        let mut before = ' ';
        let mut chars = flow.chars();
        while let Some(c) = chars.next() {
            match (quote, c) {
                (Some('"'), '\\') => {
                    chars.next();
                }
                (Some(open), c) if c == open => quote = None,
                (Some(_), _) => {}
                (None, '#') if before.is_whitespace() => break,
                (None, '"' | '\'') if before.is_whitespace() || "[{,:".contains(before) => quote = Some(c),
                (None, '[' | '{') => depth += 1,
                (None, ']' | '}') => depth = depth.saturating_sub(1),
                (None, _) => {}
            }
            before = c;
        }
        out.push_str(line);
    }
    (out, padded)
}

fn read(sources: &Sources, file: u32, text: &str, padded: &[usize]) -> Result<Vec<Rc<Node>>, YamlError> {
    let locate = |line: usize, column: usize| {
        let shift = if padded.binary_search(&line).is_ok() { PADDING } else { 0 };
        sources.place(file, line, column.saturating_sub(shift))
    };
    let mut anchors: HashMap<usize, Rc<Node>> = HashMap::new();
    let mut stack: Vec<Open> = Vec::new();
    let mut documents = Vec::new();
    let mut count = 0usize;
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| YamlError {
            message: match error.info() {
                info if info.contains("recursion limit") => {
                    format!("YAML is nested deeper than {YAML_DEPTH_MAX} levels")
                }
                info => info.to_owned(),
            },
            place: locate(error.marker().line(), error.marker().col()),
        })?;
        let place = locate(span.start.line(), span.start.col());
        let refuse = |message: String| YamlError { message, place };
        count += 1;
        if count > YAML_NODES_MAX {
            return Err(refuse(format!("more than {YAML_NODES_MAX} YAML nodes in one file")));
        }
        let done = match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_plain = style == ScalarStyle::Plain;
                let node = Rc::new(Node { kind: Kind::Scalar { text: text.into_owned(), is_plain }, place });
                anchors.insert(anchor, Rc::clone(&node));
                Some(node)
            }
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some(node) => Some(Rc::clone(node)),
                None => return Err(refuse("the referenced anchor is not defined".to_owned())),
            },
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                if stack.len() >= YAML_DEPTH_MAX {
                    return Err(refuse(format!("YAML is nested deeper than {YAML_DEPTH_MAX} levels")));
                }
                let is_mapping = matches!(event, Event::MappingStart(..));
                stack.push(Open { items: Vec::new(), is_mapping, anchor, place });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => stack.pop().map(|open| {
                let anchor = open.anchor;
                let node = Rc::new(open.finish());
                anchors.insert(anchor, Rc::clone(&node));
                node
            }),
            _ => None,
        };
        if let Some(node) = done {
            match stack.last_mut() {
                Some(open) => open.items.push(node),
                None => documents.push(node),
            }
        }
    }
    Ok(documents)
}

impl Open {
    fn finish(self) -> Node {
        let kind = if self.is_mapping {
            let mut pairs = Vec::with_capacity(self.items.len() / 2);
            let mut items = self.items.into_iter();
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                pairs.push((key, value));
            }
            Kind::Mapping(pairs)
        } else {
            Kind::Sequence(self.items)
        };
        Node { kind, place: self.place }
    }
}
