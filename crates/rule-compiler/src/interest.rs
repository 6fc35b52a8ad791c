//! What the kernel has to send: an over-approximation of the events on which a rule can hold,
//! derived from the conditions. It may ask for too much, never for too little.
//!
//! For each event name the condition is read as "who and which opens can make this true": a check
//! on the name settles it, `container.id != host` asks for containers, checks on the path, the
//! open mode and the result narrow opens; a check on what only some events have (an open mode, an
//! argument) needs one of those; every other check can be true on anything. Negation goes down to
//! the checks, where only the event's name can be negated exactly: another negated check is also
//! true when its value is missing. Long, since what each field says of an event stands in one table.

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use event::{Interest, Narrowing, PathSet, Scope, event_code, field_id};
use rule_syntax::Operator;

use crate::{
    calls::Calls,
    events::{self, CodeSet},
    fields::OwnedArgument,
    hash::FastHash,
    operand::Operand,
    path_prefixes::{directory_prefixes, intersection, is_none, name_prefixes, none, union},
    program::{Node, NodeId, Program},
    rules::Rule,
    test::Test,
};

/// What the probes narrow by path.
const OPEN_FAMILY: [&str; 4] = ["open", "openat", "openat2", "creat"];

/// Events on which `evt.is_open_*` can be true.
const OPENS: [&str; 5] = ["open", "openat", "openat2", "creat", "open_by_handle_at"];

/// What the enabled rules need.
pub(crate) fn derive(rules: &[Rule], program: &Program) -> Interest {
    let mut deriver = Deriver::new(program);
    for rule in rules.iter().filter(|rule| rule.is_active) {
        deriver.add(rule);
    }
    deriver.finish()
}

/// What one rule needs, enabled or not.
pub(crate) fn of_rule(rule: &Rule, program: &Program) -> Interest {
    let mut deriver = Deriver::new(program);
    deriver.add(rule);
    deriver.finish()
}

/// What a rule asks for that no filter in the kernel narrows, though there are many of it.
pub(crate) fn defeat(interest: &Interest) -> Option<String> {
    /// Calls that a busy host makes more often than any other.
    const FREQUENT: [&str; 14] = [
        "close", "read", "write", "pread", "pwrite", "readv", "writev", "recvfrom", "recvmsg", "sendto",
        "sendmsg", "poll", "futex", "lseek",
    ];
    let from_everyone = |name: &str| interest.events.get(name) == Some(&Scope::Everyone);
    if interest.events.len() > crate::limits::EVENT_CODES_WARN {
        return Some(format!("{} kinds of events; a check of evt.type narrows it", interest.events.len()));
    }
    let all_opens = [(&interest.open.read, "read"), (&interest.open.write, "write")];
    let all_opens = all_opens.into_iter().filter(|(paths, _)| **paths == PathSet::All).map(|(_, mode)| mode);
    let modes: Vec<&str> = all_opens.collect();
    if !modes.is_empty() && OPEN_FAMILY.iter().any(|name| from_everyone(name)) {
        return Some(format!(
            "every open to {} of every process; a check of fd.name, fd.directory or container.id narrows it",
            modes.join(" or ")
        ));
    }
    let frequent: Vec<&str> = FREQUENT.into_iter().filter(|name| from_everyone(name)).collect();
    (!frequent.is_empty()).then(|| {
        format!("every {} of every process; a check of container.id narrows it", frequent.join(", "))
    })
}

/// Events of one name that can make a condition true.
#[derive(Debug, Clone, PartialEq)]
struct Admitted {
    /// `None`: no event of this name can.
    scope: Option<Scope>,
    read: PathSet,
    write: PathSet,
    failed: PathSet,
    /// Of other events.
    calls: Calls,
}

impl Admitted {
    fn all() -> Self {
        Admitted {
            scope: Some(Scope::Everyone),
            read: PathSet::All,
            write: PathSet::All,
            failed: PathSet::All,
            calls: Calls::ALL,
        }
    }

    fn nothing() -> Self {
        Admitted { scope: None, read: none(), write: none(), failed: none(), calls: Calls::NONE }
    }

    fn calls(calls: Calls) -> Self {
        Admitted { calls, ..Admitted::all() }
    }

