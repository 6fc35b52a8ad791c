//! Finds structs, enums, constants and functions in Rust text, and takes them apart.
//!
//! Knows rustfmt's layout and the house's rules for `Config` structs, not Rust's grammar.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

/// All files of all crates.
pub(super) struct Sources {
    /// Crate, then file below its `src`, then text.
    crates: BTreeMap<String, BTreeMap<PathBuf, String>>,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Struct,
    Enum,
}

/// A struct or enum and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) name: String,
    crate_name: String,
    /// Text of the whole file.
    pub(super) file: String,
    /// Doc comments and attributes above it.
    pub(super) head: String,
    /// Between its braces.
    body: String,
}

/// A field of a struct.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) doc: String,
}

impl Sources {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let mut crates = BTreeMap::new();
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let src = entry.path().join("src");
            let mut files = BTreeMap::new();
            if src.is_dir() {
                read_below(&src, &src, &mut files)?;
            }
            crates.insert(entry.file_name().to_string_lossy().into_owned(), files);
        }
        Ok(Sources { crates })
    }

    /// The struct or enum of that name in a crate, or in one of its folders. Of several the one
    /// nearest to the crate's root is meant.
    pub(super) fn item(&self, crate_name: &str, folder: Option<&str>, name: &str) -> Result<Item> {
        let files = self.crates.get(crate_name).with_context(|| format!("there is no crate {crate_name}"))?;
        let mut found: Vec<(usize, Item)> = Vec::new();
        for (path, text) in files {
            if folder.is_none_or(|folder| path.starts_with(folder))
                && let Some(item) = item_in(text, crate_name, name)
            {
                found.push((path.components().count(), item));
            }
        }
        found.sort_by_key(|(depth, _)| *depth);
        let place = folder.map_or(crate_name.to_owned(), |folder| format!("{crate_name}/src/{folder}"));
        match found.as_slice() {
            [(first, _), (second, _), ..] if first == second => {
                bail!("{place} has several items {name} at the same depth")
            }
            [(_, item), ..] => Ok(item.clone()),
            [] => bail!("the struct or enum {name} is not found in {place}"),
        }
    }

    /// The item that a type in `user` means; `None` for the types that need no explanation.
    pub(super) fn type_of(&self, user: &Item, kind: &str) -> Result<Option<Item>> {
        const PLAIN: &[&str] = &["bool", "u8", "u16", "u32", "u64", "usize", "f64"];
        const STANDARD: &[&str] = &["String", "PathBuf", "SocketAddr"];
        if PLAIN.contains(&kind) || STANDARD.contains(&kind) || kind.starts_with("BTreeMap<") {
            return Ok(None);
        }
        let (path, name) = kind.rsplit_once("::").unwrap_or(("", kind));
        let first = path.split("::").next().unwrap_or_default();
        let as_crate = first.replace('_', "-");
        if self.crates.contains_key(&as_crate) {
            return self.item(&as_crate, None, name).map(Some);
        }
        if !path.is_empty() {
            return self.item(&user.crate_name, Some(first), name).map(Some);
        }
        if let Some(item) = item_in(&user.file, &user.crate_name, name) {
            return Ok(Some(item));
        }
        if let Ok(item) = self.item(&user.crate_name, None, name) {
            return Ok(Some(item));
        }
        let import = user.file.lines().find(|line| {
            let is_part = |next: char| !(next.is_alphanumeric() || next == '_');
            line.starts_with("use ") && line.split(is_part).any(|word| word == name)
        });
        let used = import.and_then(|line| line.trim_start_matches("use ").split("::").next());
        let used = used.with_context(|| format!("{name} is neither in the crate nor imported"))?;
        self.item(&used.replace('_', "-"), None, name).map(Some)
    }

    /// The expression of a constant in a crate.
    pub(super) fn constant(&self, user: &Item, name: &str) -> Option<String> {
        let start = format!("const {name}: ");
        self.crates.get(&user.crate_name)?.values().find_map(|text| {
            let rest = text.split_once(start.as_str())?.1;
            let value = rest.split_once(" = ")?.1;
            Some(value.split_once(';')?.0.to_owned())
        })
    }
}

impl Item {
    pub(super) fn doc(&self) -> String {
        docs(&self.head)
    }

