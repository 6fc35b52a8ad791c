//! High-water marks: per sensor and epoch the highest sequence that is in the queue.
//!
//! What is at or below its mark was accepted before. A snapshot lies beside the queue; what was
//! accepted after it is read again from the queue at start, whose cursor `marks` keeps those
//! records from being deleted.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use alert::{AlertId, Epoch, Sequence};
use serde_json::{Value, json};

use crate::limits::MARKS_MAX;

/// The marks in memory and what a running append would raise them to.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    durable: HashMap<(String, Epoch), Mark>,
    /// Raised by records that are being written.
    pending: HashMap<(String, Epoch), Sequence>,
    /// Counts raises, to find the mark that is unused for longest.
    turn: u64,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    sequence: Sequence,
    turn: u64,
}

impl Marks {
    /// Whether the alert is new; if so, it counts as accepted until [`Marks::fail`].
    pub(crate) fn admit(&mut self, id: &AlertId) -> bool {
        let key = (id.sensor.clone(), id.epoch);
        let durable = self.durable.get(&key).map(|mark| mark.sequence);
        let mark = self.pending.get(&key).copied().max(durable);
        if mark.is_some_and(|mark| id.sequence <= mark) {
            return false;
        }
        self.pending.insert(key, id.sequence);
        true
    }

    /// What was admitted is on disk.
    pub(crate) fn keep(&mut self) {
        for (key, sequence) in std::mem::take(&mut self.pending) {
            self.raise(key, sequence);
        }
    }

    /// What was admitted is not on disk.
    pub(crate) fn fail(&mut self) {
        self.pending.clear();
    }

    /// Takes over a record found in the queue at start.
    pub(crate) fn replay(&mut self, id: AlertId) {
        self.raise((id.sensor, id.epoch), id.sequence);
    }

    fn raise(&mut self, key: (String, Epoch), sequence: Sequence) {
        self.turn += 1;
        let turn = self.turn;
        let mark = self.durable.entry(key).or_insert(Mark { sequence, turn });
        mark.sequence = mark.sequence.max(sequence);
        mark.turn = turn;
        if self.durable.len() > MARKS_MAX {
            let oldest = self.durable.iter().min_by_key(|(_, mark)| mark.turn).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                self.durable.remove(&oldest);
            }
        }
    }

    /// Writes all marks, valid for everything up to `position`, atomically.
    pub(crate) fn save(&self, directory: &Path, position: u64) -> io::Result<()> {
        let mut marks: Vec<_> = self.durable.iter().collect();
        marks.sort_by_key(|(_, mark)| mark.turn);
        let marks: Vec<Value> = marks
            .into_iter()
            .map(|((sensor, epoch), mark)| json!([sensor, epoch.0, mark.sequence.0]))
            .collect();
        let body = json!({ "version": 1, "position": position, "marks": marks }).to_string();
        let crc = crc32fast::hash(body.as_bytes());
        let temporary = directory.join("marks.tmp");
        let mut file = File::create(&temporary)?;
        file.write_all(format!("{crc:08x}\n{body}\n").as_bytes())?;
        file.sync_data()?;
        std::fs::rename(&temporary, path(directory))?;
        // Records are deleted on the strength of this file: its name must be as durable as it is.
        File::open(directory)?.sync_all()
    }

    /// Reads a snapshot and the position it is valid for. Without a good one: no marks, position 0;
    /// `true` tells that there was one and it was damaged.
    pub(crate) fn load(directory: &Path) -> (Marks, u64, bool) {
        match std::fs::read_to_string(path(directory)) {
            Ok(text) => match parse(&text) {
                Some((marks, position)) => (marks, position, false),
                None => (Marks::default(), 0, true),
            },
            Err(error) => (Marks::default(), 0, error.kind() != io::ErrorKind::NotFound),
        }
    }
}

fn path(directory: &Path) -> PathBuf {
    directory.join("marks")
}

fn parse(text: &str) -> Option<(Marks, u64)> {
    let (crc, body) = text.split_once('\n')?;
    let body = body.trim_end_matches('\n');
    if u32::from_str_radix(crc, 16).ok()? != crc32fast::hash(body.as_bytes()) {
        return None;
    }
    let body: Value = serde_json::from_str(body).ok()?;
    let position = body.get("position")?.as_u64()?;
    let mut marks = Marks::default();
    for mark in body.get("marks")?.as_array()? {
        let sensor = mark.get(0)?.as_str()?.to_owned();
        marks.raise((sensor, Epoch(mark.get(1)?.as_u64()?)), Sequence(mark.get(2)?.as_u64()?));
    }
    Some((marks, position))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(sensor: &str, epoch: u64, sequence: u64) -> AlertId {
        AlertId { sensor: sensor.into(), epoch: Epoch(epoch), sequence: Sequence(sequence) }
    }

    #[test]
    fn what_was_accepted_is_known_again_and_what_failed_is_not() {
        let mut marks = Marks::default();
        assert!(marks.admit(&id("a", 1, 10)));
        assert!(!marks.admit(&id("a", 1, 10)));
        assert!(marks.admit(&id("a", 2, 5)));
        marks.fail();
        assert!(marks.admit(&id("a", 1, 10)));
        marks.keep();
        assert!(!marks.admit(&id("a", 1, 9)));
        assert!(marks.admit(&id("a", 1, 11)));
        assert!(marks.admit(&id("b", 1, 0)));
    }

    #[test]
    fn a_snapshot_round_trips_and_damage_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let mut marks = Marks::default();
        assert!(!Marks::load(directory.path()).2);
        marks.replay(id("a", u64::MAX, 7));
        marks.save(directory.path(), 42).unwrap();
        let (mut loaded, position, damaged) = Marks::load(directory.path());
        assert!(!damaged && position == 42);
        assert!(!loaded.admit(&id("a", u64::MAX, 7)) && loaded.admit(&id("a", u64::MAX, 8)));
        let text = std::fs::read_to_string(path(directory.path())).unwrap().replace('7', "6");
        std::fs::write(path(directory.path()), text).unwrap();
        assert!(Marks::load(directory.path()).2);
    }

    #[test]
    fn the_number_of_marks_is_bounded() {
        let mut marks = Marks::default();
        for epoch in 0..=MARKS_MAX as u64 {
            marks.replay(id("a", epoch, 1));
        }
        assert_eq!(marks.durable.len(), MARKS_MAX);
        assert!(marks.admit(&id("a", 0, 1)), "the oldest was forgotten");
    }
}
