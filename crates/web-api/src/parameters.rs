//! The query string of a request, read once and by name.

use crate::answer::ApiError;

/// Names and values, decoded, in their order.
pub(crate) struct Parameters(pub(crate) Vec<(String, String)>);

impl Parameters {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// An integer, or `None` where the parameter is absent or empty.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match self.get(name).filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| {
                ApiError::bad_request(
                    format!("{name} is not an integer"),
                    "times are milliseconds since 1970",
                )
            }),
        }
    }

    /// An integer within bounds; beyond them the bound.
    pub(crate) fn count(&self, name: &str, default: usize, max: usize) -> Result<usize, ApiError> {
        let asked = self.integer(name)?.map(|count| usize::try_from(count).unwrap_or(1));
        Ok(asked.unwrap_or(default).clamp(1, max))
    }
}
