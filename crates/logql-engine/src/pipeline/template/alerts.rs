//! Templates of alerting rules: `{{ $labels.host }} is at {{ $value | humanize }}`, with the
//! functions Prometheus adds.

use std::collections::BTreeMap;

use super::{
    functions::Arguments,
    render::Template,
    strings,
    value::{Value, go_float},
};
use crate::pipeline::regex;

/// A template of a rule's label or annotation.
#[derive(Debug)]
pub struct AlertTemplate(Template);

impl AlertTemplate {
    /// Parses.
    ///
    /// # Errors
    /// Go's text for what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        Template::with_functions("alert", text, true).map(AlertTemplate)
    }

    /// Renders for one alert: `$labels`, `$value` and `$externalLabels` are set, and `.Labels`,
    /// `.Value` mean the same.
    ///
    /// # Errors
    /// Go's text for what went wrong.
    pub fn render<'a>(
        &self,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        external: impl IntoIterator<Item = (&'a str, &'a str)>,
        value: f64,
    ) -> Result<String, String> {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let labels = Value::Labels(labels.into_iter().map(own).collect());
        let external = Value::Labels(external.into_iter().map(own).collect());
        let root = Value::Map(BTreeMap::from([
            ("ExternalLabels".to_owned(), external.clone()),
            ("Labels".to_owned(), labels.clone()),
            ("Value".to_owned(), Value::Float(value)),
        ]));
        let variables = vec![
            ("externalLabels".to_owned(), external),
            ("externalURL".to_owned(), Value::Text(String::new())),
            ("labels".to_owned(), labels),
            ("value".to_owned(), Value::Float(value)),
        ];
        self.0.render_value(&root, variables)
    }
}

/// Calls one of the added functions.
pub(super) fn call(arguments: &Arguments) -> Result<Value, String> {
    let number = || -> Result<f64, String> {
        match arguments.get(0) {
            Value::Text(text) => text.parse().map_err(|_| {
                format!("strconv.ParseFloat: parsing {}: invalid syntax", logql_syntax::quote(text))
            }),
            value => Ok(value.float()),
        }
    };
    let text = |index: usize| arguments.text(index);
    Ok(Value::Text(match arguments.function {
        "humanize" => humanize(number()?, 1000.0, &["", "k", "M", "G", "T", "P", "E", "Z", "Y"]),
        "humanize1024" => humanize(number()?, 1024.0, &["", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"]),
        "humanizeDuration" => duration(number()?),
        "humanizePercentage" => format!("{}%", significant(number()? * 100.0)),
        "humanizeTimestamp" => super::dates::print((number()? * 1e9) as i128),
        "toTime" => return Ok(Value::Time((number()? * 1e9) as i128)),
        "parseDuration" => match logql_syntax::parse_duration(&text(0)) {
            Some(length) => return Ok(Value::Float(length as f64 / 1e9)),
            None => return Err(format!("not a valid duration string: {}", logql_syntax::quote(&text(0)))),
        },
        "match" => {
            let regex = regex(&text(0)).map_err(|error| error.to_string())?;
            return Ok(Value::Bool(regex.is_match(&text(1))));
        }
        "reReplaceAll" => {
            let regex = regex(&text(0)).map_err(|error| error.to_string())?;
            regex.replace_all(&text(2), text(1).as_str()).into_owned()
        }
        "toLower" => text(0).to_lowercase(),
        "toUpper" => text(0).to_uppercase(),
        "first" => match arguments.get(0) {
            Value::List(items) if !items.is_empty() => {
                return Ok(items.first().cloned().unwrap_or(Value::Nothing));
            }
            _ => return Err("first() called on vector with no elements".to_owned()),
        },
        "stripPort" => text(0).rsplit_once(':').map_or(text(0), |(host, _)| host.to_owned()),
        "stripDomain" => text(0).split('.').next().unwrap_or("").to_owned(),
        "externalURL" | "pathPrefix" => String::new(),
        "safeHtml" => text(0),
        _ => strings::title(&text(0)),
    }))
}

/// Four significant digits, as `%.4g`.
fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return logql_syntax::format_float(value);
    }
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    if (1e-4..1e4).contains(&rounded.abs()) { logql_syntax::format_float(rounded) } else { go_float(rounded) }
}

fn humanize(value: f64, base: f64, units: &[&str]) -> String {
    if value == 0.0 || !value.is_finite() {
        return significant(value);
    }
    if value.abs() >= 1.0 {
        let mut scaled = value;
        let mut units = units.iter().peekable();
        while scaled.abs() >= base && units.len() > 1 {
            scaled /= base;
            units.next();
        }
        return format!("{}{}", significant(scaled), units.next().unwrap_or(&""));
    }
    if base > 1000.0 {
        return significant(value);
    }
    let mut scaled = value;
    let mut prefix = "";
    for unit in ["m", "u", "n", "p", "f", "a", "z", "y"] {
        if scaled.abs() >= 1.0 {
            break;
        }
        prefix = unit;
        scaled *= 1000.0;
    }
    format!("{}{prefix}", significant(scaled))
}

fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return significant(seconds);
    }
    if seconds.abs() < 1.0 && seconds != 0.0 {
        return format!("{}s", humanize(seconds, 1000.0, &[""]));
    }
    let (sign, size) = (if seconds < 0.0 { "-" } else { "" }, seconds.abs());
    let whole = size as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60);
    if days > 0 {
        format!("{sign}{days}d {hours}h {minutes}m {}s", whole % 60)
    } else if hours > 0 {
        format!("{sign}{hours}h {minutes}m {}s", whole % 60)
    } else if minutes > 0 {
        format!("{sign}{minutes}m {}s", whole % 60)
    } else {
        format!("{sign}{}s", significant(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_values_of_alerts() {
        for (template, expected) in [
            ("{{ $labels.host }} at {{ $value }}", "web-1 at 1234.5"),
            ("{{ .Labels.host | toUpper }} {{ .Value | humanize }}", "WEB-1 1.234k"),
            ("{{ $labels.missing }}|{{ $externalLabels.site }}", "|home"),
            ("{{ printf \"%.1f\" $value }} {{ humanizeDuration 3725.0 }}", "1234.5 1h 2m 5s"),
            ("{{ if gt $value 1000.0 }}high{{ else }}low{{ end }}", "high"),
            ("{{ humanizePercentage 0.1234 }}", "12.34%"),
        ] {
            let rendered = AlertTemplate::parse(template)
                .and_then(|template| template.render([("host", "web-1")], [("site", "home")], 1234.5));
            assert_eq!(rendered.as_deref(), Ok(expected), "{template}");
        }
        assert!(AlertTemplate::parse("{{ $labels.x").is_err());
        let undefined = AlertTemplate::parse("{{ $nothing }}").unwrap().render([], [], 0.0);
        assert!(undefined.is_err());
    }
}
