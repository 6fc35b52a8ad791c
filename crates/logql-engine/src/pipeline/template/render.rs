//! A template run over a row, or over the labels and value of an alert.

use std::collections::BTreeMap;

use super::{
    functions, lexer,
    lexer::Mistake,
    parser::{self, Command, Kind, Node, Operand, Pipe, Place},
    value::Value,
};
use crate::{label_set::LabelSet, names::Names};

/// Most bytes one rendering gives: `repeat` and `indent` can ask for anything.
const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// Most turns all loops of one rendering take.
const TURNS_MAX: usize = 100_000;

/// A parsed template.
#[derive(Debug)]
pub(crate) struct Template {
    name: &'static str,
    source: String,
    nodes: Vec<Node>,
    fields: Vec<String>,
}

impl Template {
    /// Parses; errors are Go's. `name` is `line` or `label`, as Loki names them.
    pub(crate) fn parse(name: &'static str, text: &str) -> Result<Self, String> {
        Self::with_functions(name, text, false)
    }

    /// The same with the functions of alerting rules.
    pub(super) fn with_functions(name: &'static str, text: &str, alerts: bool) -> Result<Self, String> {
        let nodes = lexer::pieces(text)
            .and_then(|pieces| parser::nodes(pieces, text.len(), alerts))
            .map_err(|Mistake { text: reason, at }| {
                let line = 1 + text.get(..at).unwrap_or("").matches('\n').count();
                format!("template: {name}:{line}: {reason}")
            })?;
        let mut fields = Vec::new();
        collect(&nodes, &mut fields);
        Ok(Template { name, source: text.to_owned(), nodes, fields })
    }

    /// Labels the template reads.
    pub(crate) fn fields(&self) -> &[String] {
        &self.fields
    }

    /// Renders a row; the error becomes `__error_details__`.
    pub(crate) fn render(
        &self,
        line: &str,
        timestamp_ns: i64,
        labels: &LabelSet,
        names: &Names,
    ) -> Result<String, String> {
        self.run(line, timestamp_ns, Root::Row { labels, names }, Vec::new())
    }

    /// Renders something else: `.` is `root`, and some variables are set.
    pub(super) fn render_value(
        &self,
        root: &Value,
        variables: Vec<(String, Value)>,
    ) -> Result<String, String> {
        self.run("", 0, Root::Value(root), variables)
    }

    fn run(
        &self,
        line: &str,
        timestamp_ns: i64,
        root: Root<'_>,
        variables: Vec<(String, Value)>,
    ) -> Result<String, String> {
        let mut scope = Scope { template: self, line, timestamp_ns, root, dot: None, variables, turns: 0 };
        let mut out = String::new();
        scope.nodes(&self.nodes, &mut out)?;
        Ok(out)
    }

    /// `template: line:1:3: executing "line" at <x>: reason`
    fn failure(&self, place: &Place, reason: &str) -> String {
        let before = self.source.get(..place.at).unwrap_or("");
        let line = 1 + before.matches('\n').count();
        let column = match before.rfind('\n') {
            Some(newline) => place.at - newline - 1,
            None => place.at,
        };
        let name = self.name;
        format!("template: {name}:{line}:{column}: executing {name:?} at <{}>: {reason}", place.text)
    }
}

/// What `.` is outside of `with` and `range`.
enum Root<'a> {
    Row { labels: &'a LabelSet, names: &'a Names },
    Value(&'a Value),
}

/// What names mean while rendering.
pub(super) struct Scope<'a> {
    template: &'a Template,
    pub(super) line: &'a str,
    pub(super) timestamp_ns: i64,
    root: Root<'a>,
    /// Set inside `with` and `range`.
    dot: Option<Value>,
    /// Inner ones last.
    variables: Vec<(String, Value)>,
    turns: usize,
}

/// How a list of nodes ended.
#[derive(PartialEq)]
enum Flow {
    Done,
    Break,
    Continue,
}

