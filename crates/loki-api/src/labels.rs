//! What exists: label names and values, series, sizes.

use std::collections::BTreeSet;

use access_control::Right;
use axum::{
    extract::{Path, Request, State},
    response::Response,
};
use http::StatusCode;
use log_record::{Count, CountRequest, LabelMatcher, Labels, TimeRange};

use crate::{
    caller, counts, json, limits,
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
    let step_ns = end_ns.saturating_sub(start_ns).max(1);
    let range = TimeRange { start_ns, end_ns };
    let all = counts::counts(&api, CountRequest { tenant, range, matchers, step_ns }).await?;
    let total = |part: fn(&Count) -> u64| all.iter().flat_map(|one| &one.buckets).map(part).sum::<u64>();
    let (streams, entries, bytes) = (all.len(), total(|count| count.rows), total(|count| count.line_bytes));
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
pub(crate) async fn streams(
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
