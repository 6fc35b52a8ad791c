//! What exists: label names and values, series, sizes.

use std::{collections::BTreeSet, ops::ControlFlow};

use access_control::Right;
use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use http::StatusCode;
use log_record::{Columns, Direction, LabelMatcher, Labels, ScanRequest, TimeRange};

use crate::{
    caller, json, limits,
    parameters::Parameters,
    reply::{self, Refusal},
    state::LokiApi,
    times,
};

/// `GET|POST /loki/api/v1/labels`
pub(crate) async fn names(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let streams = streams(&api, tenant, &parameters, vec![parameters.get("query").to_owned()]).await?;
    let names: BTreeSet<&str> =
        streams.iter().flat_map(|labels| labels.iter().map(|(name, _)| name)).collect();
    Ok(reply::json(texts(&names)))
}

/// `GET|POST /loki/api/v1/label/{name}/values`
pub(crate) async fn values(
    State(api): State<LokiApi>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let streams = streams(&api, tenant, &parameters, vec![parameters.get("query").to_owned()]).await?;
    let values: BTreeSet<&str> = streams.iter().filter_map(|labels| labels.get(&name)).collect();
    Ok(reply::json(texts(&values)))
}

/// `GET|POST /api/prom/label` and `/api/prom/label/{name}/values`: the old bare form.
pub(crate) async fn old_names(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let streams = streams(&api, tenant, &parameters, vec![String::new()]).await?;
    let names: BTreeSet<&str> =
        streams.iter().flat_map(|labels| labels.iter().map(|(name, _)| name)).collect();
    Ok(reply::json(old_texts(&names)))
}

/// See [`old_names`].
pub(crate) async fn old_values(
    State(api): State<LokiApi>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let streams = streams(&api, tenant, &parameters, vec![String::new()]).await?;
    let values: BTreeSet<&str> = streams.iter().filter_map(|labels| labels.get(&name)).collect();
    Ok(reply::json(old_texts(&values)))
}

/// `GET|POST /loki/api/v1/series`
pub(crate) async fn series(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let mut selectors: Vec<String> =
        parameters.all("match[]").chain(parameters.all("match")).map(str::to_owned).collect();
    if selectors.len() > limits::SERIES_MATCHERS_MAX {
        return Err(Refusal::bad(format!("more than {} selectors", limits::SERIES_MATCHERS_MAX)));
    }
    if selectors.is_empty() {
        selectors.push(String::new());
    }
    let streams = streams(&api, tenant, &parameters, selectors).await?;
    let mut out = String::from("{\"status\":\"success\",\"data\":");
    json::push_array(&mut out, &streams, |out, labels| json::push_object(out, labels.iter()));
    out.push('}');
    Ok(reply::json(out))
}

/// `GET|POST /loki/api/v1/index/stats`: exact, unlike Loki's.
pub(crate) async fn stats(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let query = parameters.get("query");
    if query.is_empty() {
        return Err(Refusal::bad("parse error : syntax error: unexpected $end"));
    }
    let matchers = selector(query)?;
    let (start_ns, end_ns) = times::bounds(&parameters)?;
    let request = ScanRequest {
        tenant,
        range: TimeRange { start_ns, end_ns },
        matchers,
        line_contains: Vec::new(),
        direction: Direction::Forward,
        columns: Columns { line: true, ..Columns::default() },
    };
    let reader = api.reader.clone();
    let counted = tokio::task::spawn_blocking(move || {
        let mut streams: BTreeSet<Labels> = BTreeSet::new();
        let (mut entries, mut bytes) = (0usize, 0usize);
        reader.scan(&request, &mut |block| {
            entries += block.len();
            bytes += block.lines.data.len();
            for stream in block.stream_of_row {
                if let Some(labels) = usize::try_from(*stream).ok().and_then(|index| block.streams.get(index))
                    && !streams.contains(labels)
                {
                    streams.insert(labels.clone());
                }
            }
            ControlFlow::Continue(())
        })?;
        Ok::<_, log_record::ReadError>((streams.len(), entries, bytes))
    })
    .await;
    let (streams, entries, bytes) = match counted {
        Ok(Ok(counted)) => counted,
        Ok(Err(error)) => return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
        Err(error) => return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    };
    Ok(reply::json(format!(
        "{{\"streams\":{streams},\"chunks\":{streams},\"bytes\":{bytes},\"entries\":{entries}}}"
    )))
}

/// A bare selector; an empty text selects everything.
pub(crate) fn selector(text: &str) -> Result<Vec<LabelMatcher>, Refusal> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    match logql_syntax::parse_selector(text) {
        Ok(matchers) => Ok(logql_engine::matchers_of(&matchers)?),
        Err(error) if error.message == "only label matchers are supported" => {
            Err(Refusal::bad(error.message))
        }
        Err(error) => Err(Refusal::bad(error.to_string())),
    }
}

/// The streams that pass any of the selectors, sorted.
async fn streams(
    api: &LokiApi,
    tenant: String,
    parameters: &Parameters,
    selectors: Vec<String>,
) -> Result<Vec<Labels>, Refusal> {
    let (start_ns, end_ns) = times::bounds(parameters)?;
    let matchers = selectors.iter().map(|text| selector(text)).collect::<Result<Vec<_>, _>>()?;
    let reader = api.reader.clone();
    let found = tokio::task::spawn_blocking(move || {
        let mut all = Vec::new();
        for matchers in &matchers {
            all.extend(reader.streams(&tenant, TimeRange { start_ns, end_ns }, matchers)?);
        }
        all.sort();
        all.dedup();
        Ok::<_, log_record::ReadError>(all)
    })
    .await;
    match found {
        Ok(Ok(all)) => Ok(all),
        Ok(Err(error)) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
        Err(error) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// Loki leaves `data` out when there is nothing.
fn texts(all: &BTreeSet<&str>) -> String {
    let mut out = String::from("{\"status\":\"success\"");
    if !all.is_empty() {
        out.push_str(",\"data\":");
        json::push_array(&mut out, all, |out, text| json::push_text(out, text));
    }
    out.push('}');
    out
}

fn old_texts(all: &BTreeSet<&str>) -> String {
    let mut out = String::from("{");
    if !all.is_empty() {
        out.push_str("\"values\":");
        json::push_array(&mut out, all, |out, text| json::push_text(out, text));
    }
    out.push('}');
    out
}
