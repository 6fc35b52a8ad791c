//! `detected_labels`, `detected_fields` and their values: what there is to filter by.

use std::collections::{BTreeMap, BTreeSet};

use access_control::Right;
use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use log_record::Direction;
use logql_engine::{Cancel, Data, LineParser, LogEntry, RangeParams, line_fields};
use logql_syntax::Expr;

use crate::{
    caller, json, labels, limits,
    parameters::Parameters,
    query,
    reply::{self, Refusal},
    state::LokiApi,
    times,
};

/// Labels that are listed whatever their values.
const ALWAYS: &[&str] = &["cluster", "instance", "namespace", "pod"];

/// `GET|POST /loki/api/v1/detected_labels`
pub(crate) async fn labels(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let streams =
        labels::streams(&api, tenant, &parameters, vec![parameters.get("query").to_owned()]).await?;
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in streams.iter().flat_map(|labels| labels.iter()) {
        found.entry(name).or_default().insert(value);
    }
    found.retain(|name, values| ALWAYS.contains(name) || !values.iter().all(|value| is_id(value)));
    let mut out = String::from("{");
    if !found.is_empty() {
        out.push_str("\"detectedLabels\":");
        json::push_array(&mut out, &found, |out, (name, values)| {
            out.push_str("{\"label\":");
            json::push_text(out, name);
            out.push_str(&format!(",\"cardinality\":{}}}", values.len()));
        });
    }
    out.push('}');
    Ok(reply::json(out))
}

/// A number or a UUID: nobody picks those from a list.
fn is_id(value: &str) -> bool {
    let uuid = || {
        value.len() == 36
            && value.char_indices().all(|(at, next)| match at {
                8 | 13 | 18 | 23 => next == '-',
                _ => next.is_ascii_hexdigit(),
            })
    };
    value.parse::<f64>().is_ok() || uuid()
}

/// `GET|POST /loki/api/v1/detected_fields`
pub(crate) async fn fields(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let limit = field_limit(&parameters)?;
    let entries = entries(&api, tenant, &parameters).await?;
    let fields = collect(&entries, limit);
    let mut out = String::from("{");
    if !fields.is_empty() {
        out.push_str("\"fields\":");
        json::push_array(&mut out, &fields, |out, (name, field)| {
            out.push_str("{\"label\":");
            json::push_text(out, name);
            out.push_str(&format!(",\"type\":\"{}\",\"cardinality\":{}", field.kind, field.values.len()));
            out.push_str(",\"parsers\":");
            if field.parsers.is_empty() {
                out.push_str("null");
            } else {
                json::push_array(out, &field.parsers, |out, parser| json::push_text(out, parser));
            }
            if !field.path.is_empty() {
                out.push_str(",\"jsonPath\":");
                json::push_array(out, &field.path, |out, key| json::push_text(out, key));
            }
            out.push('}');
        });
        out.push(',');
    }
    out.push_str(&format!("\"limit\":{limit}}}"));
    Ok(reply::json(out))
}

/// `GET|POST /loki/api/v1/detected_field/{name}/values`
pub(crate) async fn values(
    State(api): State<LokiApi>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let limit = field_limit(&parameters)?;
    let entries = entries(&api, tenant, &parameters).await?;
    let mut fields = collect(&entries, usize::MAX);
    let values = fields.remove(&name).map(|field| field.values).unwrap_or_default();
    let mut out = String::from("{");
    if !values.is_empty() {
        out.push_str("\"values\":");
        json::push_array(&mut out, values.iter().take(limit), |out, value| json::push_text(out, value));
        out.push(',');
    }
    out.push_str(&format!("\"limit\":{limit}}}"));
    Ok(reply::json(out))
}

fn field_limit(parameters: &Parameters) -> Result<usize, Refusal> {
    count(parameters, if parameters.get("limit").is_empty() { "field_limit" } else { "limit" })
}

fn count(parameters: &Parameters, name: &str) -> Result<usize, Refusal> {
    match parameters.get(name) {
        "" => Ok(limits::DETECTED_DEFAULT),
        text => match text.parse::<i64>() {
            Ok(count) if count > 0 => Ok(usize::try_from(count).unwrap_or(usize::MAX)),
            Ok(_) => Err(Refusal::bad("limit must be a positive value")),
            Err(_) => Err(Refusal::bad(format!(
                "strconv.Atoi: parsing {}: invalid syntax",
                logql_syntax::quote(text)
            ))),
        },
    }
}

