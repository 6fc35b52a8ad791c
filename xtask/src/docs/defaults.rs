//! The default of a field: the text of `impl Default`, as a user would write it in YAML.

use anyhow::{Context as _, Result, bail};

use super::source::{Field, Item, Kind, Sources, opaque_bytes, until_closed};

/// A default.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting {
    /// There is none: the key must be given.
    Required,
    /// Absent unless given.
    None,
    Number(u64),
    /// YAML.
    Value(String),
    /// YAML of each item.
    List(Vec<String>),
}

/// What a key is when the file does not name it.
pub(super) fn of(sources: &Sources, item: &Item, field: &Field) -> Result<Setting> {
    if item.head.contains("derive(") && has_derived_default(item) {
        return of_type(sources, item, &field.kind);
    }
    let Some(body) = default_body(item) else { return Ok(Setting::Required) };
    let reader = Reader { sources, item, body };
    let marker = format!("        {} {{", item.name);
    let literal = body.split_once(marker.as_str()).map(|(_, rest)| rest).and_then(until_closed);
    let literal = literal.with_context(|| format!("{}: no literal in impl Default", item.name))?;
    for part in split(literal) {
        let (name, value) = part.split_once(':').map_or((part, part), |(name, value)| (name, value.trim()));
        if name.trim() == field.name {
            return reader.read(value, &field.kind);
        }
    }
    bail!("impl Default of {} does not name {}", item.name, field.name)
}

fn has_derived_default(item: &Item) -> bool {
    let derives = item.head.split_once("derive(").and_then(|(_, rest)| rest.split(')').next());
    derives.is_some_and(|list| list.split(',').any(|name| name.trim() == "Default"))
}

/// What `Default::default()` of a type is.
fn of_type(sources: &Sources, item: &Item, kind: &str) -> Result<Setting> {
    Ok(match kind {
        "bool" => Setting::Value("false".to_owned()),
        "u8" | "u16" | "u32" | "u64" | "usize" => Setting::Number(0),
        "String" | "PathBuf" => Setting::Value("\"\"".to_owned()),
        _ if kind.starts_with("Option<") => Setting::None,
        _ if kind.starts_with("Vec<") => Setting::List(Vec::new()),
        _ if kind.starts_with("BTreeMap<") => Setting::Value("{}".to_owned()),
        _ => match sources.type_of(item, kind)? {
            Some(item) if item.kind == Kind::Enum => {
                let variant = item.default_variant();
                let variant = variant.with_context(|| format!("{kind} marks no default variant"))?;
                Setting::Value(item.variant(&variant)?)
            }
            _ => bail!("no default is known for {kind}"),
        },
    })
}

/// Body of `impl Default for` the item.
fn default_body(item: &Item) -> Option<&str> {
    let start = format!("impl Default for {} {{", item.name);
    item.file.split_once(start.as_str()).and_then(|(_, rest)| until_closed(rest))
}

/// Reads expressions of one `impl Default`.
struct Reader<'s> {
    sources: &'s Sources,
    item: &'s Item,
    body: &'s str,
}

