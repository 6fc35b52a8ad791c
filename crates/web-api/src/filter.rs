//! Which alerts a request wants: time range, facets with included and excluded values, and text.
//!
//! Facets are stream labels, so the store skips what does not match. Values of one facet are
//! alternatives, facets add up, an excluded value always excludes.

use alert::{Alert, Priority};
use log_record::{LabelMatcher, MatchOperator, TimeRange};
use regex::Regex;
use serde_json::Value;

use crate::{answer::ApiError, limits, parameters::Parameters};

/// A facet: its name in the API and the stream label behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facet {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
}

/// All facets, in the order the page shows them.
pub(crate) const FACETS: [Facet; 8] = [
    Facet { name: "priority", label: "priority" },
    Facet { name: "rule", label: "rule" },
    Facet { name: "container", label: "container_name" },
    Facet { name: "tag", label: "tags" },
    Facet { name: "proc", label: "proc_name" },
    Facet { name: "image", label: "container_image_repository" },
    Facet { name: "host", label: "hostname" },
    Facet { name: "source", label: "source" },
];

const TAG: &str = "tag";

/// What a request wants.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) range: TimeRange,
    wanted: Vec<(Facet, Choice)>,
    text: Option<Text>,
}

#[derive(Debug, Clone, Default)]
struct Choice {
    include: Vec<String>,
    exclude: Vec<String>,
}

#[derive(Debug, Clone)]
struct Text {
    /// Case-insensitive, over one value.
    in_value: Regex,
    /// The same over a whole JSON line, where some characters are escaped.
    in_line: Regex,
}

impl Filter {
    /// From `from`, `to` (milliseconds since 1970, `to` excluded), `<facet>`, `not.<facet>` and
    /// `q`.
    pub(crate) fn parse(parameters: &Parameters) -> Result<Filter, ApiError> {
        let ns = |ms: i64| ms.saturating_mul(1_000_000);
        let range = TimeRange {
            start_ns: parameters.integer("from")?.map_or(0, ns),
            end_ns: parameters.integer("to")?.map_or(i64::MAX, ns),
        };
        let mut filter = Filter { range, wanted: Vec::new(), text: None };
        let mut values = 0;
        for (name, value) in &parameters.0 {
            let (included, facet_name) = match name.strip_prefix("not.") {
                Some(rest) => (false, rest),
                None => (true, name.as_str()),
            };
            let Some(facet) = FACETS.into_iter().find(|facet| facet.name == facet_name) else { continue };
            values += 1;
            if values > limits::FILTER_VALUES_MAX || value.len() > limits::FILTER_VALUE_BYTES_MAX {
                return Err(ApiError::bad_request("the filter is too large", "remove some of its values"));
            }
            filter.add(facet, included, value);
        }
        if let Some(text) = parameters.get("q").map(str::trim).filter(|text| !text.is_empty()) {
            filter.text = Some(Text::new(text)?);
        }
        Ok(filter)
    }

    fn add(&mut self, facet: Facet, included: bool, value: &str) {
        // Falco's names, whatever the case in the URL.
        let value = match value.parse::<Priority>() {
            Ok(priority) if facet.name == "priority" => priority.name().to_owned(),
            _ => value.to_owned(),
        };
        let at = match self.wanted.iter().position(|(found, _)| *found == facet) {
            Some(at) => at,
            None => {
                self.wanted.push((facet, Choice::default()));
                self.wanted.len() - 1
            }
        };
        if let Some((_, choice)) = self.wanted.get_mut(at) {
            if included { choice.include.push(value) } else { choice.exclude.push(value) }
        }
    }

    /// Whether lines must be read to answer.
    pub(crate) fn needs_lines(&self) -> bool {
        self.text.is_some()
    }

