//! What the reader has to know of each event code, in one byte-sized look-up.

use std::sync::LazyLock;

use event::{Direction, EVENTS, EventCode};

/// Facts of one row of the event table.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meta {
    /// Number of parameters today.
    pub(crate) param_count: u8,
    /// The converter has to look at it (libs: `EF_CONVERTER_MANAGED`).
    pub(crate) is_managed: bool,
    /// Only found in old captures.
    pub(crate) is_old: bool,
    /// An enter event.
    pub(crate) is_enter: bool,
    /// Lengths of parameters are `u32` instead of `u16` (libs: `EF_LARGE_PAYLOAD`).
    pub(crate) is_large: bool,
    /// Rules and filters see it. Enter events that are left, and what a scan of the kernel's
    /// tables told, only change state.
    pub(crate) is_returned: bool,
    /// At the beginning of a capture it belongs to the start state.
    pub(crate) tells_start: bool,
}

impl Meta {
    /// The facts of a code; `None` outside the table.
    pub(crate) fn of(code: EventCode) -> Option<Meta> {
        TABLE.get(usize::from(code.0)).copied()
    }
}

static TABLE: LazyLock<Vec<Meta>> = LazyLock::new(|| {
    EVENTS
        .iter()
        .map(|row| {
            let is_enter = row.direction == Direction::Enter;
            Meta {
                param_count: u8::try_from(row.params.len()).unwrap_or(u8::MAX),
                is_managed: row.flags.contains(&"EF_CONVERTER_MANAGED"),
                is_old: row.old_version,
                is_enter,
                is_large: row.flags.contains(&"EF_LARGE_PAYLOAD"),
                is_returned: !is_enter
                    || !row.categories.iter().any(|category| ["EC_SYSCALL", "EC_ITER"].contains(category)),
                tells_start: tells_start(row.id),
            }
        })
        .collect()
});

/// Events that libsinsp takes into its state before it hands on the first event, when they stand
/// at the beginning of a capture. They count in `evt.num`.
fn tells_start(id: &str) -> bool {
    ["PPME_CONTAINER_", "PPME_USER_", "PPME_GROUP_", "PPME_ASYNCEVENT_"]
        .iter()
        .any(|start| id.starts_with(start))
}
