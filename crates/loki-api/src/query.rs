//! `query` and `query_range`.

use access_control::Right;
use axum::{
    extract::{Request, State},
    response::Response,
};
use http::{StatusCode, request::Parts};
use log_record::Direction;
use logql_engine::{Cancel, InstantParams, QueryError, QueryResult, RangeParams};

use crate::{
    caller, encode, limits,
    parameters::Parameters,
    reply::{self, Refusal},
    state::LokiApi,
    times,
};

/// `GET|POST /loki/api/v1/query`
pub(crate) async fn instant(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    line_limit(&parameters)?;
    direction(&parameters)?;
    let params = InstantParams {
        tenant,
        query: parameters.get("query").to_owned(),
        time_ns: times::parameter(&parameters, "time", times::now_ns())?,
        cancel: Cancel::default(),
    };
    let engine = api.engine.clone();
    let result = blocking(params.cancel.clone(), move || engine.query(&params)).await?;
    Ok(reply::json(encode::answer(&result, flags(&parts))))
}

/// `GET|POST /loki/api/v1/query_range`
pub(crate) async fn range(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let (start_ns, end_ns) = times::bounds(&parameters)?;
    let limit = line_limit(&parameters)?;
    let direction = direction(&parameters)?;
    let step_ns = times::step(&parameters, start_ns, end_ns)?;
    let interval_ns = match parameters.get("interval") {
        "" => 0,
        text => times::length(text)?,
    };
    if interval_ns < 0 {
        return Err(Refusal::bad("interval must be >= 0"));
    }
    let query = parameters.get("query").to_owned();
    let params = RangeParams {
        tenant,
        query,
        start_ns,
        end_ns,
        step_ns,
        interval_ns,
        limit,
        direction,
        cancel: Cancel::default(),
    };
    let engine = api.engine.clone();
    let result = blocking(params.cancel.clone(), move || engine.query_range(&params)).await?;
    Ok(reply::json(encode::answer(&result, flags(&parts))))
}

/// `GET|POST /api/prom/query`: lines in the form of Loki before 1.0.
pub(crate) async fn old(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let query = parameters.get("query").to_owned();
    if matches!(logql_syntax::parse(&query), Ok(logql_syntax::Expr::Sample(_))) {
        return Err(Refusal::bad(
            "legacy endpoints only support streams result type, current type is matrix\n",
        ));
    }
    let (start_ns, end_ns) = times::bounds(&parameters)?;
    let params = RangeParams {
        tenant,
        query,
        start_ns,
        end_ns,
        step_ns: times::step(&parameters, start_ns, end_ns)?,
        interval_ns: 0,
        limit: line_limit(&parameters)?,
        direction: direction(&parameters)?,
        cancel: Cancel::default(),
    };
    let engine = api.engine.clone();
    let result = blocking(params.cancel.clone(), move || engine.query_range(&params)).await?;
    Ok(reply::json(encode::old_answer(&result)))
}

/// Runs a query on a thread that may block; dropping the future (the client went away) stops it.
pub(crate) async fn blocking(
    cancel: Cancel,
    run: impl FnOnce() -> Result<QueryResult, QueryError> + Send + 'static,
) -> Result<QueryResult, Refusal> {
    let guard = CancelOnDrop(cancel);
    let outcome = tokio::task::spawn_blocking(run).await;
    drop(guard);
    match outcome {
        Ok(result) => result.map_err(Refusal::from),
        Err(error) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn flags(parts: &Parts) -> &str {
    parts.headers.get("x-loki-response-encoding-flags").and_then(|value| value.to_str().ok()).unwrap_or("")
}

pub(crate) fn line_limit(parameters: &Parameters) -> Result<usize, Refusal> {
    match parameters.get("limit") {
        "" => Ok(limits::LINES_DEFAULT),
        text => match text.parse::<i64>() {
            Ok(limit) if limit > 0 => Ok(usize::try_from(limit).unwrap_or(usize::MAX)),
            Ok(_) => Err(Refusal::bad("limit must be a positive value")),
            Err(_) => Err(Refusal::bad(format!(
                "strconv.Atoi: parsing {}: invalid syntax",
                logql_syntax::quote(text)
            ))),
        },
    }
}

fn direction(parameters: &Parameters) -> Result<Direction, Refusal> {
    let text = parameters.get("direction");
    match text.to_lowercase().as_str() {
        "" | "backward" => Ok(Direction::Backward),
        "forward" => Ok(Direction::Forward),
        _ => Err(Refusal::bad(format!("invalid direction '{text}'"))),
    }
}