    /// Public fields in their order, without those the file cannot set.
    pub(super) fn fields(&self) -> Result<Vec<Field>> {
        let mut fields = Vec::new();
        let mut head = String::new();
        for line in self.body.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if line.starts_with("//") || line.starts_with("#[") {
                head.push_str(line);
                head.push('\n');
                continue;
            }
            let bare = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub "));
            let field = bare.and_then(|bare| bare.strip_suffix(',')?.split_once(": "));
            let (name, kind) =
                field.with_context(|| format!("{}: the line {line:?} is no field", self.name))?;
            if !head.contains("#[serde(skip") {
                let own = head.split_once("#[serde(rename = \"").and_then(|(_, rest)| rest.split('"').next());
                let name = own.unwrap_or(name).to_owned();
                fields.push(Field { name, kind: kind.to_owned(), doc: docs(&head) });
            }
            head.clear();
        }
        Ok(fields)
    }

    /// Names of the variants as they stand in the file.
    pub(super) fn variants(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for (variant, own) in self.raw_variants() {
            names.push(self.renamed(&variant, own.as_deref())?);
        }
        Ok(names)
    }

    /// How a variant stands in the file.
    pub(super) fn variant(&self, name: &str) -> Result<String> {
        let own = self.raw_variants().into_iter().find(|(variant, _)| variant == name);
        let (variant, own) = own.with_context(|| format!("{} has no variant {name}", self.name))?;
        self.renamed(&variant, own.as_deref())
    }

    /// The variant marked `#[default]`.
    pub(super) fn default_variant(&self) -> Option<String> {
        let rest = self.body.split_once("#[default]")?.1;
        Some(rest.trim_start().split([',', '(', '{', ' ']).next()?.to_owned())
    }

    fn raw_variants(&self) -> Vec<(String, Option<String>)> {
        let mut own = None;
        let mut variants = Vec::new();
        for line in self.body.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("#[serde(rename = \"") {
                own = name.split('"').next().map(str::to_owned);
            } else if line.starts_with(|first: char| first.is_ascii_uppercase()) {
                let name = line.split([',', ' ', '(', '{']).next().unwrap_or(line);
                variants.push((name.to_owned(), own.take()));
            }
        }
        variants
    }

    fn renamed(&self, variant: &str, own: Option<&str>) -> Result<String> {
        if let Some(own) = own {
            return Ok(own.to_owned());
        }
        let rule = self.head.split_once("rename_all = \"").and_then(|(_, rest)| rest.split('"').next());
        let joined = |by: char| {
            let mut out = String::new();
            for letter in variant.chars() {
                if letter.is_ascii_uppercase() && !out.is_empty() {
                    out.push(by);
                }
                out.push(letter.to_ascii_lowercase());
            }
            out
        };
        Ok(match rule {
            None => variant.to_owned(),
            Some("lowercase") => variant.to_lowercase(),
            Some("UPPERCASE") => variant.to_uppercase(),
            Some("snake_case") => joined('_'),
            Some("kebab-case") => joined('-'),
            Some(other) => bail!("{}: rename_all = {other:?} is not known here", self.name),
        })
    }
}

/// The text up to the bracket that closes the one before it; texts and comments are skipped.
pub(super) fn until_closed(text: &str) -> Option<&str> {
    let mut depth = 1_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let opaque = opaque_bytes(rest);
        if opaque > 0 {
            at += opaque;
            continue;
        }
        let letter = rest.chars().next()?;
        match letter {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return text.get(..at);
        }
        at += letter.len_utf8();
    }
    None
}

/// Bytes of the text literal or comment that stands at the start; 0 when neither does.
pub(super) fn opaque_bytes(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    let Some(inside) = text.strip_prefix('"') else { return 0 };
    let mut is_escaped = false;
    for (at, letter) in inside.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 2,
            _ => {}
        }
    }
    text.len()
}

fn item_in(text: &str, crate_name: &str, name: &str) -> Option<Item> {
    let mut head = String::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        offset += line.len();
        if line.starts_with("///") || line.starts_with("#[") {
            head.push_str(line);
            continue;
        }
        let bare = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub ")).unwrap_or("");
        for (word, kind) in [("struct ", Kind::Struct), ("enum ", Kind::Enum)] {
            if bare.strip_prefix(word).and_then(|rest| rest.strip_suffix(" {\n")) == Some(name) {
                let body = until_closed(text.get(offset..)?)?.to_owned();
                let (file, crate_name) = (text.to_owned(), crate_name.to_owned());
                return Some(Item { kind, name: name.to_owned(), crate_name, file, head, body });
            }
        }
        head.clear();
    }
    None
}

/// Doc comment lines as one paragraph.
fn docs(head: &str) -> String {
    let lines = head.lines().filter_map(|line| line.trim().strip_prefix("///"));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

fn read_below(root: &Path, folder: &Path, into: &mut BTreeMap<PathBuf, String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            read_below(root, &path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            into.insert(path.strip_prefix(root)?.to_path_buf(), text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "use other::Level;\n\n/// The {whole} file.\n#[derive(Debug)]\npub struct Config {\n    \
                        /// A folder.\n    /// Made when \"absent.\n    pub dir: PathBuf,\n    #[serde(skip)]\n    \
                        pub probe: Probe,\n    /// How bad.\n    pub level: Level,\n}\n";
    const OTHER: &str = "/// How bad.\n#[serde(rename_all = \"kebab-case\")]\npub enum Level {\n    /// Fine.\n    \
                         #[default]\n    NotBad,\n    #[serde(rename = \"BAD\")]\n    Bad,\n}\n";

    fn sources() -> Sources {
        let one = |text: &str| BTreeMap::from([(PathBuf::from("config.rs"), text.to_owned())]);
        Sources { crates: BTreeMap::from([("own".to_owned(), one(TEXT)), ("other".to_owned(), one(OTHER))]) }
    }

    #[test]
    fn fields_have_names_types_and_docs() {
        let config = sources().item("own", None, "Config").unwrap();
        assert_eq!(config.doc(), "The {whole} file.");
        let fields: Vec<_> = config.fields().unwrap().into_iter().map(|f| (f.name, f.kind, f.doc)).collect();
        let expected = [("dir", "PathBuf", "A folder. Made when \"absent."), ("level", "Level", "How bad.")];
        assert_eq!(fields, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    }

    #[test]
    fn enums_of_other_crates_are_named_as_in_the_file() {
        let sources = sources();
        let config = sources.item("own", None, "Config").unwrap();
        let level = sources.type_of(&config, "Level").unwrap().unwrap();
        assert_eq!(level.variants().unwrap(), ["not-bad", "BAD"]);
        assert_eq!(level.default_variant().as_deref(), Some("NotBad"));
    }

    #[test]
    fn what_is_not_found_is_named() {
        let check = |result: Result<Option<Item>>, expected: &str| {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let sources = sources();
        let config = sources.item("own", None, "Config").unwrap();
        check(sources.type_of(&config, "Missing"), "Missing is neither in the crate nor imported");
        check(sources.type_of(&config, "other::Missing"), "Missing is not found in other");
        check(sources.type_of(&config, "folder::Config"), "Config is not found in own/src/folder");
        check(sources.item("nosuch", None, "Config").map(Some), "no crate nosuch");
    }
}