    /// The selector for the store. Rows that pass it are wanted, but for the text.
    pub(crate) fn matchers(&self) -> Result<Vec<LabelMatcher>, ApiError> {
        // Others may push any lines into the same store; an alert has these two labels.
        let mut matchers = vec![some("rule")?, some("priority")?];
        for (facet, choice) in &self.wanted {
            if !choice.include.is_empty() {
                let regex = anchored(&alternatives(*facet, &choice.include))?;
                let operator = MatchOperator::Regex(regex);
                matchers.push(LabelMatcher { name: facet.label.to_owned(), operator });
            }
            if !choice.exclude.is_empty() {
                let regex = anchored(&alternatives(*facet, &choice.exclude))?;
                let operator = MatchOperator::NotRegex(regex);
                matchers.push(LabelMatcher { name: facet.label.to_owned(), operator });
            }
        }
        Ok(matchers)
    }

    /// Whether a row that passed the selector has the text: first on the raw line, which is cheap,
    /// then on the values, so that JSON keys do not count.
    pub(crate) fn text_matches_line(&self, line: &str) -> bool {
        let Some(text) = &self.text else { return true };
        text.in_line.is_match(line)
            && serde_json::from_str(line).is_ok_and(|value: Value| text.in_any_value(&value))
    }

    /// Whether a live alert is wanted, whatever its time.
    pub(crate) fn matches(&self, alert: &Alert) -> bool {
        self.wanted.iter().all(|(facet, choice)| {
            let passes = |wanted: &String| has(alert, *facet, wanted);
            (choice.include.is_empty() || choice.include.iter().any(passes))
                && !choice.exclude.iter().any(passes)
        }) && (self.text.is_none() || self.text_matches_line(&alert.to_json_line()))
    }
}

impl Text {
    fn new(text: &str) -> Result<Text, ApiError> {
        if text.len() > limits::FILTER_VALUE_BYTES_MAX {
            return Err(ApiError::bad_request("the text is too long", "search for less"));
        }
        let quoted = Value::from(text).to_string();
        let escaped = quoted.trim_start_matches('"').strip_suffix('"').unwrap_or(&quoted);
        let insensitive = |text: &str| {
            regex::RegexBuilder::new(&regex::escape(text))
                .case_insensitive(true)
                .build()
                .map_err(|_| ApiError::bad_request("the text is too long", "search for less"))
        };
        Ok(Text { in_value: insensitive(text)?, in_line: insensitive(escaped)? })
    }

    fn in_any_value(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.in_value.is_match(text),
            Value::Array(values) => values.iter().any(|value| self.in_any_value(value)),
            Value::Object(object) => object.values().any(|value| self.in_any_value(value)),
            Value::Number(number) => self.in_value.is_match(&number.to_string()),
            Value::Bool(_) | Value::Null => false,
        }
    }
}

fn has(alert: &Alert, facet: Facet, wanted: &str) -> bool {
    let field = |name| alert.field_text(name).as_deref().unwrap_or("") == wanted;
    match facet.name {
        "priority" => alert.priority.name() == wanted,
        "rule" => alert.rule == wanted,
        "container" => field("container.name"),
        TAG if wanted.is_empty() => alert.tags.is_empty(),
        TAG => alert.tags.iter().any(|tag| tag == wanted),
        "proc" => field("proc.name"),
        "image" => field("container.image.repository"),
        "host" => alert.hostname == wanted,
        "source" => alert.source == wanted,
        _ => false,
    }
}

/// Tags stand in one label, comma-joined; elsewhere the value is the label. An empty value means
/// that there is none.
fn alternatives(facet: Facet, values: &[String]) -> String {
    let escaped: Vec<String> = values.iter().map(|value| regex::escape(value)).collect();
    if facet.name != TAG {
        return escaped.join("|");
    }
    let mut patterns: Vec<String> = escaped
        .into_iter()
        .map(|tag| if tag.is_empty() { tag } else { format!("(?:.*,)?{tag}(?:,.*)?") })
        .collect();
    patterns.dedup();
    patterns.join("|")
}

fn some(label: &str) -> Result<LabelMatcher, ApiError> {
    Ok(LabelMatcher { name: label.to_owned(), operator: MatchOperator::Regex(anchored(".+")?) })
}

fn anchored(pattern: &str) -> Result<Regex, ApiError> {
    LabelMatcher::anchored(pattern)
        .map_err(|_| ApiError::bad_request("the filter is too large", "remove some of its values"))
}
