//! The tree of a log expression, compiled.

use log_record::{Columns, LabelMatcher, MatchOperator, RecordBlock};
use logql_syntax::{LabelFormatSource, LabelPick, LineFilter, LogExpr, MatchOp, Matcher, Stage};

use super::{
    json_path,
    label_filter::{Filter, TextTest},
    line_filter::{self, LineMatch},
    logfmt::Logfmt,
    need::Need,
    pattern::PatternParser,
    regex_translate,
    row::{Row, Work},
    step::{LabelSource, Pick, Shredded, Step},
    template::Template,
};
use crate::{
    error::QueryError,
    names::{self, NameId},
};

/// A compiled pipeline.
#[derive(Debug)]
pub(crate) struct Pipeline {
    /// For the store.
    pub(crate) matchers: Vec<LabelMatcher>,
    /// Texts every wanted line contains: a hint for the store.
    pub(crate) line_contains: Vec<String>,
    /// Line filters that see the stored line; they run first, over whole columns.
    filters: Vec<LineMatch>,
    steps: Vec<Step>,
    /// Labels that steps read, besides those they set.
    pub(crate) reads: Vec<NameId>,
    /// `| json` sees the stored line, so columns can stand in for it.
    shreds: bool,
    /// A step looks at the line.
    steps_read_line: bool,
}

impl Pipeline {
    /// Compiles all stages; `need` of `work` is not looked at.
    pub(crate) fn compile(log: &LogExpr, work: &mut Work) -> Result<Self, QueryError> {
        let mut pipeline = Pipeline {
            matchers: matchers_of(&log.matchers)?,
            line_contains: Vec::new(),
            filters: Vec::new(),
            steps: Vec::new(),
            reads: Vec::new(),
            shreds: false,
            steps_read_line: false,
        };
        let mut line_is_stored = true;
        for (index, stage) in log.stages.iter().enumerate() {
            match stage {
                Stage::LineFilter(filter) if line_is_stored => {
                    pipeline.line_contains.extend(LineMatch::required_text(filter).map(str::to_owned));
                    let chain = log.stages.get(index..).unwrap_or(&[]);
                    pipeline.filters.push(line_match(filter, chain)?);
                }
                stage => {
                    let whole_json = matches!(stage, Stage::Json(all) if all.is_empty());
                    pipeline.shreds |= line_is_stored && whole_json;
                    line_is_stored &=
                        !matches!(stage, Stage::LineFormat(_) | Stage::Unpack | Stage::Decolorize);
                    pipeline.steps_read_line |=
                        !matches!(stage, Stage::LabelFilter(_) | Stage::Drop(_) | Stage::Keep(_));
                    pipeline.steps.push(if whole_json {
                        Step::Json { stored: line_is_stored }
                    } else {
                        step(stage, work, &mut pipeline.reads)?
                    });
                }
            }
        }
        Ok(pipeline)
    }

    /// The columns a scan must fill so that labels in `need` come out right.
    pub(crate) fn columns(&self, work: &Work, output_line: bool) -> Columns {
        let json_fields = match &work.need {
            Need::Some(names) if self.shreds => {
                names.iter().map(|name| work.names.text(*name).to_string()).collect()
            }
            _ => Vec::new(),
        };
        Columns {
            line: output_line || !self.filters.is_empty() || self.steps_read_line,
            metadata: !work.need.is_nothing(),
            json_fields,
        }
    }

    /// Whether rows of one stream all end up with the stream's own labels and nothing else.
    pub(crate) fn is_plain(&self) -> bool {
        self.steps.is_empty()
    }

    /// The rows of a block whose stored line passes the line filters.
    pub(crate) fn select(&self, block: &RecordBlock<'_>, rows: &mut Vec<u32>) {
        line_filter::select(block, &self.filters, rows);
    }

    /// Runs the steps over one row whose labels are set up; `false` drops it.
    pub(crate) fn run(
        &self,
        row: &mut Row<'_>,
        block: &RecordBlock<'_>,
        index: usize,
        work: &mut Work,
    ) -> bool {
        let shredded = (self.shreds && !block.json_fields.is_empty())
            .then_some(Shredded { columns: block.json_fields, row: index });
        self.steps.iter().all(|step| step.run(row, shredded, work))
    }
}

