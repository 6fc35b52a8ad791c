//! Output formats, compiled: texts and operands.

use rule_syntax::{FieldExpr, Left, Span, Token, parse_output};

use crate::{
    fields::{FieldRef, FieldTable},
    operand::Operand,
};

/// A compiled output format.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Format {
    /// Its parts in order.
    pub parts: Vec<Part>,
}

/// One part of an output.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Printed as it is.
    Text(String),
    /// A value.
    Value {
        /// Which one.
        operand: Operand,
        /// Pad or cut to this many characters.
        width: Option<usize>,
    },
}

impl Format {
    /// Compiles a format on its own: extra outputs and fields of a configuration.
    ///
    /// # Errors
    /// The first mistake, as a sentence.
    pub fn parse(text: &str) -> Result<Format, String> {
        let table = FieldTable { has_container_plugin: true, is_plain_filter: false };
        let (format, mistakes) = compile(text, table);
        match mistakes.into_iter().next() {
            None => Ok(format),
            Some(mistake) => Err(match mistake.help {
                Some(help) => format!("{} ({help})", mistake.message),
                None => mistake.message,
            }),
        }
    }

    /// Fields whose values an alert carries, each once: the ones printed, and the ones inside
    /// transformers.
    pub fn fields(&self) -> Vec<&FieldRef> {
        let mut fields: Vec<&FieldRef> = Vec::new();
        for part in &self.parts {
            if let Part::Value { operand, .. } = part {
                operand.fields(&mut |field| {
                    if !fields.iter().any(|known| known.text == field.text) {
                        fields.push(field);
                    }
                });
            }
        }
        fields
    }

    /// Names in the order they stand, as Falco lists a rule's output fields.
    pub(crate) fn field_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for part in &self.parts {
            if let Part::Value { operand, .. } = part {
                operand.fields(&mut |field| names.push(field.text.clone()));
                if matches!(operand, Operand::Transform { .. }) {
                    names.push(operand.text().to_owned());
                }
            }
        }
        names
    }
}

/// A mistake in a format.
pub(crate) struct FormatError {
    pub(crate) message: String,
    pub(crate) span: Span,
    pub(crate) help: Option<String>,
}

pub(crate) fn compile(text: &str, table: FieldTable) -> (Format, Vec<FormatError>) {
    let is_field = |name: &str, argument: Option<&str>| {
        let field =
            FieldExpr { name: name.to_owned(), argument: argument.map(str::to_owned), span: Span::default() };
        table.resolve(&field).is_ok()
    };
    let (parsed, diagnostics) = parse_output(text, &is_field);
    let mut errors: Vec<FormatError> = diagnostics
        .into_iter()
        .map(|diagnostic| {
            let name = diagnostic.message.rsplit(' ').next().unwrap_or("");
            let help = table.similar(name).map(|similar| format!("did you mean `%{similar}`?"));
            FormatError { message: diagnostic.message, span: diagnostic.span, help: help.or(diagnostic.help) }
        })
        .collect();
    let mut format = Format::default();
    for token in parsed.tokens {
        match token {
            Token::Text(text) => format.parts.push(Part::Text(text)),
            Token::Value { operand, width, span } => match lower(&operand, table) {
                Ok(operand) => format.parts.push(Part::Value { operand, width }),
                Err(error) => errors.push(FormatError { message: error.message, span, help: error.help }),
            },
        }
    }
    (format, errors)
}

fn lower(operand: &Left, table: FieldTable) -> Result<Operand, crate::operand::OperandError> {
    Operand::lower(operand, table)
}
