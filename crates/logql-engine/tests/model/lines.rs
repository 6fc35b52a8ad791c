//! Random lines: JSON, logfmt and plain ones, with fields that are often the same.

use proptest::prelude::*;

use crate::START_NS;

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Logfmt,
    Plain,
}

/// One entry.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) app: &'static str,
    pub(crate) time_ns: i64,
    pub(crate) form: Form,
    /// Fields of the line.
    pub(crate) level: &'static str,
    pub(crate) number: i64,
    pub(crate) word: &'static str,
    /// Structured metadata.
    pub(crate) user: Option<&'static str>,
}

impl Line {
    pub(crate) fn text(&self) -> String {
        let Line { level, number, word, .. } = self;
        match self.form {
            Form::Json => {
                format!(r#"{{"level":"{level}","n":{number},"in":{{"word":"{word}"}},"list":[1]}}"#)
            }
            Form::Logfmt => format!("level={level} n={number} in_word={word} flag"),
            Form::Plain => format!("{level}: {word} took {number} ms"),
        }
    }
}

pub(crate) const APPS: [&str; 3] = ["a", "b", "c"];
pub(crate) const LEVELS: [&str; 3] = ["info", "warn", "error"];
pub(crate) const WORDS: [&str; 4] = ["alpha", "beta", "alphabet", "ünï"];
pub(crate) const USERS: [&str; 2] = ["ann", "bob"];

pub(crate) fn line() -> impl Strategy<Value = Line> {
    (
        proptest::sample::select(&APPS[..]),
        // Few instants, so that some are shared.
        0i64..600,
        prop_oneof![3 => Just(Form::Json), 2 => Just(Form::Logfmt), 1 => Just(Form::Plain)],
        proptest::sample::select(&LEVELS[..]),
        0i64..20,
        proptest::sample::select(&WORDS[..]),
        proptest::option::of(proptest::sample::select(&USERS[..])),
    )
        .prop_map(|(app, tenth, form, level, number, word, user)| Line {
            app,
            time_ns: START_NS + tenth * 100_000_000,
            form,
            level,
            number,
            word,
            user,
        })
}
