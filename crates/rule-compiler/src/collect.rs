//! Items of all files, in order, into lists, macros and rules: redefinition, `append` and
//! `override`. A redefined item keeps its place in the order (Falco).

use std::collections::{BTreeSet, HashMap};

use alert::Priority;

use crate::{
    exceptions::{self, Exception},
    fields::FieldTable,
    items::{Change, Item, Reader, Rejected, RuleItem, version},
    lists::List,
    report::Code,
    source::{Place, Traced},
};

/// Engine version that rule files may require at most: Falco 0.44's.
pub(crate) const ENGINE_VERSION: [u64; 3] = [0, 62, 0];

/// Version that `required_plugin_versions` sees for what is built in.
const PLUGINS: [(&str, [u64; 3]); 1] = [("container", [0, 7, 1])];

/// A macro as collected.
#[derive(Debug, Clone)]
pub(crate) struct MacroSource {
    pub(crate) name: String,
    pub(crate) condition: Traced,
    pub(crate) place: Place,
}

/// A rule as collected.
#[derive(Debug, Clone)]
pub(crate) struct RuleSource {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) condition: Traced,
    pub(crate) output: Traced,
    pub(crate) desc: String,
    pub(crate) priority: Priority,
    pub(crate) source: String,
    pub(crate) enabled: bool,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) warn_evttypes: bool,
    pub(crate) skip_if_unknown_filter: bool,
    pub(crate) capture: bool,
    pub(crate) capture_duration_ms: u32,
    pub(crate) exceptions: Vec<Exception>,
    /// What made the rule what it is, in order, and where it stands.
    pub(crate) history: Vec<(String, Place)>,
}

/// What all files define.
#[derive(Debug, Default)]
pub(crate) struct Collection {
    pub(crate) lists: Vec<List>,
    pub(crate) macros: Vec<MacroSource>,
    pub(crate) rules: Vec<RuleSource>,
    list_indices: HashMap<String, usize>,
    macro_indices: HashMap<String, usize>,
    rule_indices: HashMap<String, usize>,
    /// Rules of unknown sources: what is appended to them is ignored too.
    skipped: BTreeSet<String>,
}

/// Which sources and plugins exist.
pub(crate) struct Context<'c> {
    pub(crate) table: FieldTable,
    pub(crate) sources: &'c [String],
    pub(crate) plugins: &'c [String],
}

impl Collection {
    pub(crate) fn add(&mut self, item: Item, reader: &mut Reader<'_>, context: &Context<'_>) {
        // A rejected item is in the report already; the next one is still read.
        let result = match item {
            Item::EngineVersion { version, place } => check_engine(reader, version, place),
            Item::PluginVersions { alternatives, place } => {
                check_plugins(reader, &alternatives, place, context.plugins)
            }
            Item::List { name, items, change, place } => self.add_list(reader, name, items, change, place),
            Item::Macro { name, condition, change, place } => {
                self.add_macro(reader, MacroSource { name, condition, place }, change)
            }
            Item::Rule(rule) => self.add_rule(reader, *rule, context),
        };
        if result.is_err() {
            reader.rejected.push(reader.item.clone());
        }
    }

    /// A list that was rejected still exists for those who name it, without items.
    pub(crate) fn forgive_list(&mut self, name: String) {
        if !self.list_indices.contains_key(&name) {
            self.lists.push(List { name, items: Vec::new(), place: Place::default(), is_used: true });
        }
    }

    fn add_list(
        &mut self,
        reader: &mut Reader<'_>,
        name: String,
        items: Vec<String>,
        change: Option<Change>,
        place: Place,
    ) -> Result<(), Rejected> {
        reader.item = format!("list \"{name}\"");
        let known = self.list_indices.get(&name).and_then(|index| self.lists.get_mut(*index));
        match (known, change) {
            (Some(list), Some(Change::Append)) => list.items.extend(items),
            (Some(list), _) => {
                list.items = items;
                list.place = place;
            }
            (None, Some(Change::Append)) => {
                return reader.fail(
                    Code::ErrValidate,
                    place,
                    "List has 'append' key or an append override but no list by that name already exists",
                    Some("define the list before, or load its file first"),
                );
            }
            (None, _) => {
                self.list_indices.insert(name.clone(), self.lists.len());
                self.lists.push(List { name, items, place, is_used: false });
            }
        }
        Ok(())
    }