    fn paths(paths: PathSet) -> Self {
        Admitted { read: paths.clone(), write: paths.clone(), failed: paths, ..Admitted::all() }
    }

    fn both(self, other: Self) -> Self {
        let (Some(a), Some(b)) = (self.scope, other.scope) else { return Admitted::nothing() };
        Admitted {
            scope: Some(a.min(b)),
            read: intersection(self.read, other.read),
            write: intersection(self.write, other.write),
            failed: intersection(self.failed, other.failed),
            calls: self.calls.both(other.calls),
        }
    }

    fn either(self, other: Self) -> Self {
        Admitted {
            scope: self.scope.max(other.scope),
            read: union(self.read, other.read),
            write: union(self.write, other.write),
            failed: union(self.failed, other.failed),
            calls: self.calls.either(other.calls),
        }
    }

    fn is_no_open(&self) -> bool {
        self.scope.is_none() || (is_none(&self.read) && is_none(&self.write) && is_none(&self.failed))
    }
}

struct Deriver<'p> {
    program: &'p Program,
    /// Codes that distinguish names, from all checks on the name.
    event_tests: Vec<CodeSet>,
    /// Names of arguments that are looked at, which also distinguish names.
    arguments: Vec<&'p str>,
    /// Names that every check treats alike share a number.
    signatures: HashMap<Vec<bool>, u32>,
    /// Names and their numbers, with their codes.
    names: HashMap<&'static str, (u32, Rc<Codes>)>,
    /// Results by (number of the name, node, negated).
    known: HashMap<(u32, NodeId, bool), Admitted, FastHash>,
    interest: Interest,
    /// Of each event, the occurrences that some rule can use.
    calls: BTreeMap<String, Calls>,
}

impl<'p> Deriver<'p> {
    fn new(program: &'p Program) -> Self {
        let event_tests = program
            .nodes
            .iter()
            .filter_map(|node| match node {
                Node::Event { codes, .. } => Some(*codes),
                _ => None,
            })
            .collect();
        Deriver {
            program,
            event_tests,
            arguments: program.operands.iter().filter_map(named_argument).collect(),
            signatures: HashMap::new(),
            names: HashMap::new(),
            known: HashMap::default(),
            interest: Interest::default(),
            calls: BTreeMap::new(),
        }
    }

    fn add(&mut self, rule: &Rule) {
        let mut by_signature: HashMap<u32, Admitted> = HashMap::new();
        for name in rule.events.iter().filter(|name| **name != "asyncevent") {
            let (signature, codes) = self.signature(name);
            let admitted = match by_signature.get(&signature) {
                Some(known) => known.clone(),
                None => {
                    let found = self.admitted(rule.node, false, &codes, signature);
                    by_signature.insert(signature, found.clone());
                    found
                }
            };
            let Some(scope) = admitted.scope else { continue };
            let admitted_calls = admitted.calls;
            if OPEN_FAMILY.contains(name) {
                // creat opens for writing, whatever the condition says of the mode.
                let read = if *name == "creat" { none() } else { admitted.read };
                let admitted = Admitted { read, ..admitted };
                if admitted.is_no_open() {
                    continue;
                }
                let open = &mut self.interest.open;
                open.read = union(std::mem::replace(&mut open.read, none()), admitted.read);
                open.write = union(std::mem::replace(&mut open.write, none()), admitted.write);
                open.failed |= !is_none(&admitted.failed);
            }
            let calls = self.calls.entry((*name).to_owned()).or_insert(Calls::NONE);
            *calls = calls.either(admitted_calls);
            let known = self.interest.events.entry((*name).to_owned()).or_insert(scope);
            *known = scope.max(*known);
        }
    }

    fn finish(mut self) -> Interest {
        let narrowed = self.calls.into_iter().map(|(name, calls)| {
            let narrowing = calls.narrowing(&name);
            (name, narrowing)
        });
        self.interest.narrowing =
            narrowed.filter(|(_, narrowing)| *narrowing != Narrowing::default()).collect();
        self.interest
    }

