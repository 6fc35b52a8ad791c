//! How exported lines look.

use std::io::{self, Write};

use clap::ValueEnum;

use super::pages::Line;

/// The forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object per line: timestamp, labels, line.
    Jsonl,
    /// RFC 4180, with a head.
    Csv,
    /// For reading: time, labels, line.
    Text,
}

/// Writes lines in one form.
pub(crate) struct Writer<W> {
    out: W,
    format: Format,
    /// Lines are foreign text: to a terminal they go without control characters.
    is_terminal: bool,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(mut out: W, format: Format, is_terminal: bool) -> io::Result<Self> {
        if format == Format::Csv {
            out.write_all(b"timestamp,labels,line\r\n")?;
        }
        Ok(Writer { out, format, is_terminal })
    }

    pub(crate) fn line(&mut self, line: &Line) -> io::Result<()> {
        let time = jiff::Timestamp::from_nanosecond(i128::from(line.timestamp_ns))
            .map_or_else(|_| line.timestamp_ns.to_string(), |time| format!("{time:.9}"));
        match self.format {
            Format::Jsonl => {
                let text = serde_json::Value::from(line.text.as_str());
                writeln!(self.out, r#"{{"timestamp":"{time}","labels":{},"line":{text}}}"#, line.labels)
            }
            Format::Csv => write!(self.out, "{time},{},{}\r\n", quoted(&line.labels), quoted(&line.text)),
            Format::Text if self.is_terminal => {
                let safe =
                    |text: &str| text.replace(|char: char| char.is_control() && char != '\t', "\u{fffd}");
                writeln!(self.out, "{time} {} {}", safe(&line.labels), safe(&line.text))
            }
            Format::Text => writeln!(self.out, "{time} {} {}", line.labels, line.text),
        }
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_keeps_the_line() {
        let line =
            Line { timestamp_ns: 1, labels: r#"{"a":"b"}"#.to_owned(), text: "x \"y\"\n\u{1b}".to_owned() };
        let check = |format, is_terminal, expected: &str| {
            let mut out = Vec::new();
            Writer::new(&mut out, format, is_terminal).unwrap().line(&line).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        let time = "1970-01-01T00:00:00.000000001Z";
        let json = format!(
            "{{\"timestamp\":\"{time}\",\"labels\":{{\"a\":\"b\"}},\"line\":\"x \\\"y\\\"\\n\\u001b\"}}\n"
        );
        check(Format::Jsonl, false, &json);
        let csv = format!(
            "timestamp,labels,line\r\n{time},\"{{\"\"a\"\":\"\"b\"\"}}\",\"x \"\"y\"\"\n\u{1b}\"\r\n"
        );
        check(Format::Csv, false, &csv);
        check(Format::Text, true, &format!("{time} {{\"a\":\"b\"}} x \"y\"\u{fffd}\u{fffd}\n"));
    }
}
