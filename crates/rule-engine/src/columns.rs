//! Values of chosen fields at each event: how captures are printed as tables.

use event::FieldSource;
use rule_compiler::{Format, Operand, Part};
use serde_json::{Map, Value};

use crate::render;

/// Fields in the order in which they are printed.
#[derive(Debug, Clone)]
pub struct Columns {
    fields: Vec<(String, Operand)>,
}

impl Columns {
    /// Parses names as outputs have them, with an argument in brackets where there is one.
    ///
    /// # Errors
    /// The first name that is no field, and why.
    pub fn parse<'t>(names: impl IntoIterator<Item = &'t str>) -> Result<Columns, String> {
        let fields = names.into_iter().map(|name| {
            let name = name.trim().trim_start_matches('%');
            let format = Format::parse(&format!("%{name}"))?;
            match <[Part; 1]>::try_from(format.parts) {
                Ok([Part::Value { operand, .. }]) => Ok((name.to_owned(), operand)),
                _ => Err(format!("{name:?} is not one field name, such as proc.name")),
            }
        });
        Ok(Columns { fields: fields.collect::<Result<_, String>>()? })
    }

    /// One object: a missing value is null, numbers stay numbers.
    pub fn row<S: FieldSource>(&self, source: &S) -> Value {
        let values = self.fields.iter().map(|(name, operand)| {
            (name.clone(), render::operand_json(operand, source, render::Style::default()))
        });
        Value::Object(values.collect::<Map<_, _>>())
    }
}