    fn add_macro(
        &mut self,
        reader: &mut Reader<'_>,
        new: MacroSource,
        change: Option<Change>,
    ) -> Result<(), Rejected> {
        reader.item = format!("macro \"{}\"", new.name);
        let known = self.macro_indices.get(&new.name).and_then(|index| self.macros.get_mut(*index));
        match (known, change) {
            (Some(old), Some(Change::Append)) => {
                old.condition.push_made(" ", new.place);
                old.condition.push(&new.condition);
            }
            (Some(old), _) => *old = new,
            (None, Some(Change::Append)) => {
                return reader.fail(
                    Code::ErrValidate,
                    new.place,
                    "Macro has 'append' key or an append override but no macro by that name already exists",
                    Some("define the macro before, or load its file first"),
                );
            }
            (None, _) => {
                self.macro_indices.insert(new.name.clone(), self.macros.len());
                self.macros.push(new);
            }
        }
        Ok(())
    }

    fn add_rule(
        &mut self,
        reader: &mut Reader<'_>,
        item: RuleItem,
        context: &Context<'_>,
    ) -> Result<(), Rejected> {
        reader.item = format!("rule \"{}\"", item.name);
        let is_whole = !item.is_append && item.overrides.is_empty() && !item.is_switch;
        if is_whole {
            return self.define_rule(reader, item, context);
        }
        if self.skipped.contains(&item.name) {
            return Ok(());
        }
        let Some(rule) = self.rule_indices.get(&item.name).and_then(|index| self.rules.get_mut(*index))
        else {
            let message = if item.is_switch {
                "Rule has 'enabled' key but no rule by that name already exists"
            } else if item.is_append || item.overrides.values().any(|change| *change == Change::Append) {
                "Rule has 'append' key or an append override but no rule by that name already exists"
            } else {
                "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists"
            };
            let similar = similar_rule(&item.name, self.rules.iter().map(|rule| rule.name.as_str()));
            return reader.fail(Code::ErrValidate, item.place, message, similar.as_deref());
        };
        rule.history.push((item.change_text(), item.place));
        if item.is_switch {
            rule.enabled = item.enabled.unwrap_or(rule.enabled);
            return Ok(());
        }
        if item.is_append {
            if item.condition.is_none() && item.exceptions.is_none() {
                return reader.fail(
                    Code::ErrValidate,
                    item.place,
                    "Appended rule must have exceptions or condition property",
                    Some("use `override` to change other keys"),
                );
            }
            append_condition(rule, item.condition.as_ref(), item.place);
            return exceptions::append(
                reader,
                &mut rule.exceptions,
                item.exceptions.unwrap_or_default(),
                context.table,
            );
        }
        override_rule(reader, rule, item, context.table)
    }

    fn define_rule(
        &mut self,
        reader: &mut Reader<'_>,
        item: RuleItem,
        context: &Context<'_>,
    ) -> Result<(), Rejected> {
        let source = item.source.unwrap_or_else(|| "syscall".to_owned());
        let known = self.rule_indices.get(&item.name).and_then(|index| self.rules.get_mut(*index));
        if let Some(old) = &known
            && old.source != source
        {
            return reader.fail(
                Code::ErrValidate,
                item.place,
                "Rule has been re-defined with a different source",
                None,
            );
        }
        if !context.sources.contains(&source) {
            reader.warn(
                Code::UnknownSource,
                item.place,
                format!("Unknown source {source}, skipping"),
                Some("known sources: syscall"),
            );
            self.skipped.insert(item.name);
            return Ok(());
        }
        let mut exceptions = item.exceptions.unwrap_or_default();
        let mut names = BTreeSet::new();
        for exception in &mut exceptions {
            if !names.insert(exception.name.clone()) {
                reader.warn(
                    Code::ExceptionNameNotUnique,
                    exception.place,
                    format!("Multiple definitions of exception '{}' in the same rule", exception.name),
                    None,
                );
            }
            exceptions::validate(reader, exception, context.table)?;
        }
        let rule = RuleSource {
            name: item.name,
            place: item.place,
            condition: item.condition.unwrap_or_default(),
            output: item.output.unwrap_or_default(),
            desc: item.desc.unwrap_or_default(),
            priority: item.priority.unwrap_or(Priority::Debug),
            source,
            enabled: item.enabled.unwrap_or(true),
            tags: item.tags.unwrap_or_default().into_iter().collect(),
            warn_evttypes: item.warn_evttypes.unwrap_or(true),
            skip_if_unknown_filter: item.skip_if_unknown_filter.unwrap_or(false),
            capture: item.capture.unwrap_or(false),
            capture_duration_ms: item.capture_duration_ms.unwrap_or(0),
            exceptions,
            history: vec![("defined".to_owned(), item.place)],
        };
        match known {
            Some(old) => {
                let mut history = std::mem::take(&mut old.history);
                history.push(("defined anew".to_owned(), rule.place));
                *old = RuleSource { history, ..rule };
            }
            None => {
                self.rule_indices.insert(rule.name.clone(), self.rules.len());
                self.rules.push(rule);
            }
        }
        Ok(())
    }
}

