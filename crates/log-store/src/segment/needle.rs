//! Which lines contain a text, told from templates and values without building a line: a text
//! stands inside a fixed piece, inside a value, or across several; for each way there are tests
//! of values, done once per different value.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use log_record::ReadError;
use memchr::memmem::Finder;

use super::{
    column::{ColumnData, NULL},
    group::Group,
    line::{CLOCK_BYTES, DECIMAL_BYTES, ISO_BYTES, Piece, SlotKind, Stamp, TemplateUse, ValueKind},
};

/// What a part of the text asks of one piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum How {
    Contains,
    Starts,
    Ends,
    Equals,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Column(u32, SlotKind),
    Decimal,
    Iso,
    Clock,
}

/// One test; `from..to` of the needle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Test {
    subject: Subject,
    how: How,
    from: usize,
    to: usize,
}

/// The ways a template's lines can hold the text: all tests of one of them.
#[derive(Debug, Default)]
struct Ways {
    always: bool,
    all: Vec<Vec<Test>>,
}

/// For each row of the segment whether its line contains the text.
pub(super) fn rows_with(group: Group<'_>, needle: &str) -> Result<Vec<bool>, ReadError> {
    let templates = group.templates()?;
    let ways: Vec<Ways> = templates.iter().map(|used| ways(used, needle)).collect();
    let all = 0..group.layout.pages();
    let mut tests = Tests { group, needle, done: HashMap::new(), stamps: None };
    // Only ways whose every test some value passes are asked of rows.
    let mut open: Vec<Option<Vec<Vec<RowTest>>>> = vec![Some(Vec::new())];
    for ways in &ways {
        if ways.always {
            open.push(None);
            continue;
        }
        let mut kept: Vec<Vec<RowTest>> = Vec::new();
        for way in &ways.all {
            let possible: Result<Option<Vec<RowTest>>, ReadError> =
                way.iter().map(|test| tests.prepare(*test)).collect();
            kept.extend(possible?);
        }
        open.push(Some(kept));
    }
    let rows = group.layout.rows as usize;
    let mut passing = vec![false; rows];
    if open.iter().any(|open| open.as_ref().is_none_or(|ways| !ways.is_empty())) {
        let codes = group.template_codes(all.clone())?;
        for (row, (pass, code)) in passing.iter_mut().zip(codes).enumerate() {
            *pass = match open.get(code as usize) {
                Some(Some(ways)) => ways.iter().any(|way| way.iter().all(|test| test.passes(row))),
                Some(None) => true,
                None => false,
            };
        }
    }
    if group.layout.whole_lines > 0 {
        let whole = group.whole_lines(all)?;
        let finder = Finder::new(needle);
        for (row, pass) in passing.iter_mut().enumerate() {
            if let Some(line) = whole.get(row) {
                *pass = finder.find(line.as_bytes()).is_some();
            }
        }
    }
    Ok(passing)
}

/// A test with what it needs to be asked of a row.
#[derive(Debug, Clone)]
enum RowTest {
    /// By code: whether the value passes.
    Values(Rc<ColumnData>, Rc<Vec<bool>>),
    Rows(Rc<Vec<bool>>),
}

impl RowTest {
    fn passes(&self, row: usize) -> bool {
        match self {
            RowTest::Values(data, passing) => {
                let code = data.codes.get(row).copied().unwrap_or(NULL);
                passing.get(code as usize).copied().unwrap_or(false)
            }
            RowTest::Rows(passing) => passing.get(row).copied().unwrap_or(false),
        }
    }
}

struct Tests<'a> {
    group: Group<'a>,
    needle: &'a str,
    done: HashMap<Test, Option<RowTest>>,
    stamps: Option<Rc<Vec<i64>>>,
}

impl Tests<'_> {
    /// The test, unless no row can pass it.
    fn prepare(&mut self, test: Test) -> Result<Option<RowTest>, ReadError> {
        if let Some(done) = self.done.get(&test) {
            return Ok(done.clone());
        }
        let text = self.needle.get(test.from..test.to).unwrap_or("");
        let prepared = match test.subject {
            Subject::Column(column, kind) => self.values(column, kind, test.how, text)?,
            stamp => self.stamps(stamp, test.how, text)?,
        };
        self.done.insert(test, prepared.clone());
        Ok(prepared)
    }

    fn values(
        &self,
        column: u32,
        kind: SlotKind,
        how: How,
        text: &str,
    ) -> Result<Option<RowTest>, ReadError> {
        let Some(described) = self.group.layout.values.get(column as usize) else { return Ok(None) };
        let is_number = described.kind == ValueKind::Integer;
        if is_number && !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Ok(None);
        }
        let all = 0..self.group.layout.pages();
        let (data, values) = match self.group.dictionary(&described.pages)? {
            Some(values) => (None, values),
            None => {
                let data = self.group.column(&described.pages, all.clone())?;
                let values = std::sync::Arc::clone(&data.values);
                (Some(data), values)
            }
        };
        let shown = ColumnData { values: std::sync::Arc::clone(&values), codes: Vec::new() };
        let escaped = match kind {
            SlotKind::Escaped => self.group.escaped(&described.pages, &shown),
            SlotKind::Plain => None,
        };
        let texts = escaped.as_deref().unwrap_or(&values);
        let finder = Finder::new(text);
        if how == How::Contains && finder.find(texts.view().data.as_bytes()).is_none() {
            return Ok(None);
        }
        let passing: Vec<bool> =
            (0..texts.len()).map(|at| passes(texts.get(at), how, text, &finder)).collect();
        if !passing.contains(&true) {
            return Ok(None);
        }
        let data = match data {
            Some(data) => data,
            None => self.group.column(&described.pages, all)?,
        };
        Ok(Some(RowTest::Values(Rc::new(data), Rc::new(passing))))
    }

    fn stamps(&mut self, subject: Subject, how: How, text: &str) -> Result<Option<RowTest>, ReadError> {
        if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.' | b'-' | b'T' | b'Z')) {
            return Ok(None);
        }
        let times = match &self.stamps {
            Some(times) => Rc::clone(times),
            None => {
                Rc::clone(self.stamps.insert(Rc::new(self.group.timestamps(0..self.group.layout.pages())?)))
            }
        };
        let finder = Finder::new(text);
        let passing: Vec<bool> = times
            .iter()
            .map(|time| {
                Stamp::new(*time).is_some_and(|stamp| {
                    let spelled = match subject {
                        Subject::Iso => stamp.iso(),
                        Subject::Clock => stamp.clock(),
                        _ => stamp.decimal(),
                    };
                    passes(spelled, how, text, &finder)
                })
            })
            .collect();
        Ok(passing.contains(&true).then(|| RowTest::Rows(Rc::new(passing))))
    }
}

