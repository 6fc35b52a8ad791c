//! Which events a condition can be true on: codes for the index, names for people.
//!
//! Falco derives both from the checks on `evt.type`; everything else may be true on any event.
//! Negation goes down to the checks by De Morgan's laws. `evt.type` is never missing, so the
//! complement of a check is exact.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use event::{EVENTS, EventCode, event_code};
use rule_syntax::{Check, Expr, ExprKind, Left, Operator, Right};

/// A set of event codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CodeSet([u64; 8]);

/// Codes fit in the set.
const _: () = assert!(EVENTS.len() <= 512);

impl CodeSet {
    /// Every code that is in use.
    pub fn all() -> CodeSet {
        static ALL: LazyLock<CodeSet> = LazyLock::new(|| {
            let mut set = CodeSet::default();
            EVENTS.iter().filter(|event| !event.unused).for_each(|event| set.insert(event.code));
            set
        });
        *ALL
    }

    /// Adds a code; codes outside the table are ignored.
    pub fn insert(&mut self, code: EventCode) {
        if let Some(word) = self.0.get_mut(usize::from(code.0 / 64)) {
            *word |= 1 << (code.0 % 64);
        }
    }

    /// Whether a code is in the set.
    pub fn contains(&self, code: EventCode) -> bool {
        self.0.get(usize::from(code.0 / 64)).is_some_and(|word| word >> (code.0 % 64) & 1 == 1)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// None.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Codes that are here and not there.
    pub fn without(&self, other: &CodeSet) -> CodeSet {
        self.zip(other, |a, b| a & !b)
    }

    /// Codes that are in both.
    pub fn and(&self, other: &CodeSet) -> CodeSet {
        self.zip(other, |a, b| a & b)
    }

    fn zip(&self, other: &CodeSet, f: impl Fn(u64, u64) -> u64) -> CodeSet {
        let mut out = *self;
        for (a, b) in out.0.iter_mut().zip(other.0) {
            *a = f(*a, b);
        }
        out
    }
}

/// Names that `evt.type` may have; generic system calls have their own names.
struct Names {
    /// Names listed for a rule without restriction, sorted (Falco: 465).
    listed: Vec<&'static str>,
    /// Every name that is accepted, with the codes that can carry it.
    codes: BTreeMap<&'static str, CodeSet>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut listed = BTreeSet::from(["NA"]);
    let mut names = Names { listed: Vec::new(), codes: BTreeMap::new() };
    names.codes.insert("NA", CodeSet::default());
    let used = || EVENTS.iter().filter(|event| !event.unused);
    for event in used() {
        names.codes.entry(event.name).or_default().insert(event.code);
        if event.name != "syscall" {
            listed.insert(event.name);
        }
    }
    for event in used() {
        let is_generic = matches!(event.code, event_code::GENERIC_E | event_code::GENERIC_X);
        for name in event.syscalls {
            if is_generic {
                listed.insert(*name);
            }
            // A name that is no event name is still accepted; such events carry another name.
            if is_generic || !used().any(|other| other.name == *name) {
                names.codes.entry(name).or_default().insert(event.code);
            }
        }
    }
    names.listed = listed.into_iter().collect();
    names
});

/// Names as bits: the index into the sorted list takes the place of a code.
fn name_bit(name: &str) -> Option<EventCode> {
    NAMES.listed.binary_search(&name).ok().map(|index| EventCode(index as u16))
}

/// Whether `evt.type` may be compared with this name.
pub(crate) fn is_known(name: &str) -> bool {
    NAMES.codes.contains_key(name)
}

/// The most similar event name.
pub(crate) fn similar(name: &str) -> Option<&'static str> {
    NAMES
        .listed
        .iter()
        .map(|listed| (crate::fields::distance(name, listed), *listed))
        .min()
        .filter(|(distance, _)| *distance <= 2)
        .map(|(_, listed)| listed)
}

/// Codes of events that may have one of these names.
pub(crate) fn codes_named<'n>(names: impl IntoIterator<Item = &'n str>) -> CodeSet {
    names
        .into_iter()
        .filter_map(|name| NAMES.codes.get(name))
        .fold(CodeSet::default(), |all, codes| all.zip(codes, |a, b| a | b))
}

