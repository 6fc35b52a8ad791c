//! Outputs of rules: what the configuration adds to their texts and fields, compiled and checked.

use std::collections::BTreeSet;

use crate::{
    collect::RuleSource,
    compile::Compiler,
    fields::is_deprecated,
    format,
    options::{ExtraField, SUGGESTED_OUTPUT},
    report::Code,
    rules::ExtraValue,
    source::{Place, Traced},
};

impl Compiler<'_> {
    /// The output with what is added to it, and its text.
    pub(crate) fn compile_output(
        &mut self,
        source: &RuleSource,
        item: &str,
    ) -> Option<(format::Format, String)> {
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

    pub(crate) fn deprecated(&mut self, name: &str, what: &str, place: Place, item: &str) {
        let message = format!("usage of deprecated field '{name}' has been detected in the rule {what}");
        let help = Some("only exit events are reported; the field has no value".to_owned());
        self.error(Code::DeprecatedItem, place, item, message, help);
    }

    /// Fields that the configuration adds to this rule's alerts.
    pub(crate) fn extra_fields(
        &mut self,
        source: &RuleSource,
        item: &str,
    ) -> Option<Vec<(String, ExtraValue)>> {
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
}