/// The newest lines of the query.
async fn entries(api: &LokiApi, tenant: String, parameters: &Parameters) -> Result<Vec<LogEntry>, Refusal> {
    let text = parameters.get("query");
    match logql_syntax::parse(text) {
        Ok(Expr::Log(_)) => {}
        Ok(Expr::Sample(_)) => return Err(Refusal::bad("only log selector is supported")),
        Err(error) => return Err(Refusal::bad(error.to_string())),
    }
    let (start_ns, end_ns) = times::bounds(parameters)?;
    let params = RangeParams {
        tenant,
        query: text.to_owned(),
        start_ns,
        end_ns,
        step_ns: times::step(parameters, start_ns, end_ns)?,
        interval_ns: 0,
        limit: count(parameters, "line_limit")?,
        direction: Direction::Backward,
        cancel: Cancel::default(),
    };
    let engine = api.engine.clone();
    match query::blocking(params.cancel.clone(), move || engine.query_range(&params)).await?.data {
        Data::Lines(entries) => Ok(entries),
        _ => Ok(Vec::new()),
    }
}

#[derive(Default)]
struct Field {
    kind: &'static str,
    values: BTreeSet<String>,
    parsers: Vec<&'static str>,
    path: Vec<String>,
}

fn collect(entries: &[LogEntry], limit: usize) -> BTreeMap<String, Field> {
    let mut fields: BTreeMap<String, Field> = BTreeMap::new();
    let mut add = |name: &str, value: &str, parser: Option<&'static str>, path: Vec<String>| {
        if !fields.contains_key(name) && fields.len() >= limit {
            return;
        }
        let field = fields.entry(name.to_owned()).or_default();
        // As in Loki, the last line seen decides.
        field.kind = kind(value);
        if !field.values.contains(value) {
            field.values.insert(value.to_owned());
        }
        if let Some(parser) = parser.filter(|parser| !field.parsers.contains(parser)) {
            field.parsers.push(parser);
        }
        if field.path.is_empty() {
            field.path = path;
        }
    };
    for entry in entries {
        let labels = &entry.labels;
        for (name, value) in &labels.metadata {
            add(name, value, None, Vec::new());
        }
        let (parser, found) =
            line_fields(&entry.line, |name| labels.stream.iter().any(|(label, _)| &**label == name));
        let parser = match parser {
            LineParser::Json => "json",
            LineParser::Logfmt => "logfmt",
        };
        for (name, value) in &labels.parsed {
            if !matches!(&**name, "__error__" | "__error_details__" | "__preserve_error__")
                && !found.iter().any(|field| field.name == **name)
            {
                add(name, value, Some(parser), Vec::new());
            }
        }
        for field in found {
            add(&field.name, &field.value, Some(parser), field.path);
        }
    }
    fields
}

/// The first type whose texts include this one.
fn kind(value: &str) -> &'static str {
    let boolean =
        ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"].contains(&value);
    if value.parse::<i64>().is_ok() {
        "int"
    } else if value.parse::<f64>().is_ok() {
        "float"
    } else if boolean {
        "boolean"
    } else if logql_syntax::parse_go_duration(value).is_some() {
        "duration"
    } else if logql_syntax::parse_bytes(value).is_some() {
        "bytes"
    } else {
        "string"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_values() {
        for (value, expected) in [
            ("5", "int"),
            ("-5", "int"),
            ("0.5", "float"),
            ("true", "boolean"),
            ("10ms", "duration"),
            ("5KB", "bytes"),
            ("x", "string"),
            ("", "string"),
        ] {
            assert_eq!(kind(value), expected, "{value}");
        }
    }

    #[test]
    fn ids() {
        for (value, expected) in
            [("12.5", true), ("0b5c1f52-7ad4-4f3d-9d5b-1f2c3d4e5f60", true), ("web-1", false), ("", false)]
        {
            assert_eq!(is_id(value), expected, "{value}");
        }
    }
}
