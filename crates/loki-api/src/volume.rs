//! `index/volume` and `index/volume_range`: bytes of lines by labels, the largest first.

use std::collections::BTreeMap;

use access_control::Right;
use axum::{
    extract::{Request, State},
    response::Response,
};
use log_record::{CountRequest, LabelMatcher, Labels, TimeRange};
use logql_engine::{Data, QueryResult, Sample, Series, Stats};

use crate::{
    caller, counts, encode, labels, limits,
    parameters::Parameters,
    query,
    reply::{self, Refusal},
    state::LokiApi,
    times,
};

/// `GET|POST /loki/api/v1/index/volume`
pub(crate) async fn instant(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    answer(&api, tenant, &parameters, None).await
}

/// `GET|POST /loki/api/v1/index/volume_range`
pub(crate) async fn range(State(api): State<LokiApi>, request: Request) -> Result<Response, Refusal> {
    let (parts, parameters) = Parameters::read(request).await?;
    let tenant = caller::tenant(&api, &parts, Right::Read).await?;
    let (start_ns, end_ns) = times::bounds(&parameters)?;
    let step_ns = times::step(&parameters, start_ns, end_ns)?;
    answer(&api, tenant, &parameters, Some(step_ns)).await
}

/// What bytes are counted under.
enum Group {
    /// One entry per set of these labels; all labels when there are none.
    Series(Vec<String>),
    /// One entry per label name; all names when there are none.
    Names(Vec<String>),
}

async fn answer(
    api: &LokiApi,
    tenant: String,
    parameters: &Parameters,
    step_ns: Option<i64>,
) -> Result<Response, Refusal> {
    let text = parameters.get("query");
    if text.is_empty() {
        return Err(Refusal::bad("parse error : syntax error: unexpected $end"));
    }
    let matchers = labels::selector(text)?;
    let (start_ns, end_ns) = times::bounds(parameters)?;
    let limit = query::line_limit(parameters)?;
    let targets: Vec<String> = parameters
        .get("targetLabels")
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let required: Vec<String> =
        targets.iter().filter(|name| !matchers.iter().any(|found| found.name == **name)).cloned().collect();
    let group = group(parameters, targets, &matchers)?;
    if end_ns <= start_ns {
        return Err(Refusal::bad("end timestamp must not be before or equal to start time"));
    }
    let buckets = Buckets::new(start_ns, end_ns, step_ns)?;
    let request = CountRequest {
        tenant,
        range: TimeRange { start_ns: buckets.aligned_ns, end_ns },
        matchers,
        step_ns: buckets.step_ns,
    };
    // Buckets begin at multiples of the step, the first one's head lies before the start.
    let head = if buckets.aligned_ns < start_ns {
        let range = TimeRange { start_ns: buckets.aligned_ns, end_ns: start_ns };
        counts::counts(api, CountRequest { range, ..request.clone() }).await?
    } else {
        Vec::new()
    };
    let mut sums: BTreeMap<Labels, Vec<u64>> = BTreeMap::new();
    let all = counts::counts(api, request).await?;
    for (counted, sign) in all.iter().map(|one| (one, true)).chain(head.iter().map(|one| (one, false))) {
        if !required.iter().all(|name| counted.labels.get(name).is_some()) {
            continue;
        }
        for key in keys(&counted.labels, &group) {
            let sum = sums.entry(key).or_insert_with(|| vec![0; buckets.count]);
            for (slot, count) in sum.iter_mut().zip(&counted.buckets) {
                *slot = if sign { *slot + count.line_bytes } else { slot.saturating_sub(count.line_bytes) };
            }
        }
    }
    Ok(reply::json(encode::answer(
        &QueryResult { data: data(sums, &buckets, limit), stats: Stats::default() },
        "",
    )))
}

fn group(parameters: &Parameters, targets: Vec<String>, matchers: &[LabelMatcher]) -> Result<Group, Refusal> {
    match parameters.get("aggregateBy") {
        "" | "series" if targets.is_empty() => {
            Ok(Group::Series(matchers.iter().map(|matcher| matcher.name.clone()).collect()))
        }
        "" | "series" => Ok(Group::Series(targets)),
        "labels" => Ok(Group::Names(targets)),
        _ => Err(Refusal::bad("invalid aggregation option")),
    }
}

fn keys(labels: &Labels, group: &Group) -> Vec<Labels> {
    let wanted = |names: &[String], name: &str| names.is_empty() || names.iter().any(|found| found == name);
    match group {
        Group::Series(names) => {
            vec![Labels::new(labels.iter().filter(|(name, _)| wanted(names, name)))]
        }
        // The name stands for the pair; its value is empty in the answer.
        Group::Names(names) => labels
            .iter()
            .filter(|(name, _)| wanted(names, name))
            .map(|(name, _)| Labels::new([(name, name)]))
            .collect(),
    }
}

/// Where the steps lie: at multiples of the step, the last one cut at the end (Loki).
struct Buckets {
    aligned_ns: i64,
    end_ns: i64,
    step_ns: i64,
    count: usize,
}

impl Buckets {
    fn new(start_ns: i64, end_ns: i64, step_ns: Option<i64>) -> Result<Self, Refusal> {
        let Some(step_ns) = step_ns else {
            let step_ns = end_ns.saturating_sub(start_ns);
            return Ok(Buckets { aligned_ns: start_ns, end_ns, step_ns, count: 1 });
        };
        if step_ns <= 0 {
            return Err(Refusal::bad(
                "zero or negative query resolution step widths are not accepted. Try a positive integer",
            ));
        }
        let aligned_ns = start_ns - start_ns.rem_euclid(step_ns);
        let count = (end_ns.saturating_sub(aligned_ns).saturating_sub(1) / step_ns).saturating_add(1);
        match usize::try_from(count) {
            Ok(count) if count <= limits::VOLUME_STEPS_MAX => {
                Ok(Buckets { aligned_ns, end_ns, step_ns, count })
            }
            _ => Err(Refusal::bad(
                "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the \
                 step parameter",
            )),
        }
    }

    /// Loki stamps a step with its end, a millisecond before the next one.
    fn stamp_ns(&self, index: usize) -> i64 {
        let next = i64::try_from(index + 1).unwrap_or(i64::MAX).saturating_mul(self.step_ns);
        let end = self.aligned_ns.saturating_add(next);
        if end >= self.end_ns { self.end_ns } else { end - 1_000_000 }
    }
}

fn data(sums: BTreeMap<Labels, Vec<u64>>, buckets: &Buckets, limit: usize) -> Data {
    let mut all: Vec<Series> = sums
        .into_iter()
        .map(|(labels, sums)| Series {
            labels,
            points: sums
                .into_iter()
                .enumerate()
                .filter(|(_, bytes)| *bytes > 0)
                .map(|(index, bytes)| (buckets.stamp_ns(index), bytes as f64))
                .collect(),
        })
        .filter(|series| !series.points.is_empty())
        .collect();
    let first = |series: &Series| series.points.first().map_or(0.0, |(_, bytes)| *bytes);
    all.sort_by(|left, right| {
        first(right).total_cmp(&first(left)).then_with(|| left.labels.cmp(&right.labels))
    });
    all.truncate(limit);
    if all.iter().any(|series| series.points.len() > 1) {
        return Data::Matrix(all);
    }
    let samples = all.into_iter().filter_map(|series| {
        let (time_ns, value) = *series.points.first()?;
        Some(Sample { labels: series.labels, time_ns, value })
    });
    Data::Vector(samples.collect())
}