    fn signature(&mut self, name: &'static str) -> (u32, Rc<Codes>) {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let codes = Rc::new(Codes::of(name));
        let by_name =
            self.event_tests.iter().flat_map(|test| [codes.can_be_in(test), codes.can_be_outside(test)]);
        let by_argument = self.arguments.iter().map(|argument| codes.can_have(argument));
        let answers = by_name.chain(by_argument).chain([codes.is_open]).collect();
        let next = self.signatures.len() as u32;
        let signature = *self.signatures.entry(answers).or_insert(next);
        self.names.insert(name, (signature, Rc::clone(&codes)));
        (signature, codes)
    }

    fn admitted(&mut self, id: NodeId, is_negated: bool, codes: &Codes, signature: u32) -> Admitted {
        let key = (signature, id, is_negated);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let result = match self.program.node(id) {
            Some(Node::Not(child)) => self.admitted(*child, !is_negated, codes, signature),
            Some(Node::And(children) | Node::Or(children)) => {
                let is_and = matches!(self.program.node(id), Some(Node::And(_)));
                let parts: Vec<Admitted> = children
                    .iter()
                    .map(|child| self.admitted(*child, is_negated, codes, signature))
                    .collect();
                let combine = if is_and != is_negated { Admitted::both } else { Admitted::either };
                parts.into_iter().reduce(combine).unwrap_or_else(Admitted::all)
            }
            Some(Node::Event { codes: wanted, .. }) => {
                let can = if is_negated { codes.can_be_outside(wanted) } else { codes.can_be_in(wanted) };
                if can { Admitted::all() } else { Admitted::nothing() }
            }
            Some(Node::Test(operand, test)) if !is_negated => self
                .program
                .operand(*operand)
                .map_or_else(Admitted::all, |operand| of_test(operand, test, codes)),
            _ => Admitted::all(),
        };
        self.known.insert(key, result.clone());
        result
    }
}

/// The codes that carry one event name.
struct Codes {
    codes: CodeSet,
    /// Generic events share a code and differ in name.
    is_generic: bool,
    /// One of [`OPENS`].
    is_open: bool,
}

impl Codes {
    fn of(name: &str) -> Codes {
        let codes = events::codes_named([name]);
        let is_generic = codes.contains(event_code::GENERIC_X)
            || codes.contains(event_code::GENERIC_E)
            || codes.is_empty();
        Codes { codes, is_generic, is_open: OPENS.contains(&name) }
    }

    fn can_be_in(&self, set: &CodeSet) -> bool {
        (self.is_generic && self.codes.is_empty()) || !self.codes.and(set).is_empty()
    }

    fn can_be_outside(&self, set: &CodeSet) -> bool {
        self.is_generic || !self.codes.without(set).is_empty()
    }

    fn can_have(&self, argument: &str) -> bool {
        let has = |event: &event::EventDefinition| {
            self.codes.contains(event.code) && event.params.iter().any(|param| param.name == argument)
        };
        self.is_generic || event::EVENTS.iter().any(has)
    }
}

/// `x` of `evt.arg.x`; an argument by number is not looked at here.
fn named_argument(operand: &Operand) -> Option<&str> {
    let Operand::Field(field) = operand else { return None };
    match &field.argument {
        OwnedArgument::Key(name)
            if matches!(field.id, Some(field_id::EVT_ARG | field_id::EVT_RAWARG))
                && name.parse::<usize>().is_err() =>
        {
            Some(name)
        }
        _ => None,
    }
}

