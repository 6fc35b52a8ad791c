//! The entry points.

use std::{sync::Arc, time::Instant};

use log_record::LogReader;
use logql_syntax::{Expr, SampleExpr};
use telemetry::{Counter, Registry};

use crate::{
    error::QueryError,
    limits::{self, Limits},
    logs,
    metric::{self, Steps},
    params::{InstantParams, RangeParams},
    result::{Data, QueryResult, Stats},
    scan::Budget,
};

/// Runs queries over one store. Cheap to share; holds no state between queries.
pub struct Engine {
    reader: Arc<dyn LogReader>,
    limits: Limits,
    queries: Counter,
    failures: Counter,
    lines: Counter,
    bytes: Counter,
}

impl Engine {
    /// An engine over this store.
    pub fn new(reader: Arc<dyn LogReader>, limits: Limits, registry: &Registry) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        Engine {
            reader,
            limits,
            queries: counter("logql_queries_total", "Queries started."),
            failures: counter("logql_failed_queries_total", "Queries that gave an error."),
            lines: counter("logql_lines_total", "Lines read by queries."),
            bytes: counter("logql_line_bytes_total", "Bytes of lines read by queries."),
        }
    }

    /// The bounds in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The store underneath.
    pub fn reader(&self) -> &Arc<dyn LogReader> {
        &self.reader
    }

    /// Answers at one instant. Blocks.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn query(&self, params: &InstantParams) -> Result<QueryResult, QueryError> {
        let expr = self.counted(logql_syntax::parse(&params.query).map_err(QueryError::from))?;
        let mut budget = self.budget(&params.tenant, &params.cancel);
        let data = match &expr {
            Expr::Log(_) => Err(QueryError::BadRequest(
                "log queries are not supported as an instant query type, please change your query to a range \
                 query type"
                    .to_owned(),
            )),
            Expr::Sample(expr) => {
                let steps = Steps::instant(params.time_ns);
                match metric::fold(expr) {
                    SampleExpr::Literal(value) => Ok(Data::Scalar { time_ns: params.time_ns, value }),
                    expr => metric::evaluate(&expr, steps, &mut budget)
                        .map(|value| Data::Vector(value.into_vector(steps, metric::sorts(&expr)))),
                }
            }
        };
        self.finish(data, budget)
    }

    /// Answers over a range. Blocks.
    ///
    /// # Errors
    /// [`QueryError`].
    pub fn query_range(&self, params: &RangeParams) -> Result<QueryResult, QueryError> {
        let expr = self.counted(self.parse_range(params))?;
        let mut budget = self.budget(&params.tenant, &params.cancel);
        let data = match &expr {
            Expr::Log(log) => logs::run(log, params, &mut budget).map(Data::Lines),
            Expr::Sample(expr) => {
                let steps = Steps::range(params.start_ns, params.end_ns, params.step_ns);
                metric::evaluate(&metric::fold(expr), steps, &mut budget)
                    .map(|value| Data::Matrix(value.into_matrix(steps)))
            }
        };
        self.finish(data, budget)
    }

    fn parse_range(&self, params: &RangeParams) -> Result<Expr, QueryError> {
        let expr = logql_syntax::parse(&params.query)?;
        let bad = |text: &str| Err(QueryError::BadRequest(text.to_owned()));
        if params.end_ns <= params.start_ns
            && !matches!(expr, Expr::Sample(_) if params.end_ns == params.start_ns)
        {
            return bad("end timestamp must not be before or equal to start time");
        }
        if matches!(expr, Expr::Sample(_)) {
            if params.step_ns <= 0 {
                return bad(
                    "zero or negative query resolution step widths are not accepted. Try a positive integer",
                );
            }
            if (params.end_ns - params.start_ns) / params.step_ns > limits::POINTS_MAX {
                return bad(
                    "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of \
                     the step parameter",
                );
            }
        }
        let length_s = u64::try_from((params.end_ns - params.start_ns) / 1_000_000_000).unwrap_or(0);
        if self.limits.query_length_max_s > 0 && length_s > self.limits.query_length_max_s {
            let print = |seconds: u64| {
                logql_syntax::format_duration_go(
                    i64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000_000),
                )
            };
            return Err(QueryError::Limit(format!(
                "the query time range exceeds the limit (query length: {}, limit: {})",
                print(length_s),
                print(self.limits.query_length_max_s)
            )));
        }
        if matches!(expr, Expr::Log(_)) && params.limit > self.limits.entries_max {
            return Err(QueryError::Limit(format!(
                "max entries limit per query exceeded, limit > max_entries_limit_per_query ({} > {})",
                params.limit, self.limits.entries_max
            )));
        }
        Ok(expr)
    }

    fn budget<'a>(&'a self, tenant: &'a str, cancel: &'a crate::Cancel) -> Budget<'a> {
        Budget {
            reader: &*self.reader,
            tenant,
            limits: &self.limits,
            cancel,
            started: Instant::now(),
            stats: Stats::default(),
        }
    }

    fn counted(&self, expr: Result<Expr, QueryError>) -> Result<Expr, QueryError> {
        self.queries.increment();
        expr.inspect_err(|_| self.failures.increment())
    }

    fn finish(&self, data: Result<Data, QueryError>, budget: Budget<'_>) -> Result<QueryResult, QueryError> {
        let mut stats = budget.stats;
        self.lines.add(stats.lines);
        self.bytes.add(stats.bytes);
        let data = data
            .and_then(|data| self.within_series_limit(data))
            .inspect_err(|_| self.failures.increment())?;
        stats.seconds = budget.started.elapsed().as_secs_f64();
        stats.entries_returned = match &data {
            Data::Lines(entries) => entries.len() as u64,
            Data::Matrix(series) => series.len() as u64,
            Data::Vector(samples) => samples.len() as u64,
            Data::Scalar { .. } => 1,
        };
        Ok(QueryResult { data, stats })
    }

    fn within_series_limit(&self, data: Data) -> Result<Data, QueryError> {
        let count = match &data {
            Data::Matrix(series) => series.len(),
            Data::Vector(samples) => samples.len(),
            Data::Lines(_) | Data::Scalar { .. } => 0,
        };
        if count > self.limits.series_max {
            return Err(QueryError::Limit(format!(
                "maximum of series ({}) reached for a single query; consider reducing query cardinality by \
                 adding more specific stream selectors, reducing the time range, or aggregating results with \
                 functions like sum, count or topk",
                self.limits.series_max
            )));
        }
        Ok(data)
    }
}
