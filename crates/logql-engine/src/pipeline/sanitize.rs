//! Field names made into label names.

/// Appends `key` to `out` with everything but `[A-Za-z0-9_]` as `_`; a leading digit gets a `_`
/// before it when the name starts here.
pub(crate) fn push_name(out: &mut String, key: &str) {
    let key = key.trim();
    if out.is_empty() && key.starts_with(|first: char| first.is_ascii_digit()) {
        out.push('_');
    }
    for next in key.chars() {
        out.push(if next.is_ascii_alphanumeric() || next == '_' { next } else { '_' });
    }
}
