//! One way to write rule files: no blanks at line ends, one empty line between items, conditions
//! with one part a line. Comments, quotes and the order of keys stay as they are.
//!
//! Works on lines, since a YAML writer would lose the comments. A condition is only written anew
//! when the new text parses to the same tree.

use std::{fs, io::Write as _, path::Path};

use anyhow::{Context as _, Result};
use rule_compiler::RuleFile;
use rule_syntax::{Expr, ExprKind, Style, parse, print};

/// Longest line of a condition.
const COLUMNS: usize = 100;

/// The file's text in its formatted form.
pub(crate) fn format_file(file: &RuleFile) -> Result<String> {
    let lines: Vec<&str> = file.text.lines().map(str::trim_end).collect();
    let mut out: Vec<String> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let scalar = Scalar::at(&lines, at);
        match scalar {
            Some(scalar) if scalar.key == "condition" => {
                let old = lines.get(at..at + scalar.length).unwrap_or(&[]);
                match scalar.rewritten() {
                    Some(new) => out.extend(new),
                    None => out.extend(old.iter().map(|line| (*line).to_owned())),
                }
                at += scalar.length;
            }
            Some(scalar) => {
                out.extend(lines.iter().skip(at).take(scalar.length).map(|line| (*line).to_owned()));
                at += scalar.length;
            }
            None => {
                let is_second_blank = line.is_empty() && out.last().is_none_or(String::is_empty);
                if line.starts_with("- ") {
                    separate(&mut out);
                }
                if !is_second_blank {
                    out.push((*line).to_owned());
                }
                at += 1;
            }
        }
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    let mut text = out.join("\n");
    text.push('\n');
    anyhow::ensure!(
        means_the_same(&file.text, &text),
        "formatting would change what the file means; nothing is done"
    );
    Ok(text)
}

/// Puts an empty line before an item and the comments that belong to it.
fn separate(out: &mut Vec<String>) {
    let comments = out.iter().rev().take_while(|line| line.starts_with('#')).count();
    let at = out.len() - comments;
    let has_line = at == 0 || out.get(at - 1).is_none_or(|line| line.is_empty() || line == "---");
    if !has_line {
        out.insert(at, String::new());
    }
}

/// A key whose value goes over several lines, or a condition.
struct Scalar<'t> {
    key: &'t str,
    /// Up to the value: `  condition: `.
    head: &'t str,
    indent: usize,
    /// Blanks joined to one between lines.
    text: String,
    is_block: bool,
    is_quoted: bool,
    /// Lines, the first one included.
    length: usize,
}

