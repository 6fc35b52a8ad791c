//! How each old event becomes a newer one: facts of libs 0.25, one row an event code and number
//! of parameters. The rows stand in `files.rs`, `sockets.rs` and `processes.rs`.

use event::EventCode;

/// Where one parameter of the newer event comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// A parameter of the event itself.
    Old(u8),
    /// A parameter of the thread's stored enter event; the type's default without one.
    Enter(u8),
    /// The same; empty without one. Consumers take an empty parameter for a missing value.
    EnterOrEmpty(u8),
    /// The type's default: zeros, for ids all ones, nothing for texts.
    Zero,
    /// Nothing.
    Empty,
}

/// What to do with an event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action {
    /// Hand it on as it is.
    Pass,
    /// Keep it for its exit event.
    Store,
    /// Both.
    StoreAndPass,
    /// Append parameters.
    Add(&'static [Step]),
    /// Make an event of another code; its parameters are exactly these.
    Become(EventCode, &'static [Step]),
    /// Make a `container` event of four parameters the JSON of its successor.
    ContainerToJson,
}

/// A row: code, number of parameters, action.
pub(crate) type Row = (EventCode, u8, Action);

/// The action for an event of this code with this number of parameters.
pub(crate) fn action(code: EventCode, param_count: usize) -> Option<Action> {
    let param_count = u8::try_from(param_count).ok()?;
    let start = BY_CODE.partition_point(|row| (row.0, row.1) < (code, param_count));
    BY_CODE.get(start).filter(|row| (row.0, row.1) == (code, param_count)).map(|row| row.2)
}

static BY_CODE: std::sync::LazyLock<Vec<Row>> = std::sync::LazyLock::new(|| {
    let mut rows: Vec<Row> = [super::files::ROWS, super::sockets::ROWS, super::processes::ROWS].concat();
    rows.sort_by_key(|row| (row.0, row.1));
    rows
});

/// Enter parameters 0 to n - 1, appended to an exit event.
pub(crate) const ENTER_1: &[Step] = &[Step::Enter(0)];
pub(crate) const ENTER_2: &[Step] = &[Step::Enter(0), Step::Enter(1)];
pub(crate) const ENTER_3: &[Step] = &[Step::Enter(0), Step::Enter(1), Step::Enter(2)];
pub(crate) const ENTER_4: &[Step] = &[Step::Enter(0), Step::Enter(1), Step::Enter(2), Step::Enter(3)];
pub(crate) const ENTER_6: &[Step] =
    &[Step::Enter(0), Step::Enter(1), Step::Enter(2), Step::Enter(3), Step::Enter(4), Step::Enter(5)];
/// The same, empty without an enter event.
pub(crate) const MAYBE_1: &[Step] = &[Step::EnterOrEmpty(0)];
pub(crate) const MAYBE_2: &[Step] = &[Step::EnterOrEmpty(0), Step::EnterOrEmpty(1)];
pub(crate) const MAYBE_3: &[Step] = &[Step::EnterOrEmpty(0), Step::EnterOrEmpty(1), Step::EnterOrEmpty(2)];
/// The event's result, then enter parameters, empty without an enter event.
pub(crate) const RESULT_MAYBE_1: &[Step] = &[Step::Old(0), Step::EnterOrEmpty(0)];
pub(crate) const RESULT_MAYBE_2: &[Step] = &[Step::Old(0), Step::EnterOrEmpty(0), Step::EnterOrEmpty(1)];
/// Nothing, n times.
pub(crate) const EMPTY_1: &[Step] = &[Step::Empty];
pub(crate) const EMPTY_2: &[Step] = &[Step::Empty; 2];
pub(crate) const EMPTY_3: &[Step] = &[Step::Empty; 3];
pub(crate) const EMPTY_4: &[Step] = &[Step::Empty; 4];
pub(crate) const EMPTY_5: &[Step] = &[Step::Empty; 5];
/// One default.
pub(crate) const ZERO_1: &[Step] = &[Step::Zero];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use event::EVENTS;

    use super::*;
    use crate::meta::Meta;

    /// Every row must lead, by further rows, to an event of today.
    #[test]
    fn rows_lead_to_events_of_today() {
        let mut seen = BTreeSet::new();
        let mut bad: Vec<String> = Vec::new();
        for (code, count, _) in BY_CODE.iter() {
            assert!(seen.insert((*code, *count)), "two rows for {code:?} with {count} parameters");
            let (mut code, mut count) = (*code, usize::from(*count));
            let id = code.definition().unwrap().id;
            for _ in 0..crate::limits::CONVERSIONS_MAX {
                let meta = Meta::of(code).unwrap();
                let is_current = !meta.is_old && count == usize::from(meta.param_count);
                match action(code, count) {
                    Some(Action::Add(steps)) => count += steps.len(),
                    Some(Action::Become(next, steps)) => (code, count) = (next, steps.len()),
                    Some(Action::ContainerToJson) => (code, count) = (event::event_code::CONTAINER_JSON_E, 1),
                    Some(Action::Store | Action::StoreAndPass | Action::Pass) => {
                        assert!(meta.is_enter, "{id}");
                        count = usize::MAX;
                        break;
                    }
                    None => {
                        if !is_current {
                            bad.push(format!("{id} ends as {} with {count}", code.definition().unwrap().id));
                        }
                        count = usize::MAX;
                        break;
                    }
                }
            }
            assert_eq!(count, usize::MAX, "{id} does not end");
        }
        assert!(bad.is_empty(), "{bad:#?}");
    }

    #[test]
    fn managed_events_have_rows() {
        for row in &EVENTS {
            let meta = Meta::of(row.code).unwrap();
            if meta.is_managed && (meta.is_old || meta.is_enter) {
                assert!(BY_CODE.iter().any(|entry| entry.0 == row.code), "{}", row.id);
            }
        }
    }
}
