//! Templates of `line_format` and `label_format`: texts with `{{.label}}`.

use crate::{label_set::LabelSet, names::Names};

/// A parsed template.
#[derive(Debug)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
    fields: Vec<String>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Field(String),
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut template = Template { pieces: Vec::new(), fields: Vec::new() };
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            template.pieces.push(Piece::Text(before.to_owned()));
            let (action, after) = after.split_once("}}").ok_or("template: line:1: unclosed action")?;
            let field = action.trim().strip_prefix('.').ok_or("template: line:1: unsupported action")?;
            template.fields.push(field.to_owned());
            template.pieces.push(Piece::Field(field.to_owned()));
            rest = after;
        }
        template.pieces.push(Piece::Text(rest.to_owned()));
        Ok(template)
    }

    /// Labels the template reads.
    pub(crate) fn fields(&self) -> &[String] {
        &self.fields
    }

    pub(crate) fn render(
        &self,
        _line: &str,
        _timestamp_ns: i64,
        labels: &LabelSet,
        names: &Names,
    ) -> Result<String, String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Field(field) => {
                    if let Some(value) = names.known(field).and_then(|name| labels.get(name)) {
                        out.push_str(value);
                    }
                }
            }
        }
        Ok(out)
    }
}
