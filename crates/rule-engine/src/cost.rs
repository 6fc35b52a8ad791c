//! Rough costs of values and tests, to try the cheap ones first.

use event::{FieldId, ValueType, field_id};
use rule_compiler::{Operand, Test};

/// What getting a value costs.
pub(crate) fn of_operand(operand: &Operand) -> u32 {
    match operand {
        Operand::Field(field) => field.id.map_or(0, |id| of_field(id, field.value_type)),
        Operand::Text(_) => 1,
        Operand::List(items) => 4 + items.iter().map(of_operand).sum::<u32>(),
        Operand::Transform { arguments, .. } => 12 + arguments.iter().map(of_operand).sum::<u32>(),
    }
}

fn of_field(id: FieldId, value_type: ValueType) -> u32 {
    let name = id.name();
    if name.ends_with("ip.name") {
        return 60;
    }
    match id {
        field_id::PROC_ANAME
        | field_id::PROC_AEXE
        | field_id::PROC_AEXEPATH
        | field_id::PROC_ACMDLINE
        | field_id::PROC_AENV
        | field_id::PROC_APID => 14,
        field_id::PROC_ENV | field_id::EVT_ARGS | field_id::EVT_INFO | field_id::EVT_BUFFER => 14,
        field_id::PROC_CMDLINE
        | field_id::PROC_PCMDLINE
        | field_id::PROC_ARGS
        | field_id::PROC_EXELINE
        | field_id::EVT_ARG => 8,
        field_id::THREAD_CAP_EFFECTIVE
        | field_id::THREAD_CAP_PERMITTED
        | field_id::THREAD_CAP_INHERITABLE
        | field_id::FD_IP
        | field_id::FD_NET
        | field_id::FD_PORT => 8,
        _ if name.starts_with("k8s.") || name.starts_with("container.") => 5,
        _ if name.starts_with("evt.") => 1,
        _ if value_type == ValueType::Charbuf => 3,
        _ => 2,
    }
}

/// What a test costs, its value included.
pub(crate) fn of_test(operand: &Operand, test: &Test) -> u32 {
    of_operand(operand) + of_comparison(test)
}

fn of_comparison(test: &Test) -> u32 {
    match test {
        Test::Exists | Test::Bool(_) | Test::BoolNot(_) | Test::BoolIn { .. } | Test::Number(..) => 0,
        Test::NumberIn(_) | Test::Ip(_) | Test::IpNot(_) | Test::Net(_) | Test::NetNot(_) | Test::IpIn(_) => {
            1
        }
        Test::TextIs(_)
        | Test::TextIsNot(_)
        | Test::TextOrder(..)
        | Test::StartsWith(_)
        | Test::EndsWith(_)
        | Test::TextIn(_) => 1,
        Test::StartsWithAny(_) | Test::EndsWithAny(_) | Test::NetIn(_) => 2,
        Test::Contains(_) | Test::Paths(_) | Test::ContainsAny(_) => 4,
        Test::ContainsFolded(_) | Test::Glob(_) | Test::ContainsFoldedAny(_) => 6,
        Test::Regex(_) => 20,
        Test::Many(_, tests) => tests.iter().map(of_comparison).sum(),
        Test::Every(test) | Test::OfAny(test) => of_comparison(test) + 2,
    }
}