fn of_test(operand: &Operand, test: &Test, codes: &Codes) -> Admitted {
    let Operand::Field(field) = operand else { return Admitted::all() };
    if named_argument(operand).is_some_and(|argument| !codes.can_have(argument)) {
        return Admitted::nothing();
    }
    let Some(id) = field.id else {
        return if field.is_direction() { Admitted::all() } else { Admitted::nothing() };
    };
    let only_containers = |host_value: &[u8]| {
        let holds_on_host = test.holds(&event::Value::text(host_value));
        let scope = if holds_on_host { Scope::Everyone } else { Scope::Containers };
        Admitted { scope: Some(scope), ..Admitted::all() }
    };
    match id {
        // On the host these have a fixed value, or none.
        field_id::CONTAINER_ID | field_id::CONTAINER_NAME => only_containers(b"host"),
        field_id::CONTAINER_IMAGE | field_id::CONTAINER_IMAGE_REPOSITORY | field_id::CONTAINER_IMAGE_TAG => {
            only_containers(b"")
        }
        field_id::EVT_NUM if !number_can_hold(test, |number| number >= 1) => Admitted::nothing(),
        field_id::FD_NAME => Admitted::paths(name_prefixes(test)),
        field_id::FD_DIRECTORY => Admitted::paths(directory_prefixes(test)),
        field_id::FD_NUM | field_id::EVT_RAWRES => {
            let mut admitted = Admitted::all();
            let is_result = id == field_id::EVT_RAWRES;
            if !number_can_hold(test, |number| number < 0) {
                admitted.failed = none();
                admitted.calls.failure &= !is_result;
            }
            if !number_can_hold(test, |number| number >= 0) {
                (admitted.read, admitted.write) = (none(), none());
                admitted.calls.success &= !is_result;
            }
            admitted
        }
        field_id::EVT_RES => match test {
            Test::TextIs(text) if **text == *b"SUCCESS" => {
                Admitted { failed: none(), ..Admitted::calls(Calls { failure: false, ..Calls::ALL }) }
            }
            _ if !test.holds(&event::Value::text(b"SUCCESS")) => {
                let calls = Calls { success: false, ..Calls::ALL };
                Admitted { read: none(), write: none(), ..Admitted::calls(calls) }
            }
            _ => Admitted::all(),
        },
        field_id::FD_CONNECTED if matches!(test, Test::Bool(false)) => {
            Admitted::calls(Calls { connected: false, ..Calls::ALL })
        }
        field_id::FD_NAME_CHANGED if matches!(test, Test::Bool(true)) => {
            Admitted::calls(Calls { same_peer: false, ..Calls::ALL })
        }
        id if Calls::is_about_sockets(id) => Admitted::calls(Calls::of_socket_test(id, test)),
        field_id::EVT_FAILED => match test {
            Test::Bool(true) => {
                let calls = Calls { success: false, ..Calls::ALL };
                Admitted { read: none(), write: none(), ..Admitted::calls(calls) }
            }
            Test::Bool(false) => {
                Admitted { failed: none(), ..Admitted::calls(Calls { failure: false, ..Calls::ALL }) }
            }
            _ => Admitted::all(),
        },
        field_id::EVT_IS_OPEN_READ
        | field_id::EVT_IS_OPEN_WRITE
        | field_id::EVT_IS_OPEN_EXEC
        | field_id::EVT_IS_OPEN_CREATE
            if matches!(test, Test::Bool(true)) && !codes.is_open =>
        {
            Admitted::nothing()
        }
        // An open for both counts as one with write access, and is also an open for reading.
        field_id::EVT_IS_OPEN_WRITE if matches!(test, Test::Bool(true)) => {
            Admitted { read: none(), ..Admitted::all() }
        }
        field_id::EVT_ARG if field.argument == OwnedArgument::Key("flags".to_owned()) => match test {
            Test::Contains(finder) if matches!(finder.needle(), b"O_CREAT" | b"O_WRONLY" | b"O_RDWR") => {
                Admitted { read: none(), ..Admitted::all() }
            }
            _ => Admitted::all(),
        },
        _ => Admitted::all(),
    }
}

/// Whether the test can hold for a number in a range that reaches to one infinity.
fn number_can_hold(test: &Test, is_in_range: impl Fn(i128) -> bool) -> bool {
    let far = [i128::from(i64::MIN), i128::from(u64::MAX)].into_iter().find(|number| is_in_range(*number));
    match test {
        Test::Number(_, None) => false,
        Test::Number(operator, Some(wanted)) => match operator {
            Operator::Eq | Operator::EqEq => is_in_range(*wanted),
            Operator::Lt => far.is_some_and(|far| far < 0) || is_in_range(wanted - 1),
            Operator::Le => far.is_some_and(|far| far < 0) || is_in_range(*wanted),
            Operator::Gt => far.is_some_and(|far| far > 0) || is_in_range(wanted + 1),
            Operator::Ge => far.is_some_and(|far| far > 0) || is_in_range(*wanted),
            _ => true,
        },
        Test::NumberIn(set) => set.iter().any(|number| is_in_range(*number)),
        _ => true,
    }
}
