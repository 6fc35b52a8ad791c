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
    format,
    items::Reader,
    limits::{EVENT_CODES_WARN, FILE_BYTES_MAX, LIST_ITEMS_MAX, RULES_MAX},
    lists::Lists,
    macros::{Expanded, expand},
    operand::OperandError,
    options::{ExtraField, Options, SUGGESTED_OUTPUT},
    program::Builder,
    report::{Code, Report},
    rules::{ExtraValue, Rule, RuleSet},
    source::{Place, RuleFile, SharedSources, Sources, Traced},
    yaml,
};

/// Compiles rule files, in order. With errors in the report the set holds the rules that were
/// free of them; use it for listing only.
pub fn compile(files: &[RuleFile], options: &Options) -> (RuleSet, Report) {
    let mut report = Report::default();
    let sources: SharedSources = Rc::new(Sources::new(files));
    let table =
        FieldTable { has_container_plugin: options.plugins.iter().any(|plugin| plugin == "container") };
    let known_sources = vec!["syscall".to_owned()];
    let context = Context { table, sources: &known_sources, plugins: &options.plugins };
    let mut collection = Collection::default();
    for (index, file) in (0u32..).zip(files) {
        let start = Place { file: index, offset: 0 };
        if file.text.len() > FILE_BYTES_MAX {
            let message = format!("file is larger than {FILE_BYTES_MAX} bytes");
            report.add(&sources, Code::ErrFileRead, start, "", message, None);
            continue;
        }
        match yaml::load(&sources, index) {
            Ok(documents) => {
                let mut reader =
                    Reader { sources: Rc::clone(&sources), report: &mut report, item: String::new() };
                for item in reader.read(&documents) {
                    collection.add(item, &mut reader, &context);
                }
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
    if !report.is_ok() {
        return (RuleSet::default(), report);
    }
    Compiler {
        sources,
        table,
        options,
        report,
        lists: Lists::new(std::mem::take(&mut collection.lists)),
        macros: BTreeMap::new(),
        used_macros: BTreeSet::new(),
        failed_macros: BTreeSet::new(),
        builder: Builder::default(),
        arena: Vec::new(),
    }
    .run(&collection)
}

struct Compiler<'c> {
    sources: SharedSources,
    table: FieldTable,
    options: &'c Options,
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

    fn error(
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
        let mut rule = facts.describe(source, &expr, node?, origin);
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

    /// Fields that the configuration adds to this rule's alerts.
    fn extra_fields(&mut self, source: &RuleSource, item: &str) -> Option<Vec<(String, ExtraValue)>> {
        let options = self.options;
        let mut extra = Vec::new();
        for entry in &options.append_output {
            if !entry.matching.is_for(&source.name, &source.source, source.tags.iter().map(String::as_str)) {
                continue;
            }
            for field in &entry.extra_fields {
                let (name, text, is_raw) = match field {
                    ExtraField::Raw(name) => (name, format!("%{}", name.trim_start_matches('%')), true),
                    ExtraField::Named { name, format } => (name, format.clone(), false),
                };
                let (format, mut mistakes) = format::compile(&text, self.table);
                let value = match format.parts.as_slice() {
                    [format::Part::Value { operand, .. }] if is_raw => ExtraValue::Value(operand.clone()),
                    _ => ExtraValue::Format(format),
                };
                if let Some(mistake) = mistakes.pop() {
                    let message = format!("extra field `{name}`: {}", mistake.message);
                    self.error(Code::ErrCompileOutput, source.place, item, message, mistake.help);
                    return None;
                }
                extra.push((name.trim_start_matches('%').to_owned(), value));
            }
        }
        let constants = options.static_fields.iter();
        extra
            .extend(constants.map(|(name, text)| (format!("static.{name}"), ExtraValue::Text(text.clone()))));
        Some(extra)
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

    fn compile_output(&mut self, source: &RuleSource, item: &str) -> Option<(format::Format, String)> {
        const OLD_FIELD: &str = "%container.info";
        let mut output = source.output.clone();
        for entry in &self.options.append_output {
            if !entry.matching.is_for(&source.name, &source.source, source.tags.iter().map(String::as_str)) {
                continue;
            }
            let suggested = entry.suggested_output && self.table.has_container_plugin;
            for extra in [entry.extra_output.as_str(), if suggested { SUGGESTED_OUTPUT } else { "" }] {
                if !extra.is_empty() {
                    output.push_made(" ", source.place);
                    output.push_made(extra, source.place);
                }
            }
        }
        let mut text = output.clone();
        while let Some(at) = text.text.find(OLD_FIELD) {
            let mut rest = Traced::default();
            rest.push_range(&text, 0, at);
            rest.push_range(&text, at + OLD_FIELD.len(), text.text.len());
            if text.text.len() == output.text.len() {
                let message = "%container.info is deprecated and no more useful, and will be dropped by Falco 1.0.0. The container plugin will automatically add required fields to the output message.";
                self.error(
                    Code::DeprecatedItem,
                    text.place(at),
                    item,
                    message,
                    Some("leave it out".to_owned()),
                );
            }
            text = rest;
        }
        let (format, errors) = format::compile(&text.text, self.table);
        let has_errors = !errors.is_empty();
        for error in errors {
            let place = text.place(error.span.start);
            let code =
                if source.skip_if_unknown_filter { Code::UnknownFilter } else { Code::ErrCompileOutput };
            self.error(code, place, item, error.message, error.help);
        }
        if has_errors {
            return None;
        }
        let deprecated: BTreeSet<String> = format
            .fields()
            .into_iter()
            .map(|field| field.text.clone())
            .filter(|name| is_deprecated(name))
            .collect();
        for name in deprecated {
            self.deprecated(&name, "output", output.place(0), item);
        }
        Some((format, text.text))
    }

    fn deprecated(&mut self, name: &str, what: &str, place: Place, item: &str) {
        let message = format!("usage of deprecated field '{name}' has been detected in the rule {what}");
        let help = Some("only exit events are reported; the field has no value".to_owned());
        self.error(Code::DeprecatedItem, place, item, message, help);
    }
}
