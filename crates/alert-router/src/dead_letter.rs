//! Alerts an output will never take, kept in a file each output has for itself.
//!
//! One JSON object per line: `{"position","time_ns","reason","alert"}`. At its bound the file
//! replaces its predecessor (`.1`), whose alerts are then gone and counted as discarded.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use telemetry::Counter;

use crate::{journal::journal_file_name, limits::DEAD_LETTER_FILE_BYTES_MAX, output::Queued};

/// The dead letters of one output.
#[derive(Debug)]
pub(crate) struct DeadLetters {
    path: PathBuf,
    file_bytes_max: u64,
    discarded: Counter,
}

impl DeadLetters {
    pub(crate) fn new(directory: &Path, output: &str, discarded: Counter) -> Self {
        let path = directory.join(format!("{}.dead.ndjson", journal_file_name(output)));
        DeadLetters { path, file_bytes_max: DEAD_LETTER_FILE_BYTES_MAX, discarded }
    }

    /// Durable when it returns.
    pub(crate) fn keep(&self, queued: &Queued, reason: &str, time_ns: i64) -> io::Result<()> {
        let alert: Value = serde_json::from_str(&queued.alert.to_json_line())?;
        let line = json!({
            "position": queued.position,
            "time_ns": time_ns,
            "reason": reason,
            "alert": alert,
        });
        let size = std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        if size >= self.file_bytes_max {
            let predecessor = self.path.with_extension("ndjson.1");
            self.discarded.add(count_lines(&predecessor));
            std::fs::rename(&self.path, &predecessor)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_data()
    }

    /// The newest letters, oldest of them first; lines that are torn are left out.
    pub(crate) fn newest(&self, letters_max: usize) -> Vec<Value> {
        let mut letters = std::collections::VecDeque::new();
        for path in [self.path.with_extension("ndjson.1"), self.path.clone()] {
            let Ok(file) = File::open(path) else { continue };
            for line in BufReader::new(file).lines().map_while(Result::ok) {
                if let Ok(letter) = serde_json::from_str(&line) {
                    letters.push_back(letter);
                }
                if letters.len() > letters_max {
                    letters.pop_front();
                }
            }
        }
        letters.into()
    }
}

fn count_lines(path: &Path) -> u64 {
    let Ok(file) = File::open(path) else { return 0 };
    BufReader::new(file).split(b'\n').map_while(Result::ok).count() as u64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testing::alert;

    #[test]
    fn letters_are_kept_bounded_and_counted() {
        let directory = tempfile::tempdir().unwrap();
        let discarded = Counter::default();
        let mut letters = DeadLetters::new(directory.path(), "a/b", discarded.clone());
        letters.file_bytes_max = 1;
        for position in 1..=3 {
            let queued = Queued { position, alert: Arc::new(alert(position)) };
            letters.keep(&queued, "400 bad", 5).unwrap();
        }
        let kept = letters.newest(10);
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[1]["position"], 3);
        assert_eq!(kept[1]["alert"]["uuid"], alert(3).uuid.to_string());
        assert_eq!(discarded.value(), 1);
    }
}
