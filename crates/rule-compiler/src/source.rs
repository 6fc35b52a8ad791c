//! Rule files as text with lines, and condition text that remembers where each byte came from:
//! a list's items, an appended condition and an exception all end in one text, and a mistake is
//! still shown in the file where it was written.

use std::rc::Rc;

/// One rule file.
#[derive(Debug, Clone)]
pub struct RuleFile {
    /// Shown in diagnostics, usually the path.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// A byte of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) file: u32,
    pub(crate) offset: u32,
}

/// The files of one load, with their line starts.
#[derive(Debug)]
pub(crate) struct Sources {
    files: Vec<(RuleFile, Vec<u32>)>,
}

impl Sources {
    pub(crate) fn new(files: &[RuleFile]) -> Self {
        let files = files
            .iter()
            .map(|file| {
                let ends = file.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
                let starts = std::iter::once(0).chain(ends.map(|(offset, _)| offset as u32 + 1)).collect();
                (file.clone(), starts)
            })
            .collect();
        Sources { files }
    }

    pub(crate) fn name(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", |(file, _)| file.name.as_str())
    }

    pub(crate) fn text(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", |(file, _)| file.text.as_str())
    }

    /// Line and column, both from 1, column in characters; and the text of the line.
    pub(crate) fn position(&self, place: Place) -> (usize, usize, &str) {
        let Some((file, starts)) = self.files.get(place.file as usize) else { return (1, 1, "") };
        let line = starts.partition_point(|start| *start <= place.offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0) as usize;
        let rest = file.text.get(start..).unwrap_or("");
        let text = rest.split('\n').next().unwrap_or("").trim_end_matches('\r');
        let within = (place.offset as usize).saturating_sub(start);
        let column = rest.get(..within).map_or(within, |before| before.chars().count()) + 1;
        (line, column, text)
    }

    /// The byte at a line (from 1) and a column in characters (from 0).
    pub(crate) fn place(&self, file: u32, line: usize, column: usize) -> Place {
        let Some((source, starts)) = self.files.get(file as usize) else { return Place::default() };
        let end = source.text.trim_end().len();
        let start = starts.get(line.saturating_sub(1)).map_or(end, |start| *start as usize);
        let rest = source.text.get(start..).unwrap_or("");
        let within = rest.char_indices().nth(column).map_or(rest.len(), |(offset, _)| offset);
        Place { file, offset: (start + within) as u32 }
    }
}

/// Text with the place of every byte.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traced {
    pub(crate) text: String,
    places: Vec<Place>,
}

impl Traced {
    /// The value of a YAML scalar that starts at `start`. Its characters stand in the file in
    /// order, with quotes, indentation and escapes between them.
    pub(crate) fn scalar(sources: &Sources, start: Place, text: &str) -> Traced {
        let source = sources.text(start.file).as_bytes();
        let mut at = start.offset as usize;
        let mut places = Vec::with_capacity(text.len());
        for byte in text.bytes() {
            if byte.is_ascii_whitespace() {
                places.push(Place { file: start.file, offset: at as u32 });
                continue;
            }
            // A byte that is not found soon was written as an escape: stay where we are.
            let window = source.get(at..).unwrap_or(&[]);
            if let Some(skip) = window.iter().take(400).position(|found| *found == byte) {
                places.push(Place { file: start.file, offset: (at + skip) as u32 });
                at += skip + 1;
            } else {
                places.push(Place { file: start.file, offset: at as u32 });
            }
        }
        Traced { text: text.to_owned(), places }
    }

    /// Text that stands nowhere; all of it points at `place`.
    pub(crate) fn made(text: &str, place: Place) -> Traced {
        Traced { text: text.to_owned(), places: vec![place; text.len()] }
    }

    pub(crate) fn push(&mut self, other: &Traced) {
        self.text.push_str(&other.text);
        self.places.extend_from_slice(&other.places);
    }

    pub(crate) fn push_made(&mut self, text: &str, place: Place) {
        self.text.push_str(text);
        self.places.extend(std::iter::repeat_n(place, text.len()));
    }

    /// Copies a range of `other`.
    pub(crate) fn push_range(&mut self, other: &Traced, start: usize, end: usize) {
        if let (Some(text), Some(places)) = (other.text.get(start..end), other.places.get(start..end)) {
            self.text.push_str(text);
            self.places.extend_from_slice(places);
        }
    }

    pub(crate) fn place(&self, offset: usize) -> Place {
        match self.places.get(offset) {
            Some(place) => *place,
            None => {
                self.places.last().map_or(Place::default(), |last| Place { offset: last.offset + 1, ..*last })
            }
        }
    }

    /// Without blanks at its ends, as Falco trims conditions.
    pub(crate) fn trimmed(&self) -> Traced {
        let start = self.text.len() - self.text.trim_start().len();
        let end = start + self.text.trim().len();
        let mut out = Traced::default();
        out.push_range(self, start, end);
        out
    }
}

/// Shared by everything that reports.
pub(crate) type SharedSources = Rc<Sources>;