fn passes(value: &str, how: How, text: &str, finder: &Finder<'_>) -> bool {
    match how {
        How::Contains => finder.find(value.as_bytes()).is_some(),
        How::Starts => value.starts_with(text),
        How::Ends => value.ends_with(text),
        How::Equals => value == text,
    }
}

fn ways(used: &TemplateUse, needle: &str) -> Ways {
    let mut ways = Ways::default();
    let mut walk = Walk { used, needle, ways: &mut ways, way: Vec::new() };
    walk.begin();
    let mut seen = HashSet::new();
    ways.all.retain(|way| seen.insert(way.clone()));
    ways
}

struct Walk<'a> {
    used: &'a TemplateUse,
    needle: &'a str,
    ways: &'a mut Ways,
    way: Vec<Test>,
}

impl Walk<'_> {
    /// The text begins in one of the pieces.
    fn begin(&mut self) {
        let length = self.needle.len();
        if length == 0 {
            self.ways.always = true;
            return;
        }
        for (at, piece) in self.used.template.pieces.iter().enumerate() {
            if let Piece::Literal(literal) = piece {
                if literal.contains(self.needle) {
                    self.ways.always = true;
                    return;
                }
                for cut in 1..length.min(literal.len() + 1) {
                    if self.part(0, cut).is_some_and(|head| literal.ends_with(head)) {
                        self.go_on(at + 1, cut);
                    }
                }
                continue;
            }
            let Some(subject) = self.subject(piece) else { continue };
            self.ask(subject, How::Contains, 0, length, |walk| walk.found());
            for cut in 1..length {
                self.ask(subject, How::Ends, 0, cut, |walk| walk.go_on(at + 1, cut));
            }
        }
    }

    /// The text from `from` on begins with piece `at`.
    fn go_on(&mut self, at: usize, from: usize) {
        let length = self.needle.len();
        let Some(piece) = self.used.template.pieces.get(at) else { return };
        if let Piece::Literal(literal) = piece {
            let rest = self.needle.as_bytes().get(from..).unwrap_or(&[]);
            if literal.as_bytes().starts_with(rest) {
                self.found();
            } else if rest.starts_with(literal.as_bytes()) {
                self.go_on(at + 1, from + literal.len());
            }
            return;
        }
        let Some(subject) = self.subject(piece) else { return };
        self.ask(subject, How::Starts, from, length, |walk| walk.found());
        for to in from..length {
            self.ask(subject, How::Equals, from, to, |walk| walk.go_on(at + 1, to));
        }
    }

    fn found(&mut self) {
        if self.way.is_empty() {
            self.ways.always = true;
        } else {
            self.ways.all.push(self.way.clone());
        }
    }

    /// Goes on under the condition of one more test, if it can be passed at all.
    fn ask(&mut self, subject: Subject, how: How, from: usize, to: usize, then: impl FnOnce(&mut Self)) {
        let Some(part) = self.part(from, to) else { return };
        let is_stampish =
            || part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.' | b'-' | b'T' | b'Z'));
        let possible = match subject {
            Subject::Column(..) => true,
            Subject::Decimal => fits(how, part.len(), DECIMAL_BYTES) && is_stampish(),
            Subject::Iso => fits(how, part.len(), ISO_BYTES) && is_stampish(),
            Subject::Clock => fits(how, part.len(), CLOCK_BYTES) && is_stampish(),
        };
        if possible && !self.ways.always {
            self.way.push(Test { subject, how, from, to });
            then(self);
            self.way.pop();
        }
    }

    /// A part of the needle; none where a character would be cut, which no value ends in.
    fn part(&self, from: usize, to: usize) -> Option<&str> {
        self.needle.get(from..to)
    }

    fn subject(&self, piece: &Piece) -> Option<Subject> {
        match piece {
            Piece::Literal(_) => None,
            Piece::Slot(slot, kind) => {
                self.used.columns.get(*slot as usize).map(|column| Subject::Column(*column, *kind))
            }
            Piece::Decimal => Some(Subject::Decimal),
            Piece::Iso => Some(Subject::Iso),
            Piece::Clock => Some(Subject::Clock),
        }
    }
}

/// A time has a fixed length.
fn fits(how: How, part: usize, whole: usize) -> bool {
    match how {
        How::Equals => part == whole,
        _ => part <= whole,
    }
}