fn append_condition(rule: &mut RuleSource, condition: Option<&Traced>, place: Place) {
    if let Some(condition) = condition {
        rule.condition.push_made(" ", place);
        rule.condition.push(condition);
    }
}

/// Applies `override`: only keys that stand in it have values, the reader saw to that.
fn override_rule(
    reader: &mut Reader<'_>,
    rule: &mut RuleSource,
    item: RuleItem,
    table: FieldTable,
) -> Result<(), Rejected> {
    let appends = |key: &str| item.overrides.get(key) == Some(&Change::Append);
    match (&item.condition, appends("condition")) {
        (Some(_), true) => append_condition(rule, item.condition.as_ref(), item.place),
        (Some(condition), false) => rule.condition = condition.clone(),
        (None, _) => {}
    }
    match (&item.output, appends("output")) {
        (Some(output), true) => {
            rule.output.push_made(" ", item.place);
            rule.output.push(output);
        }
        (Some(output), false) => rule.output = output.clone(),
        (None, _) => {}
    }
    match (&item.desc, appends("desc")) {
        (Some(desc), true) => rule.desc = format!("{} {desc}", rule.desc),
        (Some(desc), false) => rule.desc = desc.clone(),
        (None, _) => {}
    }
    if let Some(tags) = &item.tags {
        if !appends("tags") {
            rule.tags.clear();
        }
        rule.tags.extend(tags.iter().cloned());
    }
    rule.priority = item.priority.unwrap_or(rule.priority);
    rule.enabled = item.enabled.unwrap_or(rule.enabled);
    rule.warn_evttypes = item.warn_evttypes.unwrap_or(rule.warn_evttypes);
    rule.skip_if_unknown_filter = item.skip_if_unknown_filter.unwrap_or(rule.skip_if_unknown_filter);
    rule.capture = item.capture.unwrap_or(rule.capture);
    rule.capture_duration_ms = item.capture_duration_ms.unwrap_or(rule.capture_duration_ms);
    let appends_exceptions = appends("exceptions");
    match item.exceptions {
        Some(new) if appends_exceptions => exceptions::append(reader, &mut rule.exceptions, new, table),
        // Falco takes replaced exceptions as they are, without checks and default operators.
        Some(new) => {
            rule.exceptions = new;
            Ok(())
        }
        None => Ok(()),
    }
}

fn check_engine(reader: &mut Reader<'_>, required: [u64; 3], place: Place) -> Result<(), Rejected> {
    reader.item = "required_engine_version".to_owned();
    if required[0] == ENGINE_VERSION[0] && required <= ENGINE_VERSION {
        return Ok(());
    }
    let text = |version: [u64; 3]| version.map(|part| part.to_string()).join(".");
    reader.fail(
        Code::ErrValidate,
        place,
        format!(
            "Rules require engine version {}, but engine version is {}",
            text(required),
            text(ENGINE_VERSION)
        ),
        Some("take an older release of these rules, or a newer one of this program"),
    )
}

fn check_plugins(
    reader: &mut Reader<'_>,
    alternatives: &[(String, String)],
    place: Place,
    plugins: &[String],
) -> Result<(), Rejected> {
    reader.item = "required_plugin_versions".to_owned();
    let is_met = alternatives.is_empty()
        || alternatives.iter().any(|(name, required)| {
            let built_in = PLUGINS.iter().find(|(known, _)| known == name && plugins.contains(name));
            let required = version(required);
            built_in.is_some_and(|(_, have)| {
                required.is_some_and(|required| required[0] == have[0] && required <= *have)
            })
        });
    if is_met {
        return Ok(());
    }
    let wanted: Vec<String> =
        alternatives.iter().map(|(name, version)| format!("{name} (>= {version})")).collect();
    reader.fail(
        Code::ErrValidate,
        place,
        format!("Plugin requirement not satisfied, must load one of: {}", wanted.join(", ")),
        Some("only the container plugin's fields are built in"),
    )
}

fn similar_rule<'r>(name: &str, rules: impl Iterator<Item = &'r str>) -> Option<String> {
    rules
        .map(|rule| (crate::fields::distance(name, rule), rule))
        .min()
        .filter(|(distance, _)| *distance <= name.len() / 4)
        .map(|(_, rule)| format!("did you mean `{rule}`?"))
}
