//! YAML nodes to items: which keys there are, what type each value has, what `append` and
//! `override` ask for. Long because it holds every key of every item kind, one after another.
//!
//! Knows nothing of other items: whether a rule to append to exists is [`crate::collect`]'s.

use std::{collections::BTreeMap, rc::Rc};

use alert::Priority;

use crate::{
    exceptions::{Exception, read_exceptions},
    report::{Code, Report},
    source::{Place, SharedSources, Traced},
    yaml::{Kind, Node},
};

/// What `override` says of one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Append,
    Replace,
}

/// An item of a rule file.
#[derive(Debug)]
pub(crate) enum Item {
    EngineVersion { version: [u64; 3], place: Place },
    PluginVersions { alternatives: Vec<(String, String)>, place: Place },
    List { name: String, items: Vec<String>, change: Option<Change>, place: Place },
    Macro { name: String, condition: Traced, change: Option<Change>, place: Place },
    Rule(Box<RuleItem>),
}

/// A rule item; which keys it has depends on what it does.
#[derive(Debug, Default)]
pub(crate) struct RuleItem {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// Deprecated `append: true`.
    pub(crate) is_append: bool,
    pub(crate) overrides: BTreeMap<String, Change>,
    pub(crate) condition: Option<Traced>,
    pub(crate) output: Option<Traced>,
    pub(crate) desc: Option<String>,
    pub(crate) priority: Option<Priority>,
    pub(crate) source: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) warn_evttypes: Option<bool>,
    pub(crate) skip_if_unknown_filter: Option<bool>,
    pub(crate) capture: Option<bool>,
    pub(crate) capture_duration_ms: Option<u32>,
    pub(crate) exceptions: Option<Vec<Exception>>,
    /// Neither append nor override, and not a whole rule: only switches `enabled`.
    pub(crate) is_switch: bool,
}

const RULE_KEYS: [&str; 15] = [
    "rule",
    "condition",
    "output",
    "desc",
    "priority",
    "source",
    "enabled",
    "tags",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
    "exceptions",
    "append",
    "override",
];
const APPENDABLE: [&str; 5] = ["condition", "output", "desc", "tags", "exceptions"];
const REPLACEABLE: [&str; 11] = [
    "condition",
    "output",
    "desc",
    "priority",
    "capture",
    "capture_duration",
    "tags",
    "exceptions",
    "enabled",
    "warn_evttypes",
    "skip-if-unknown-filter",
];
const APPEND_AND_OVERRIDE: &str = "Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.";

impl RuleItem {
    /// What the item does to a rule that exists already.
    pub(crate) fn change_text(&self) -> String {
        if self.is_switch {
            return format!("enabled: {}", self.enabled.unwrap_or(true));
        }
        if self.is_append {
            return "append: true".to_owned();
        }
        let changes = self.overrides.iter().map(|(key, change)| match change {
            Change::Append => format!("{key}: append"),
            Change::Replace => format!("{key}: replace"),
        });
        format!("override {}", changes.collect::<Vec<_>>().join(", "))
    }
}

/// Reads the items of one file, and says what is wrong with them.
pub(crate) struct Reader<'r> {
    pub(crate) sources: SharedSources,
    pub(crate) report: &'r mut Report,
    /// The item that is read, for messages.
    pub(crate) item: String,
    /// Items that cannot be used, named as in messages: what refers to them is not blamed.
    pub(crate) rejected: Vec<String>,
}

/// The item cannot be used; the report says why.
pub(crate) struct Rejected;

type Read<T> = Result<T, Rejected>;