/// Every name listed for a rule without restriction, sorted.
pub(crate) fn all_names() -> impl Iterator<Item = &'static str> {
    NAMES.listed.iter().copied()
}

/// Events a condition can be true on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventSet {
    pub(crate) codes: CodeSet,
    /// Bits of listed names.
    names: CodeSet,
}

impl EventSet {
    fn all() -> EventSet {
        static NAME_BITS: LazyLock<CodeSet> = LazyLock::new(|| {
            let mut bits = CodeSet::default();
            NAMES.listed.iter().filter_map(|name| name_bit(name)).for_each(|bit| bits.insert(bit));
            bits
        });
        EventSet { codes: CodeSet::all(), names: *NAME_BITS }
    }

    /// Names, sorted.
    pub(crate) fn names(&self) -> BTreeSet<&'static str> {
        NAMES
            .listed
            .iter()
            .copied()
            .filter(|name| name_bit(name).is_some_and(|bit| self.names.contains(bit)))
            .collect()
    }

    fn both(self, other: &EventSet) -> EventSet {
        EventSet { codes: self.codes.and(&other.codes), names: self.names.and(&other.names) }
    }

    fn either(self, other: &EventSet) -> EventSet {
        let or = |a: CodeSet, b: &CodeSet| a.zip(b, |a, b| a | b);
        EventSet { codes: or(self.codes, &other.codes), names: or(self.names, &other.names) }
    }
}

/// Derives the set of a condition whose macros are in place.
pub(crate) fn of(expr: &Expr, is_negated: bool) -> EventSet {
    let combine = |children: &[Expr], is_conjunction: bool| {
        let mut sets = children.iter().map(|child| of(child, is_negated));
        let Some(first) = sets.next() else { return EventSet::all() };
        sets.fold(first, |all, set| if is_conjunction { all.both(&set) } else { all.either(&set) })
    };
    match &expr.kind {
        ExprKind::And(children) => combine(children, !is_negated),
        ExprKind::Or(children) => combine(children, is_negated),
        ExprKind::Not(child) => of(child, !is_negated),
        ExprKind::Check(check) => of_check(check, is_negated).unwrap_or_else(EventSet::all),
        ExprKind::Macro(_) | ExprKind::Error => EventSet::all(),
    }
}

/// `None` for a check that says nothing about the event's name.
fn of_check(check: &Check, is_negated: bool) -> Option<EventSet> {
    let words = event_words(check)?;
    let is_negated = is_negated ^ (check.operator == Operator::Ne);
    let mut set = EventSet { codes: CodeSet::default(), names: CodeSet::default() };
    for word in words {
        if let Some(codes) = NAMES.codes.get(word) {
            set.codes = set.codes.zip(codes, |a, b| a | b);
        }
        // Old captures call both accepts by one name; Falco lists both.
        let other = (word == "accept").then_some("accept4");
        [Some(word), other].into_iter().flatten().filter_map(name_bit).for_each(|bit| set.names.insert(bit));
    }
    if is_negated {
        let all = EventSet::all();
        set = EventSet { codes: all.codes.without(&set.codes), names: all.names.without(&set.names) };
    }
    Some(set)
}

/// The names that a check on `evt.type` tests with `=`, `==`, `!=` or `in`.
pub(crate) fn event_words(check: &Check) -> Option<Vec<&str>> {
    let Left::Field(field) = &check.left else { return None };
    let is_name = matches!(field.name.as_str(), "evt.type" | "syscall.type") && field.argument.is_none();
    if !is_name || check.modifier.is_some() {
        return None;
    }
    match (&check.right, check.operator) {
        (Right::Value(word), Operator::Eq | Operator::EqEq | Operator::Ne | Operator::In) => {
            Some(vec![word.text.as_str()])
        }
        (Right::List(words), Operator::In) => Some(words.iter().map(|word| word.text.as_str()).collect()),
        _ => None,
    }
}
