//! The whole way from rule files to a [`RuleSet`]: read, collect, put lists and macros in, check,
//! build. Mistakes of one step are all reported before the next step would be misled by them.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use rule_syntax::{Expr, Span, parse};

use crate::{
    collect::{Collection, Context, MacroSource, RuleSource},
    events,
    facts::{Facts, with_exceptions},
    fields::{FieldTable, is_deprecated},
    items::Reader,
    limits::{EVENT_CODES_WARN, FILE_BYTES_MAX, LIST_ITEMS_MAX, RULES_MAX},
    lists::Lists,
    macros::{Expanded, expand},
    operand::OperandError,
    options::Options,
    program::Builder,
    report::{Code, Report},
    rules::{Rule, RuleSet},
    source::{Place, RuleFile, SharedSources, Sources, Traced},
    yaml,
};

/// Compiles rule files, in order. With errors in the report the set holds the rules that were
/// free of them; use it for listing only.
pub fn compile(files: &[RuleFile], options: &Options) -> (RuleSet, Report) {
    let mut report = Report::default();
    let sources: SharedSources = Rc::new(Sources::new(files));
    let table = FieldTable {
        has_container_plugin: options.plugins.iter().any(|plugin| plugin == "container"),
        is_plain_filter: false,
    };
    let known_sources = vec!["syscall".to_owned()];
    let context = Context { table, sources: &known_sources, plugins: &options.plugins };
    let mut collection = Collection::default();
    let mut rejected = Vec::new();
    for (index, file) in (0u32..).zip(files) {
        let start = Place { file: index, offset: 0 };
        if file.text.len() > FILE_BYTES_MAX {
            let message = format!("file is larger than {FILE_BYTES_MAX} bytes");
            report.add(&sources, Code::ErrFileRead, start, "", message, None);
            continue;
        }
        match yaml::load(&sources, index) {
            Ok(documents) => {
                let mut reader = Reader {
                    sources: Rc::clone(&sources),
                    report: &mut report,
                    item: String::new(),
                    rejected: Vec::new(),
                };
                for item in reader.read(&documents) {
                    collection.add(item, &mut reader, &context);
                }
                rejected.append(&mut reader.rejected);
            }
            Err(error) => {
                let help =
                    Some("check indentation and quotes; a text with `: ` or ` #` needs quotes".to_owned());
                report.add(&sources, Code::ErrYamlParse, error.place, "", error.message, help);
            }
        }
    }
    if collection.rules.len() > RULES_MAX {
        let message = format!("more than {RULES_MAX} rules");
        report.add(&sources, Code::ErrValidate, Place::default(), "", message, None);
    }
    // Where a whole file or its version is wrong, everything that follows would be blamed wrongly.
    let is_hopeless = report.errors.iter().any(|error| {
        matches!(error.code, Code::ErrFileRead | Code::ErrYamlParse)
            || !["rule \"", "macro \"", "list \""].iter().any(|kind| error.item.starts_with(kind))
    });
    if is_hopeless {
        return (RuleSet::default(), report);
    }
    let rejected_names = |kind: &str| -> BTreeSet<String> {
        let bare = |item: &String| item.strip_prefix(kind)?.strip_suffix('"').map(str::to_owned);
        rejected.iter().filter_map(bare).collect()
    };
    for name in rejected_names("list \"") {
        collection.forgive_list(name);
    }
    Compiler {
        sources,
        table,
        options,
        report,
        lists: Lists::new(std::mem::take(&mut collection.lists)),
        macros: BTreeMap::new(),
        used_macros: BTreeSet::new(),
        failed_macros: rejected_names("macro \""),
        builder: Builder::default(),
        arena: Vec::new(),
    }
    .run(&collection)
}

pub(crate) struct Compiler<'c> {
    pub(crate) sources: SharedSources,
    pub(crate) table: FieldTable,
    pub(crate) options: &'c Options,
    report: Report,
    lists: Lists,
    macros: BTreeMap<String, Expanded>,
    used_macros: BTreeSet<String>,
    /// Their mistakes are reported; those who use them are not told again.
    failed_macros: BTreeSet<String>,
    builder: Builder,
    /// Places of all parsed texts, one after another; spans of trees point in here.
    arena: Vec<Place>,
}

