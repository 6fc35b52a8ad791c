//! What a process prints, line by line, readable while it runs.

use std::{
    io::{BufRead as _, BufReader, Read},
    sync::{Arc, Mutex},
    thread,
};

/// Lines a process has printed so far. Clones share.
#[derive(Debug, Clone, Default)]
pub struct OutputLines(Arc<Mutex<Vec<String>>>);

impl OutputLines {
    /// Collects lines in a thread of its own until the stream ends.
    pub fn collect(stream: impl Read + Send + 'static) -> Self {
        let lines = OutputLines::default();
        let kept = lines.clone();
        thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut bytes = Vec::new();
            while reader.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
                let line = String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned();
                kept.0.lock().expect("no thread panics with it").push(line);
                bytes.clear();
            }
        });
        lines
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.lock().expect("no thread panics with it").len()
    }

    /// Those from the `start`th on.
    pub fn from(&self, start: usize) -> Vec<String> {
        self.0.lock().expect("no thread panics with it").get(start..).unwrap_or_default().to_vec()
    }

    /// All as one text.
    pub fn text(&self) -> String {
        self.from(0).join("\n")
    }

    /// Those that are alerts, from the `start`th line on.
    pub fn alerts_from(&self, start: usize) -> Vec<alert::Alert> {
        self.from(start)
            .iter()
            .filter(|line| line.starts_with('{'))
            .filter_map(|line| alert::Alert::parse_json(line.as_bytes(), None).ok())
            .collect()
    }
}