impl<'t> Scalar<'t> {
    fn at(lines: &[&'t str], at: usize) -> Option<Scalar<'t>> {
        let line = *lines.get(at)?;
        let body = line.trim_start_matches([' ', '-']);
        let indent = line.len() - body.len();
        let (key, value) =
            body.split_once(':').filter(|(_, value)| value.is_empty() || value.starts_with(' '))?;
        if body.starts_with('#') || key.contains([' ', '"', '\'']) {
            return None;
        }
        let value = value.trim_start();
        let is_block = value.starts_with(['|', '>']);
        let is_quoted = value.starts_with(['"', '\'']);
        let is_collection = value.is_empty() || value.starts_with(['[', '{', '&', '*', '#']);
        if is_collection {
            return None;
        }
        let mut length = 1;
        let mut parts = if is_block { Vec::new() } else { vec![value.trim_end()] };
        while let Some(next) = lines.get(at + length) {
            let deep = next.len() - next.trim_start().len();
            if !next.is_empty() && (deep < indent || (deep == indent && !next.is_empty())) {
                break;
            }
            if !is_block && (next.is_empty() || next.trim_start().starts_with('#')) {
                break;
            }
            parts.push(next.trim());
            length += 1;
        }
        // Empty lines at the end of a block belong to what follows.
        while length > 1 && lines.get(at + length - 1).is_some_and(|line| line.is_empty()) {
            length -= 1;
        }
        if length == 1 && key != "condition" {
            return None;
        }
        let head = line.get(..indent + key.len())?;
        let text = parts.join(" ").trim().to_owned();
        Some(Scalar { key, head, indent, text, is_block, is_quoted, length })
    }

    /// The lines in their new form; `None` to leave them.
    fn rewritten(&self) -> Option<Vec<String>> {
        // A comment behind a plain value is not part of it; quotes have rules of their own.
        if self.is_quoted || (!self.is_block && self.text.contains(" #")) {
            return None;
        }
        let (expr, diagnostics) = parse(&self.text);
        if !diagnostics.is_empty() {
            return None;
        }
        let margin = " ".repeat(self.indent + 2);
        let mut lines = Vec::new();
        layout(&expr, &self.text, COLUMNS.saturating_sub(margin.len()), &mut lines)?;
        let (again, diagnostics) = parse(&lines.join(" "));
        if !diagnostics.is_empty() || print(&again, Style::Exact) != print(&expr, Style::Exact) {
            return None;
        }
        match lines.as_slice() {
            [only] if !self.is_block && only.len() + self.head.len() + 2 <= COLUMNS => {
                Some(vec![format!("{}: {only}", self.head)])
            }
            _ => {
                let mut out = vec![format!("{}: >", self.head)];
                out.extend(lines.into_iter().map(|line| format!("{margin}{line}")));
                Some(out)
            }
        }
    }
}

/// Lines of a condition, each no longer than `columns` where that can be.
fn layout(expr: &Expr, text: &str, columns: usize, out: &mut Vec<String>) -> Option<()> {
    let flat = flat(expr, text)?;
    let (children, word) = match &expr.kind {
        ExprKind::And(children) => (children, "and "),
        ExprKind::Or(children) => (children, "or "),
        _ => {
            out.push(flat);
            return Some(());
        }
    };
    if flat.len() <= columns && children.len() <= 2 {
        out.push(flat);
        return Some(());
    }
    for (index, child) in children.iter().enumerate() {
        let lead = if index == 0 { "" } else { word };
        let (not, inner) = match &child.kind {
            ExprKind::Not(inner) => ("not ", inner.as_ref()),
            _ => ("", child),
        };
        let is_group = matches!(inner.kind, ExprKind::And(_) | ExprKind::Or(_));
        let one_line = format!("{lead}{}", operand(child, text)?);
        if !is_group || one_line.len() <= columns {
            out.push(one_line);
            continue;
        }
        let mut inner_lines = Vec::new();
        layout(inner, text, columns.saturating_sub(2), &mut inner_lines)?;
        out.push(format!("{lead}{not}("));
        out.extend(inner_lines.into_iter().map(|line| format!("  {line}")));
        out.push(")".to_owned());
    }
    Some(())
}

/// On one line.
fn flat(expr: &Expr, text: &str) -> Option<String> {
    let joined = |children: &[Expr], word: &str| -> Option<String> {
        Some(children.iter().map(|child| operand(child, text)).collect::<Option<Vec<_>>>()?.join(word))
    };
    match &expr.kind {
        ExprKind::And(children) => joined(children, " and "),
        ExprKind::Or(children) => joined(children, " or "),
        ExprKind::Not(child) => Some(format!("not {}", operand(child, text)?)),
        ExprKind::Check(_) | ExprKind::Macro(_) => {
            text.get(expr.span.start..expr.span.end).map(|text| text.trim().to_owned())
        }
        ExprKind::Error => None,
    }
}

/// As part of a larger condition.
fn operand(expr: &Expr, text: &str) -> Option<String> {
    let inner = flat(expr, text)?;
    Some(if matches!(expr.kind, ExprKind::And(_) | ExprKind::Or(_)) { format!("({inner})") } else { inner })
}

/// Rules compile to the same, and the same is said of both texts.
fn means_the_same(old: &str, new: &str) -> bool {
    let compiled = |text: &str| {
        let file = RuleFile { name: String::new(), text: text.to_owned() };
        let (rules, report) = rule_compiler::compile(&[file], &rule_compiler::Options::default());
        let rules: Vec<String> = rules
            .rules()
            .iter()
            .map(|rule| {
                format!("{}\n{}\n{}\n{:?}", rule.name, rule.condition_compiled, rule.output, rule.tags)
            })
            .collect();
        let errors: Vec<String> = report.errors.iter().map(|problem| problem.message.clone()).collect();
        (rules, errors)
    };
    compiled(old) == compiled(new)
}

/// Puts new content in a file's place, whole or not at all.
pub(crate) fn replace_file(path: &Path, folder: &Path, text: &str) -> Result<()> {
    let name = path.file_name().context("not a file")?.to_string_lossy().into_owned();
    let beside = folder.join(format!(".{name}.quaywatch-fmt"));
    let mut file = fs::File::create(&beside).with_context(|| beside.display().to_string())?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(fs::metadata(path)?.permissions())?;
    file.sync_all()?;
    fs::rename(&beside, path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let file = RuleFile { name: "a.yaml".to_owned(), text: text.to_owned() };
        let once = format_file(&file).unwrap();
        assert_eq!(once, expected);
        let file = RuleFile { text: once.clone(), ..file };
        assert_eq!(format_file(&file).unwrap(), once, "a second time");
    }

    #[test]
    fn items_stand_apart_and_comments_stay() {
        check(
            "# head\n- list: a\n  items: [x]   \n# about b\n- list: b\n  items: [y] # why\n\n\n\n- macro: m\n  condition: proc.name in (a)  # because\n",
            "# head\n- list: a\n  items: [x]\n\n# about b\n- list: b\n  items: [y] # why\n\n- macro: m\n  condition: proc.name in (a)  # because\n",
        );
    }

    #[test]
    fn conditions_have_one_part_a_line() {
        check(
            "- macro: m\n  condition: >\n    evt.type=open and (fd.name startswith /a\n      or fd.name = \"/b  c\") and not  proc.name in (x)\n",
            "- macro: m\n  condition: >\n    evt.type=open\n    and (fd.name startswith /a or fd.name = \"/b  c\")\n    and not proc.name in (x)\n",
        );
        check(
            "- macro: m\n  condition: a and b\n- macro: a\n  condition: 'evt.num=0'\n",
            "- macro: m\n  condition: a and b\n\n- macro: a\n  condition: 'evt.num=0'\n",
        );
    }

    #[test]
    fn long_groups_are_broken() {
        let checks: Vec<String> = (0..12).map(|n| format!("proc.name = program-number-{n}")).collect();
        let text = format!(
            "- macro: m\n  condition: evt.type = open and ({}) and fd.num > 0\n",
            checks.join(" or ")
        );
        let file = RuleFile { name: "a.yaml".to_owned(), text };
        let formatted = format_file(&file).unwrap();
        assert!(
            formatted.contains("    and (\n      proc.name = program-number-0\n      or proc.name"),
            "{formatted}"
        );
        assert!(formatted.lines().all(|line| line.len() <= COLUMNS), "{formatted}");
    }
}