impl Compiler<'_> {
    fn run(mut self, collection: &Collection) -> (RuleSet, Report) {
        for list in self.lists.too_long() {
            let item = format!("list \"{}\"", list.name);
            let message =
                format!("list has more than {LIST_ITEMS_MAX} items once lists inside it are put in");
            self.report.add(&self.sources, Code::ErrValidate, list.place, &item, message, None);
        }
        for source in &collection.macros {
            self.compile_macro(source);
        }
        let rules: Vec<Rule> = collection.rules.iter().filter_map(|rule| self.compile_rule(rule)).collect();
        // What a rejected item uses is not known.
        if !self.report.is_ok() {
            return (RuleSet::new(rules, self.builder.program), self.report);
        }
        for source in &collection.macros {
            if !self.used_macros.contains(&source.name) {
                let item = format!("macro \"{}\"", source.name);
                let message = "Macro not referred to by any other rule/macro";
                self.report.add(&self.sources, Code::UnusedMacro, source.place, &item, message, None);
            }
        }
        for list in self.lists.unused() {
            let item = format!("list \"{}\"", list.name);
            let message = "List not referred to by any other rule/macro";
            self.report.add(&self.sources, Code::UnusedList, list.place, &item, message, None);
        }
        (RuleSet::new(rules, self.builder.program), self.report)
    }

    pub(crate) fn error(
        &mut self,
        code: Code,
        place: Place,
        item: &str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.report.add(&self.sources, code, place, item, message, help);
    }

    /// The file position of a place in the arena.
    fn place(&self, span: Span) -> Place {
        self.arena.get(span.start).or(self.arena.last()).copied().unwrap_or_default()
    }

    /// Lists in, parsed, spans moved into the arena. `None` after reporting a mistake.
    fn parse(&mut self, condition: &Traced, item: &str) -> Option<Expr> {
        let text = match self.lists.substitute(condition) {
            Ok(text) => text,
            Err(message) => {
                self.error(Code::ErrCompileCondition, condition.place(0), item, message, None);
                return None;
            }
        };
        let (mut expr, diagnostics) = parse(&text.text);
        for diagnostic in &diagnostics {
            let place = text.place(diagnostic.span.start);
            let (message, help) = (diagnostic.message.clone(), diagnostic.help.clone());
            self.error(Code::ErrCompileCondition, place, item, message, help);
        }
        if !diagnostics.is_empty() {
            return None;
        }
        expr.shift(self.arena.len());
        self.arena.extend((0..=text.text.len()).map(|offset| text.place(offset)));
        Some(expr)
    }

    fn compile_macro(&mut self, source: &MacroSource) {
        let item = format!("macro \"{}\"", source.name);
        let Some(expr) = self.parse(&source.condition, &item) else {
            self.failed_macros.insert(source.name.clone());
            return;
        };
        let mut used = BTreeSet::new();
        if let Some((expr, nodes)) = self.expand(&expr, &item, &mut used) {
            let depth = expr.depth();
            self.macros.insert(source.name.clone(), Expanded { expr, nodes, depth });
        } else {
            self.failed_macros.insert(source.name.clone());
        }
        self.used_macros.append(&mut used);
    }

    fn expand(&mut self, expr: &Expr, item: &str, used: &mut BTreeSet<String>) -> Option<(Expr, usize)> {
        match expand(expr, &self.macros, used) {
            Ok(found) => Some(found),
            Err(error) if error.name.as_ref().is_some_and(|name| self.failed_macros.contains(name)) => None,
            Err(error) => {
                let similar = error.name.as_deref().and_then(|name| {
                    let known = self.macros.keys().map(|known| (crate::fields::distance(name, known), known));
                    known
                        .min()
                        .filter(|(distance, _)| *distance <= 2)
                        .map(|(_, known)| format!("did you mean `{known}`?"))
                });
                let help = similar.or_else(|| {
                    error.name.is_some().then(|| "a macro sees only macros defined before it".to_owned())
                });
                let place = self.place(error.span);
                let code = if error.name.is_some() { Code::ErrValidate } else { Code::ErrCompileCondition };
                self.error(code, place, item, error.message, help);
                None
            }
        }
    }

    fn compile_rule(&mut self, source: &RuleSource) -> Option<Rule> {
        let item = format!("rule \"{}\"", source.name);
        let mut macros = BTreeSet::new();
        let condition = with_exceptions(source);
        let parsed = self.parse(&condition, &item);
        let expanded = parsed.and_then(|expr| self.expand(&expr, &item, &mut macros));
        self.used_macros.extend(macros.iter().cloned());
        let output = self.compile_output(source, &item);
        let extra_fields = self.extra_fields(source, &item);
        let (expr, _) = expanded?;
        let mut errors = Vec::new();
        let mut warnings = Vec::new();
        let node = self.builder.add(&expr, self.table, &mut errors, &mut warnings);
        if !errors.is_empty() {
            self.report_checks(source, &item, errors);
            return None;
        }
        let (format, output_compiled) = output?;
        for (message, span) in warnings {
            let place = self.place(span);
            self.report.add(&self.sources, Code::CompileCondition, place, &item, message, None);
        }
        let set = events::of(&expr, false);
        if source.warn_evttypes && (set.codes.len() > EVENT_CODES_WARN || set.codes.is_empty()) {
            let message =
                "Rule matches too many evt.type values. This has a significant performance penalty.";
            let help = "add a check such as `evt.type in (open, openat)`, or set warn_evttypes to false";
            self.report.add(
                &self.sources,
                Code::NoEvttype,
                source.condition.place(0),
                &item,
                message,
                Some(help.to_owned()),
            );
        }
        let mut event_names = set.names();
        event_names.insert("asyncevent");
        let mut codes = set.codes;
        codes.insert(event::event_code::ASYNCEVENT_E);
        let facts = Facts::of(&expr, self.table);
        for name in facts.fields.iter().filter(|name| is_deprecated(name)) {
            self.deprecated(name, "condition", source.condition.place(0), &item);
        }
        let (line, _, _) = self.sources.position(source.place);
        let origin = (self.sources.name(source.place.file).to_owned(), line);
        let lists = self.lists_named(&source.condition.text);
        let history = source.history.iter().map(|(what, place)| {
            let (line, _, _) = self.sources.position(*place);
            format!("{what}, {}:{line}", self.sources.name(place.file))
        });
        let history = history.collect();
        let mut rule = facts.describe(source, &expr, node?, origin);
        rule.history = history;
        rule.exceptions = source
            .exceptions
            .iter()
            .map(|exception| (exception.name.clone(), exception.condition()))
            .collect();
        rule.output_compiled = output_compiled;
        rule.output_fields = format.field_names();
        rule.events = event_names.into_iter().collect();
        rule.codes = codes;
        rule.macros = macros.into_iter().collect();
        rule.lists = lists;
        rule.format = format;
        rule.extra_fields = extra_fields?;
        let verdicts = self.options.selection.iter();
        rule.is_active = verdicts
            .filter_map(|entry| entry.verdict(&rule.name, &rule.tags))
            .next_back()
            .unwrap_or(rule.enabled);
        Some(rule)
    }

    /// Lists that stand in list position of a condition as written, quoted or not (Falco).
    fn lists_named(&self, condition: &str) -> Vec<String> {
        let mut names = BTreeSet::new();
        parse(condition).0.walk(&mut |expr| {
            if let rule_syntax::ExprKind::Check(check) = &expr.kind
                && let rule_syntax::Right::List(words) = &check.right
            {
                names.extend(
                    words.iter().filter(|word| self.lists.contains(&word.text)).map(|word| word.text.clone()),
                );
            }
        });
        names.into_iter().collect()
    }

    /// An unknown field drops a rule that asks for that; everything else is an error.
    fn report_checks(&mut self, source: &RuleSource, item: &str, errors: Vec<OperandError>) {
        let is_forgiven = source.skip_if_unknown_filter && errors.iter().all(|error| error.is_unknown_field);
        for error in errors {
            let place = self.place(error.span);
            let code = if is_forgiven { Code::UnknownFilter } else { Code::ErrCompileCondition };
            self.error(code, place, item, error.message, error.help);
            if is_forgiven {
                return;
            }
        }
    }
}
