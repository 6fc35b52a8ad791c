//! Labels of all rows of a segment as numbers, resolved as a pipeline would: the stream's label,
//! else the field of the line, else structured metadata.

use std::collections::HashMap;

use log_record::{LabelMatcher, LabelTest, ReadError};

use super::{column::NULL, group::Group, index::SegmentIndex, metadata};

/// Values of labels and their numbers; 0 is the empty text.
#[derive(Debug)]
pub(crate) struct LabelValues {
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
}

/// The label of a row that only its line tells.
pub(crate) const UNKNOWN: u32 = u32::MAX;

const PENDING: u32 = u32::MAX - 1;

impl Default for LabelValues {
    fn default() -> Self {
        LabelValues { texts: vec![String::new()], numbers: HashMap::from([(String::new(), 0)]) }
    }
}

impl LabelValues {
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    pub(crate) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", String::as_str)
    }

    /// For each number whether its text passes.
    pub(super) fn passing(&self, test: &LabelTest) -> Vec<bool> {
        let matcher = LabelMatcher { name: String::new(), operator: test.operator.clone() };
        self.texts.iter().map(|text| matcher.matches_value(text)).collect()
    }
}

/// Whether the label is that of the stream in every row, for these streams.
pub(crate) fn is_of_stream(index: &SegmentIndex, name: &str, is_parsed: bool, wanted: &[bool]) -> bool {
    let Some(layout) = &index.layout else { return false };
    let may_be_else = (is_parsed && layout.fields.contains_key(name))
        || layout.metadata_names.as_ref().is_none_or(|names| names.iter().any(|known| known == name));
    let mut streams = index.streams.iter().zip(wanted).filter(|(_, wanted)| **wanted);
    !may_be_else || streams.all(|(entry, _)| entry.stream.labels.get(name).is_some())
}

/// The label of every row; [`UNKNOWN`] for lines that are kept whole. None when it cannot be told
/// from columns.
pub(crate) fn numbers(
    group: Group<'_>,
    index: &SegmentIndex,
    (name, is_parsed): (&str, bool),
    values: &mut LabelValues,
) -> Result<Option<Vec<u32>>, ReadError> {
    let all = 0..group.layout.pages();
    let of_stream: Vec<u32> = index
        .streams
        .iter()
        .map(|entry| entry.stream.labels.get(name).map_or(PENDING, |value| values.number(value)))
        .collect();
    let mut numbers: Vec<u32> = if of_stream.iter().all(|number| *number == PENDING) {
        vec![PENDING; group.layout.rows as usize]
    } else {
        let own = group.streams(all.clone())?;
        own.iter().map(|stream| of_stream.get(*stream as usize).copied().unwrap_or(0)).collect()
    };
    if !of_stream.contains(&PENDING) {
        return Ok(Some(numbers));
    }
    if is_parsed {
        if let Some(places) = group.layout.fields.get(name) {
            if places.in_templates {
                return Ok(None);
            }
            for column in &places.columns {
                let data = group.values(*column, all.clone())?;
                let of_code: Vec<u32> =
                    (0..data.values.len()).map(|code| values.number(data.values.get(code))).collect();
                fill(&mut numbers, &data.codes, &of_code);
            }
        }
        if group.layout.whole_lines > 0 {
            let templates = group.template_codes(all.clone())?;
            for (number, template) in numbers.iter_mut().zip(templates) {
                if template == 0 && *number == PENDING {
                    *number = UNKNOWN;
                }
            }
        }
    }
    let names = group.layout.metadata_names.as_ref();
    if names.is_none_or(|names| names.iter().any(|known| known == name)) {
        let data = group.metadata_texts(all)?;
        let mut of_code = Vec::with_capacity(data.values.len());
        for code in 0..data.values.len() {
            let pairs = metadata::decode(data.values.get(code)).unwrap_or_default();
            // Of a name that comes twice the last one counts.
            let found = pairs.iter().rev().find(|(known, _)| known == name);
            of_code.push(found.map_or(PENDING, |(_, value)| values.number(value)));
        }
        fill(&mut numbers, &data.codes, &of_code);
    }
    numbers.iter_mut().filter(|number| **number == PENDING).for_each(|number| *number = 0);
    Ok(Some(numbers))
}

/// Sets what is still open and has a code.
fn fill(numbers: &mut [u32], codes: &[u32], of_code: &[u32]) {
    for (number, code) in numbers.iter_mut().zip(codes) {
        if *number == PENDING && *code != NULL {
            *number = of_code.get(*code as usize).copied().unwrap_or(PENDING);
        }
    }
}