impl Reader<'_> {
    pub(crate) fn invalid<T>(&mut self, place: Place, message: impl Into<String>) -> Read<T> {
        self.fail(Code::ErrYamlValidate, place, message, None)
    }

    pub(crate) fn fail<T>(
        &mut self,
        code: Code,
        place: Place,
        message: impl Into<String>,
        help: Option<&str>,
    ) -> Read<T> {
        let item = self.item.clone();
        self.report.add(&self.sources, code, place, &item, message, help.map(str::to_owned));
        Err(Rejected)
    }

    pub(crate) fn warn(&mut self, code: Code, place: Place, message: impl Into<String>, help: Option<&str>) {
        let item = self.item.clone();
        self.report.add(&self.sources, code, place, &item, message, help.map(str::to_owned));
    }

    /// All items of the documents of a file. Falco does not read what follows a null document.
    pub(crate) fn read(&mut self, documents: &[Rc<Node>]) -> Vec<Item> {
        let mut items = Vec::new();
        for document in documents {
            self.item.clear();
            if document.is_null() {
                break;
            }
            match &document.kind {
                Kind::Sequence(nodes) => {
                    for node in nodes.iter().filter(|node| !node.is_null()) {
                        self.item.clear();
                        match self.read_item(node) {
                            Ok(Some(item)) => items.push(item),
                            Ok(None) => {}
                            Err(Rejected) => self.rejected.push(self.item.clone()),
                        }
                    }
                }
                Kind::Mapping(_) => {
                    let _ = self.fail::<()>(
                        Code::ErrYamlValidate,
                        document.place,
                        "Rules content is not yaml array of objects",
                        Some("start each rule, macro or list with `- `"),
                    );
                }
                Kind::Scalar { .. } => {
                    let _ = self.invalid::<()>(document.place, "Rules content is not yaml");
                }
            }
        }
        items
    }

    fn read_item(&mut self, node: &Node) -> Read<Option<Item>> {
        if node.mapping().is_none() {
            return self.invalid(
                node.place,
                "Unexpected element type. Each element should be a yaml associative array.",
            );
        }
        let kinds = ["required_engine_version", "required_plugin_versions", "list", "macro", "rule"];
        let Some(kind) = kinds.into_iter().find(|kind| node.get(kind).is_some()) else {
            self.warn(
                Code::UnknownItem,
                node.place,
                "Unknown top level item",
                Some("an item starts with rule, macro, list, required_engine_version or required_plugin_versions"),
            );
            return Ok(None);
        };
        match kind {
            "required_engine_version" => self.engine_version(node),
            "required_plugin_versions" => self.plugin_versions(node),
            "list" => self.list(node),
            "macro" => self.macro_item(node),
            _ => self.rule(node),
        }
        .map(Some)
    }

    fn unknown_keys(&mut self, node: &Node, known: &[&str]) {
        for (key, _) in node.mapping().unwrap_or(&[]) {
            let name = key.scalar().unwrap_or("");
            if !known.contains(&name) {
                let similar = known
                    .iter()
                    .map(|known| (crate::fields::distance(name, known), *known))
                    .min()
                    .filter(|(distance, _)| *distance <= 2)
                    .map(|(_, known)| format!("did you mean `{known}`?"));
                self.warn(
                    Code::UnknownKey,
                    key.place,
                    format!("Unknown key '{name}'. The key will be ignored."),
                    similar.as_deref(),
                );
            }
        }
    }

    /// A key's value as text that is not empty.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, key: &str) -> Read<Option<(&'n str, &'n Node)>> {
        let Some(value) = node.get(key) else { return Ok(None) };
        if value.is_null() {
            return self.invalid(node.place, format!("Mapping for key '{key}' is empty"));
        }
        let Some(text) = value.scalar() else {
            return self.invalid(value.place, "Value is not a scalar value");
        };
        if text.is_empty() {
            return self.invalid(value.place, "Value must be non-empty");
        }
        Ok(Some((text, value)))
    }

    pub(crate) fn required<'n>(&mut self, node: &'n Node, key: &str) -> Read<(&'n str, &'n Node)> {
        match self.text(node, key)? {
            Some(found) => Ok(found),
            None => self.invalid(node.place, format!("Item has no mapping for key '{key}'")),
        }
    }

    fn traced(&mut self, node: &Node, key: &str) -> Read<Option<Traced>> {
        let sources = Rc::clone(&self.sources);
        Ok(self.text(node, key)?.map(|(text, value)| Traced::scalar(&sources, value.place, text).trimmed()))
    }

    fn boolean(&mut self, node: &Node, key: &str) -> Read<Option<bool>> {
        let Some((text, value)) = self.text(node, key)? else { return Ok(None) };
        // What yaml-cpp decodes: one case, or a capital, of these words.
        match text {
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
                Ok(Some(true))
            }
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
                Ok(Some(false))
            }
            _ => self.invalid(value.place, "Can't decode YAML scalar value: expected true or false"),
        }
    }

    fn number(&mut self, node: &Node, key: &str) -> Read<Option<u32>> {
        let Some((text, value)) = self.text(node, key)? else { return Ok(None) };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => self.invalid(value.place, "Can't decode YAML scalar value: expected a number"),
        }
    }

    /// A sequence of scalars.
    fn texts(&mut self, node: &Node, key: &str) -> Read<Option<Vec<String>>> {
        let Some(value) = node.get(key) else { return Ok(None) };
        let Some(items) = value.sequence() else {
            return self.invalid(value.place, "Value is not a sequence");
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item.scalar() {
                Some(text) => texts.push(text.to_owned()),
                None => return self.invalid(item.place, "sequence value is not scalar"),
            }
        }
        Ok(Some(texts))
    }

    fn engine_version(&mut self, node: &Node) -> Read<Item> {
        self.item = "required_engine_version".to_owned();
        self.unknown_keys(node, &["required_engine_version"]);
        let (text, value) = self.required(node, "required_engine_version")?;
        if let Ok(number) = text.parse::<u64>() {
            return Ok(Item::EngineVersion { version: [0, number, 0], place: value.place });
        }
        match version(text) {
            Some(version) => Ok(Item::EngineVersion { version, place: value.place }),
            None => self.invalid(
                value.place,
                format!("Unable to parse engine version '{text}' as a semver string. Expected \"x.y.z\" semver format."),
            ),
        }
    }

    fn plugin_versions(&mut self, node: &Node) -> Read<Item> {
        self.item = "required_plugin_versions".to_owned();
        let Some(value) = node.get("required_plugin_versions") else { return Err(Rejected) };
        let Some(entries) = value.sequence() else {
            return self.invalid(value.place, "Value of required_plugin_versions must be a sequence");
        };
        let mut all = Vec::new();
        for entry in entries {
            let name = self.required(entry, "name")?.0.to_owned();
            let version = self.required(entry, "version")?.0.to_owned();
            all.push((name, version));
            for other in entry.get("alternatives").and_then(|node| node.sequence()).unwrap_or(&[]) {
                let name = self.required(other, "name")?.0.to_owned();
                let version = self.required(other, "version")?.0.to_owned();
                all.push((name, version));
            }
        }
        Ok(Item::PluginVersions { alternatives: all, place: value.place })
    }

    /// `append: true`, which is deprecated.
    fn append(&mut self, node: &Node) -> Read<bool> {
        let is_append = self.boolean(node, "append")?.unwrap_or(false);
        if let Some(value) = node.get("append") {
            self.warn(
                Code::DeprecatedItem,
                value.place,
                "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.",
                Some("write `override: {condition: append}`"),
            );
        }
        Ok(is_append)
    }

    fn overrides(&mut self, node: &Node) -> Read<BTreeMap<String, Change>> {
        let mut changes = BTreeMap::new();
        let Some(value) = node.get("override") else { return Ok(changes) };
        for (key, change) in value.mapping().unwrap_or(&[]) {
            let name = key.scalar().unwrap_or("").to_owned();
            let change = match change.scalar() {
                Some("append") => Change::Append,
                Some("replace") => Change::Replace,
                other => {
                    let message = format!(
                        "Invalid override operation for key '{name}': '{}'. Allowed values are: append replace",
                        other.unwrap_or("")
                    );
                    return self.invalid(change.place, message);
                }
            };
            changes.insert(name, change);
        }
        Ok(changes)
    }

    /// What `append` and `override` ask for the one key of a list or macro.
    fn change(&mut self, node: &Node, key: &str) -> Read<Option<Change>> {
        let is_append = self.append(node)?;
        let overrides = self.overrides(node)?;
        if is_append && !overrides.is_empty() {
            return self.invalid(node.place, APPEND_AND_OVERRIDE);
        }
        if let Some(other) = overrides.keys().find(|name| *name != key) {
            return self.invalid(node.place, format!("Key '{other}' cannot be overridden here"));
        }
        Ok(if is_append { Some(Change::Append) } else { overrides.get(key).copied() })
    }

    fn list(&mut self, node: &Node) -> Read<Item> {
        self.item = "list".to_owned();
        let name = self.required(node, "list")?.0.to_owned();
        self.item = format!("list \"{name}\"");
        self.unknown_keys(node, &["list", "items", "append", "override"]);
        let is_valid = !name.is_empty()
            && !name
                .chars()
                .any(|c| c.is_ascii_whitespace() || matches!(c, '(' | ')' | '"' | '\'' | '=' | ','));
        if !is_valid {
            self.warn(
                Code::InvalidListName,
                node.place,
                "List has an invalid name. List names should match a regular expression: ([^()\"'[:space:]=,]+)",
                None,
            );
        }
        let change = self.change(node, "items")?;
        match self.texts(node, "items")? {
            Some(items) => Ok(Item::List { name, items, change, place: node.place }),
            None => self.invalid(node.place, "Item has no mapping for key 'items'"),
        }
    }

    fn macro_item(&mut self, node: &Node) -> Read<Item> {
        self.item = "macro".to_owned();
        let name = self.required(node, "macro")?.0.to_owned();
        self.item = format!("macro \"{name}\"");
        self.unknown_keys(node, &["macro", "condition", "append", "override"]);
        let is_valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_valid {
            self.warn(
                Code::InvalidMacroName,
                node.place,
                "Macro has an invalid name. Macro names should match a regular expression: ([a-zA-Z]+[a-zA-Z0-9_]*)",
                None,
            );
        }
        self.required(node, "condition")?;
        let change = self.change(node, "condition")?;
        let condition = self.traced(node, "condition")?.unwrap_or_default();
        Ok(Item::Macro { name, condition, change, place: node.place })
    }

    fn rule(&mut self, node: &Node) -> Read<Item> {
        self.item = "rule".to_owned();
        let name = self.required(node, "rule")?.0.to_owned();
        self.item = format!("rule \"{name}\"");
        self.unknown_keys_of_rule(node);
        let mut rule = RuleItem { name, place: node.place, ..RuleItem::default() };
        rule.is_append = self.append(node)?;
        rule.overrides = self.overrides(node)?;
        if rule.is_append && !rule.overrides.is_empty() {
            return self.invalid(node.place, APPEND_AND_OVERRIDE);
        }
        self.check_overrides(node, &rule.overrides)?;
        let is_whole = !rule.is_append && rule.overrides.is_empty();
        let has_any = ["condition", "output", "desc", "priority"].iter().any(|key| node.get(key).is_some());
        rule.is_switch = is_whole && !has_any && node.get("enabled").is_some();
        if rule.is_switch {
            self.warn(
                Code::DeprecatedItem,
                node.place,
                "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace').",
                Some("write `override: {enabled: replace}`"),
            );
        } else if is_whole {
            for key in ["condition", "output", "desc", "priority"] {
                self.required(node, key)?;
            }
        }
        self.rule_values(node, &mut rule)?;
        Ok(Item::Rule(Box::new(rule)))
    }

    fn unknown_keys_of_rule(&mut self, node: &Node) {
        // Keys that `override` names are judged there.
        let overridden: Vec<&str> = node
            .get("override")
            .and_then(|node| node.mapping())
            .unwrap_or(&[])
            .iter()
            .filter_map(|(key, _)| key.scalar())
            .collect();
        let mut known = RULE_KEYS.to_vec();
        known.extend(overridden);
        self.unknown_keys(node, &known);
    }

    fn check_overrides(&mut self, node: &Node, overrides: &BTreeMap<String, Change>) -> Read<()> {
        if overrides.is_empty() {
            return Ok(());
        }
        let place = node.get("override").map_or(node.place, |value| value.place);
        for (key, change) in overrides {
            let key = key.as_str();
            if *change == Change::Append && !APPENDABLE.contains(&key) {
                let message = if REPLACEABLE.contains(&key) {
                    format!("Key '{key}' cannot be appended to, use 'replace' instead")
                } else {
                    format!("Key '{key}' cannot be appended to")
                };
                return self.invalid(place, message);
            }
            if *change == Change::Replace && !REPLACEABLE.contains(&key) {
                return self.invalid(place, format!("Key '{key}' cannot be replaced"));
            }
            if node.get(key).is_none() {
                return self.invalid(
                    place,
                    format!("An 'override' for key '{key}' was specified but '{key}' is not defined"),
                );
            }
        }
        for (key, _) in node.mapping().unwrap_or(&[]) {
            let name = key.scalar().unwrap_or("");
            let is_stray = RULE_KEYS.contains(&name)
                && !matches!(name, "rule" | "override" | "append")
                && !overrides.contains_key(name);
            if is_stray {
                return self.invalid(
                    key.place,
                    format!("Unexpected key '{name}': no corresponding entry under 'override' is defined."),
                );
            }
        }
        Ok(())
    }

    fn rule_values(&mut self, node: &Node, rule: &mut RuleItem) -> Read<()> {
        rule.condition = self.traced(node, "condition")?;
        rule.output = self.traced(node, "output")?;
        rule.desc = self.text(node, "desc")?.map(|(text, _)| text.to_owned());
        if let Some((text, value)) = self.text(node, "priority")? {
            match text.parse() {
                Ok(priority) => rule.priority = Some(priority),
                Err(_) => {
                    return self.fail(
                        Code::ErrYamlValidate,
                        value.place,
                        format!("Invalid priority '{text}'"),
                        Some("use one of EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFORMATIONAL, DEBUG"),
                    );
                }
            }
        }
        rule.source = self.text(node, "source")?.map(|(text, _)| text.to_owned());
        rule.enabled = self.boolean(node, "enabled")?;
        rule.tags = self.texts(node, "tags")?;
        rule.warn_evttypes = self.boolean(node, "warn_evttypes")?;
        rule.skip_if_unknown_filter = self.boolean(node, "skip-if-unknown-filter")?;
        rule.capture = self.boolean(node, "capture")?;
        rule.capture_duration_ms = self.number(node, "capture_duration")?;
        if let Some(value) = node.get("exceptions")
            && !value.is_null()
        {
            let is_appended = rule.is_append || rule.overrides.get("exceptions") == Some(&Change::Append);
            rule.exceptions = Some(read_exceptions(self, value, is_appended)?);
        }
        Ok(())
    }
}

/// `x.y.z`.
pub(crate) fn version(text: &str) -> Option<[u64; 3]> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    let version = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(version)
}