/// A selector as the store takes it.
///
/// # Errors
/// [`QueryError::BadRequest`] for a regex that is too large.
pub fn matchers_of(matchers: &[Matcher]) -> Result<Vec<LabelMatcher>, QueryError> {
    matchers
        .iter()
        .map(|matcher| {
            let operator = match matcher.op {
                MatchOp::Equal => MatchOperator::Equal(matcher.value.clone()),
                MatchOp::NotEqual => MatchOperator::NotEqual(matcher.value.clone()),
                MatchOp::Regex => MatchOperator::Regex(regex_translate::anchored(&matcher.value)?),
                MatchOp::NotRegex => MatchOperator::NotRegex(regex_translate::anchored(&matcher.value)?),
            };
            Ok(LabelMatcher { name: matcher.name.clone(), operator })
        })
        .collect()
}

/// A line filter; a mistake in it is one of the whole chain it begins (Loki).
fn line_match(filter: &LineFilter, chain: &[Stage]) -> Result<LineMatch, QueryError> {
    LineMatch::compile(filter).map_err(|reason| {
        let filters = chain.iter().take_while(|stage| matches!(stage, Stage::LineFilter(_)));
        let texts: Vec<String> = filters.map(Stage::to_string).collect();
        QueryError::BadRequest(format!("parse error : stage '{}' : {reason}", texts.join(" ")))
    })
}

fn step(stage: &Stage, work: &mut Work, reads: &mut Vec<NameId>) -> Result<Step, QueryError> {
    let names = &mut work.names;
    let bad = |reason: String| QueryError::BadRequest(format!("parse error : stage '{stage}' : {reason}"));
    let line_template = |text: &str| {
        Template::parse("line", text).map_err(|reason| bad(format!("invalid line template: {reason}")))
    };
    Ok(match stage {
        Stage::LineFilter(filter) => Step::Line(line_match(filter, std::slice::from_ref(stage))?),
        Stage::Json(all) if all.is_empty() => Step::Json { stored: false },
        Stage::Json(all) => Step::JsonPaths(
            all.iter()
                .map(|one| Ok((names.id(&one.name), json_path::parse(&one.expression).map_err(bad)?)))
                .collect::<Result<_, QueryError>>()?,
        ),
        Stage::Logfmt { strict, keep_empty, extractions } => Step::Logfmt(Logfmt {
            strict: *strict,
            keep_empty: *keep_empty,
            only: extractions.iter().map(|one| (names.id(&one.name), one.expression.clone())).collect(),
        }),
        Stage::Regexp(pattern) => {
            let regex = regex_translate::regex(pattern)?;
            let groups = regex.capture_names().map(|name| name.map(|name| names.id(name))).collect();
            Step::Regexp(regex, groups)
        }
        Stage::Pattern(pattern) => Step::Pattern(PatternParser::new(pattern, names)),
        Stage::Unpack => Step::Unpack,
        Stage::LabelFilter(filter) => Step::Label(Filter::compile(filter, names, reads)?),
        Stage::LineFormat(text) => {
            let template = line_template(text)?;
            reads.extend(template.fields().iter().map(|field| names.id(field)));
            Step::LineFormat(template)
        }
        Stage::LabelFormat(all) => {
            let mut formats: Vec<(NameId, LabelSource)> = Vec::new();
            for one in all {
                let name = names.id(&one.name);
                if name == names::ERROR {
                    return Err(bad(format!("{} cannot be formatted", one.name)));
                }
                if formats.iter().any(|(found, _)| *found == name) {
                    return Err(bad(format!(
                        "multiple label name '{}' not allowed in a single format operation",
                        one.name
                    )));
                }
                let source = match &one.source {
                    LabelFormatSource::Rename(from) => {
                        let from = names.id(from);
                        reads.push(from);
                        LabelSource::Rename(from)
                    }
                    LabelFormatSource::Template(text) => {
                        let template = Template::parse("label", text).map_err(|reason| {
                            bad(format!("invalid template for label '{}': {reason}", one.name))
                        })?;
                        reads.extend(template.fields().iter().map(|field| names.id(field)));
                        LabelSource::Template(template)
                    }
                };
                formats.push((name, source));
            }
            Step::LabelFormat(formats)
        }
        Stage::Decolorize => Step::Decolorize,
        Stage::Drop(all) => Step::Drop(picks(all, work, reads)?),
        Stage::Keep(all) => Step::Keep(picks(all, work, reads)?),
    })
}

fn picks(all: &[LabelPick], work: &mut Work, reads: &mut Vec<NameId>) -> Result<Vec<Pick>, QueryError> {
    all.iter()
        .map(|pick| match pick {
            LabelPick::Name(name) => Ok(Pick { name: work.names.id(name), test: None }),
            LabelPick::Matching(matcher) => {
                let name = work.names.id(&matcher.name);
                reads.push(name);
                Ok(Pick { name, test: Some(TextTest::compile(matcher)?) })
            }
        })
        .collect()
}