impl Reader<'_> {
    fn read(&self, value: &str, kind: &str) -> Result<Setting> {
        let value = value.trim();
        if value == "None" {
            return Ok(Setting::None);
        }
        if value == "Default::default()"
            || ["::default()", "::new()"]
                .iter()
                .any(|end| value.strip_suffix(end).is_some_and(|name| kind.split('<').next() == Some(name)))
        {
            return of_type(self.sources, self.item, kind);
        }
        if let Some(items) = self.items(value)? {
            return Ok(Setting::List(items));
        }
        if let Some(number) = number(value) {
            return Ok(Setting::Number(number));
        }
        self.yaml(value).map(Setting::Value)
    }

    /// The items of `vec![…]`, `[…]`, or of a `let` that holds such.
    fn items(&self, value: &str) -> Result<Option<Vec<String>>> {
        let inner = value.strip_prefix("vec![").or_else(|| value.strip_prefix('[')).and_then(until_closed);
        if let Some(inner) = inner {
            return split(inner).into_iter().map(|item| self.yaml(item)).collect::<Result<_>>().map(Some);
        }
        let name = value.split('.').next().unwrap_or(value);
        match self.local(name) {
            Some(held) => self.items(held),
            None => Ok(None),
        }
    }

    /// One value that is no number.
    fn yaml(&self, value: &str) -> Result<String> {
        let value = value.trim();
        if let "true" | "false" = value {
            return Ok(value.to_owned());
        }
        let bare = value.strip_prefix("PathBuf::from(").and_then(|rest| rest.strip_suffix(')'));
        let bare = bare.unwrap_or(value);
        let bare = [".to_owned()", ".into()", ".to_string()"]
            .iter()
            .find_map(|end| bare.strip_suffix(end))
            .unwrap_or(bare);
        if let Some(text) = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            return Ok(if text.is_empty() { "\"\"".to_owned() } else { text.to_owned() });
        }
        let local = "SocketAddr::from((Ipv4Addr::LOCALHOST, ";
        if let Some(port) = bare.strip_prefix(local).and_then(|rest| rest.strip_suffix("))")) {
            return Ok(format!("127.0.0.1:{port}"));
        }
        let anywhere = "SocketAddr::from((Ipv6Addr::UNSPECIFIED, ";
        if let Some(port) = bare.strip_prefix(anywhere).and_then(|rest| rest.strip_suffix("))")) {
            return Ok(format!("[::]:{port}"));
        }
        if bare.starts_with(|first: char| first.is_ascii_uppercase())
            && let Some((name, variant)) = bare.split_once("::")
        {
            let named = self.sources.type_of(self.item, name)?;
            return named.with_context(|| format!("{name} is no enum"))?.variant(variant);
        }
        if let Some(constant) = self.sources.constant(self.item, bare) {
            let digits = constant.replace('_', "");
            if digits.parse::<u64>().is_ok() {
                return Ok(digits);
            }
            return self.yaml(&constant);
        }
        if let Some((name, arguments)) = bare.split_once('(')
            && let Some(closure) = self.local(name)
        {
            return self.call(closure, arguments.strip_suffix(')').unwrap_or(arguments));
        }
        bail!("{value:?} is not understood: write it plainer, or teach xtask/src/docs/defaults.rs")
    }

    /// A struct made by a local closure: `{path: /a, runtime: docker}`.
    fn call(&self, closure: &str, arguments: &str) -> Result<String> {
        let names = closure.strip_prefix('|').and_then(|rest| rest.split('|').next());
        let names = names.with_context(|| format!("{closure:?} is no closure"))?;
        let mut out = Vec::new();
        for (name, argument) in split(names).into_iter().zip(split(arguments)) {
            let name = name.split(':').next().unwrap_or(name);
            out.push(format!("{name}: {}", self.yaml(argument)?));
        }
        Ok(format!("{{{}}}", out.join(", ")))
    }

    /// The expression of a `let` in the function.
    fn local(&self, name: &str) -> Option<&str> {
        let start = format!("let {name} = ");
        let rest = self.body.split_once(start.as_str())?.1;
        rest.split_once(";\n").map(|(value, _)| value)
    }
}

/// Parts between commas that stand in no bracket and no text, without comments.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(letter) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let next = at + letter.len_utf8();
        let opaque = opaque_bytes(text.get(at..).unwrap_or_default());
        match letter {
            _ if opaque > 0 => at += opaque,
            '{' | '(' | '[' => {
                at = next + text.get(next..).and_then(until_closed).map_or(0, str::len);
            }
            ',' => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = next;
                at = next;
            }
            _ => at = next,
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts.into_iter().map(without_comments).filter(|part| !part.is_empty()).collect()
}

/// Without the comment lines in front.
fn without_comments(part: &str) -> &str {
    let mut part = part.trim();
    while part.starts_with("//") {
        part = part.split_once('\n').map_or("", |(_, rest)| rest).trim();
    }
    part
}

/// `30_000`, `10 << 30`, `7 * 24 * 3600`.
fn number(value: &str) -> Option<u64> {
    if let Some((base, shift)) = value.split_once("<<") {
        return number(base)?.checked_shl(number(shift)?.try_into().ok()?);
    }
    value
        .split('*')
        .try_fold(1_u64, |product, factor| product.checked_mul(factor.trim().replace('_', "").parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_reckoned() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(number(text), expected, "{text}");
        check("30_000", Some(30_000));
        check("10 << 30", Some(10_737_418_240));
        check("7 * 24 * 3600", Some(604_800));
        check("SIZE", None);
    }

    #[test]
    fn parts_are_split_outside_of_brackets_and_texts() {
        let check = |text: &str, expected: &[&str]| assert_eq!(split(text), expected, "{text}");
        check("a: 1,\n// why, oh why\nb: f(1, 2),\n", &["a: 1", "b: f(1, 2)"]);
        check(r#""a,b", [1, (2)]"#, &[r#""a,b""#, "[1, (2)]"]);
        check("", &[]);
    }
}