impl Scope<'_> {
    fn nodes(&mut self, nodes: &[Node], out: &mut String) -> Result<Flow, String> {
        for node in nodes {
            let flow = self.node(node, out)?;
            if flow != Flow::Done {
                return Ok(flow);
            }
            if out.len() > OUTPUT_BYTES_MAX {
                return Err(format!("template: the result is longer than {OUTPUT_BYTES_MAX} bytes"));
            }
        }
        Ok(Flow::Done)
    }

    fn node(&mut self, node: &Node, out: &mut String) -> Result<Flow, String> {
        let known = self.variables.len();
        let flow = match node {
            Node::Text(text) => {
                out.push_str(text);
                Flow::Done
            }
            Node::Print(pipe) => {
                let value = self.pipe(pipe)?;
                if pipe.variables.is_empty() {
                    out.push_str(&value.text());
                }
                // A variable lives to the end of its block.
                return Ok(Flow::Done);
            }
            Node::If { pipe, then, otherwise } => {
                let holds = self.pipe(pipe)?.is_true();
                self.nodes(if holds { then } else { otherwise }, out)?
            }
            Node::With { pipe, then, otherwise } => {
                let value = self.pipe(pipe)?;
                if value.is_true() { self.under(value, then, out)? } else { self.nodes(otherwise, out)? }
            }
            Node::Range { pipe, then, otherwise } => self.range(pipe, then, otherwise, out)?,
            Node::Break => Flow::Break,
            Node::Continue => Flow::Continue,
        };
        self.variables.truncate(known);
        Ok(flow)
    }

    fn range(
        &mut self,
        pipe: &Pipe,
        then: &[Node],
        otherwise: &[Node],
        out: &mut String,
    ) -> Result<Flow, String> {
        let commands = Pipe { variables: Vec::new(), declares: false, commands: pipe.commands.clone() };
        let value = self.pipe(&commands)?;
        let items: Vec<(Value, Value)> = match value {
            Value::List(items) => (0..).map(Value::Int).zip(items).collect(),
            Value::Map(members) => {
                members.into_iter().map(|(name, value)| (Value::Text(name), value)).collect()
            }
            Value::Int(count) => {
                (0..count.clamp(0, TURNS_MAX as i64)).map(|at| (Value::Int(at), Value::Int(at))).collect()
            }
            Value::Nothing => Vec::new(),
            other => {
                let place = pipe.commands.first().map(|command| command.place.clone()).unwrap_or_default();
                let reason = format!("range can't iterate over {}", other.text());
                return Err(self.template.failure(&place, &reason));
            }
        };
        if items.is_empty() {
            return self.nodes(otherwise, out);
        }
        for (key, item) in items {
            self.turns += 1;
            if self.turns > TURNS_MAX {
                return Err(format!("template: loops take more than {TURNS_MAX} turns"));
            }
            let known = self.variables.len();
            match pipe.variables.as_slice() {
                [value] => self.set(value, item.clone(), pipe.declares),
                [index, value, ..] => {
                    self.set(index, key, pipe.declares);
                    self.set(value, item.clone(), pipe.declares);
                }
                [] => {}
            }
            let flow = self.under(item, then, out)?;
            self.variables.truncate(known);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::Done)
    }

    fn under(&mut self, dot: Value, nodes: &[Node], out: &mut String) -> Result<Flow, String> {
        let before = self.dot.replace(dot);
        let outcome = self.nodes(nodes, out);
        self.dot = before;
        outcome
    }

    fn set(&mut self, name: &str, value: Value, declares: bool) {
        let known = self.variables.iter_mut().rev().find(|(found, _)| found == name);
        match known.filter(|_| !declares) {
            Some((_, slot)) => *slot = value,
            None => self.variables.push((name.to_owned(), value)),
        }
    }

    fn pipe(&mut self, pipe: &Pipe) -> Result<Value, String> {
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(command, last)?);
        }
        let value = last.unwrap_or(Value::Nothing);
        if let Some(name) = pipe.variables.first() {
            self.set(name, value.clone(), pipe.declares);
        }
        Ok(value)
    }

    fn command(&mut self, command: &Command, last: Option<Value>) -> Result<Value, String> {
        let Some(function) = command.function else {
            return match command.operands.as_slice() {
                [only] if last.is_none() => self.operand(only),
                [first, ..] => {
                    let reason = format!("can't give argument to non-function {}", first.place.text);
                    Err(self.template.failure(&first.place, &reason))
                }
                [] => Ok(Value::Nothing),
            };
        };
        let mut arguments = Vec::with_capacity(command.operands.len() + 1);
        for operand in &command.operands {
            let value = self.operand(operand)?;
            // `and` and `or` stop at the value that decides.
            let decides = match function {
                "and" => !value.is_true(),
                "or" => value.is_true(),
                _ => false,
            };
            if decides {
                return Ok(value);
            }
            arguments.push(value);
        }
        let piped = last.is_some();
        arguments.extend(last);
        functions::call(function, arguments, self).map_err(|failure| {
            use functions::Failure;
            let word = Place { at: command.place.at, text: function.to_owned() };
            match failure {
                Failure::Error(reason) => {
                    self.template.failure(&command.place, &format!("error calling {function}: {reason}"))
                }
                Failure::Count(reason) => self.template.failure(&word, &reason),
                Failure::Kind { index, reason } => {
                    let place = command.operands.get(index).map(|operand| &operand.place);
                    let place = if piped && place.is_none() { Some(&command.place) } else { place };
                    self.template.failure(place.unwrap_or(&word), &reason)
                }
            }
        })
    }

    fn operand(&mut self, operand: &Operand) -> Result<Value, String> {
        // A label by name is by far the most common: no map of all labels for it.
        if let (Kind::Dot, [name], None, Root::Row { labels, names }) =
            (&operand.kind, operand.fields.as_slice(), &self.dot, &self.root)
        {
            let value = names.known(name).and_then(|id| labels.get(id)).unwrap_or("");
            return Ok(Value::Text(value.to_owned()));
        }
        let mut value = match &operand.kind {
            Kind::Constant(value) => value.clone(),
            Kind::Pipe(pipe) => self.pipe(pipe)?,
            Kind::Call(function) => {
                let command =
                    Command { function: Some(function), operands: Vec::new(), place: operand.place.clone() };
                self.command(&command, None)?
            }
            Kind::Dot => match &self.dot {
                Some(dot) => dot.clone(),
                None => self.all(),
            },
            Kind::Variable(name) if name.is_empty() => self.all(),
            Kind::Variable(name) => match self.variables.iter().rev().find(|(found, _)| found == name) {
                Some((_, value)) => value.clone(),
                None => {
                    let reason = format!("undefined variable: ${name}");
                    return Err(self.template.failure(&operand.place, &reason));
                }
            },
        };
        for name in &operand.fields {
            value = match value {
                Value::Map(mut members) => members.remove(name).unwrap_or(Value::Nothing),
                Value::Labels(mut members) => Value::Text(members.remove(name).unwrap_or_default()),
                Value::Nothing => {
                    let reason = format!("nil pointer evaluating interface {{}}.{name}");
                    return Err(self.template.failure(&operand.place, &reason));
                }
                other => {
                    let reason = format!("can't evaluate field {name} in type {}", other.kind());
                    return Err(self.template.failure(&operand.place, &reason));
                }
            };
        }
        Ok(value)
    }

    /// What `{{$}}` is.
    fn all(&self) -> Value {
        match &self.root {
            Root::Value(value) => (*value).clone(),
            Root::Row { labels, names } => {
                let mut members = BTreeMap::new();
                labels.each(|id, value| {
                    members.insert(names.text(id).to_string(), value.to_owned());
                });
                Value::Labels(members)
            }
        }
    }
}

fn collect(nodes: &[Node], fields: &mut Vec<String>) {
    for node in nodes {
        match node {
            Node::Text(_) | Node::Break | Node::Continue => {}
            Node::Print(pipe) => collect_pipe(pipe, fields),
            Node::If { pipe, then, otherwise }
            | Node::With { pipe, then, otherwise }
            | Node::Range { pipe, then, otherwise } => {
                collect_pipe(pipe, fields);
                collect(then, fields);
                collect(otherwise, fields);
            }
        }
    }
}

fn collect_pipe(pipe: &Pipe, fields: &mut Vec<String>) {
    for operand in pipe.commands.iter().flat_map(|command| &command.operands) {
        fields.extend(operand.fields.iter().cloned());
        if let Kind::Pipe(pipe) = &operand.kind {
            collect_pipe(pipe, fields);
        }
    }
}
