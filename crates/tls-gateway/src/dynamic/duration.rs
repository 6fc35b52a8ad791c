//! Durations as Traefik reads them: `10s`, `1m30s`, `250ms`, or a bare number of seconds.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, de};

/// A duration in a configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Span {
    /// Reads Go's notation or a number of seconds.
    pub fn parse(text: &str) -> Option<Span> {
        let text = text.trim();
        if let Ok(seconds) = text.parse::<u32>() {
            return Some(Span(Duration::from_secs(u64::from(seconds))));
        }
        let mut rest = text.strip_prefix('+').unwrap_or(text);
        if rest.is_empty() {
            return None;
        }
        let mut total = 0.0_f64;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let number: f64 = rest.get(..digits)?.parse().ok()?;
            rest = rest.get(digits..)?;
            let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
            total += number
                * match rest.get(..unit)? {
                    "ns" => 1e-9,
                    "us" | "µs" | "μs" => 1e-6,
                    "ms" => 1e-3,
                    "s" => 1.0,
                    "m" => 60.0,
                    "h" => 3600.0,
                    _ => return None,
                };
            rest = rest.get(unit..)?;
        }
        Duration::try_from_secs_f64(total).ok().map(Span)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 10s, or a number of seconds")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                Span::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Span, E> {
                Ok(Span(Duration::from_secs(seconds)))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_in_go() {
        let check = |text: &str, ms: Option<u64>| {
            assert_eq!(Span::parse(text).map(|span| span.0), ms.map(Duration::from_millis), "{text}");
        };
        check("10", Some(10_000));
        check("10s", Some(10_000));
        check("1m30s", Some(90_000));
        check("1.5h", Some(5_400_000));
        check("250ms", Some(250));
        check("", None);
        check("10x", None);
        check("-1s", None);
        check("s", None);
    }
}
