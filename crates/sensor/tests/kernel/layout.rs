//! C and Rust agree on every struct and number that crosses: compared through the object's BTF.

use std::collections::BTreeMap;

use kernel_probes::{OBJECT, abi, limits, numbers, programs::FINISHERS};

/// Types of the object that matter here: struct sizes with member offsets, enumerators.
#[derive(Default)]
struct Btf {
    structs: BTreeMap<String, (usize, BTreeMap<String, usize>)>,
    enumerators: BTreeMap<String, i64>,
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> usize {
    usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap()
}

/// The bytes of an ELF section.
fn section<'o>(object: &'o [u8], wanted: &str) -> &'o [u8] {
    let (headers, size) = (u64_at(object, 0x28), 64);
    let count = usize::from(u16::from_le_bytes([object[0x3c], object[0x3d]]));
    let names = usize::from(u16::from_le_bytes([object[0x3e], object[0x3f]]));
    let header = |index: usize| &object[headers + index * size..headers + (index + 1) * size];
    let body = |header: &[u8]| (u64_at(header, 0x18), u64_at(header, 0x20));
    let (names_at, _) = body(header(names));
    for index in 0..count {
        let name_at = names_at + u32_at(header(index), 0) as usize;
        if object[name_at..].starts_with(wanted.as_bytes()) && object[name_at + wanted.len()] == 0 {
            let (at, length) = body(header(index));
            return &object[at..at + length];
        }
    }
    panic!("no section {wanted}");
}

/// Reads the BTF format (linux/include/uapi/linux/btf.h): 24 bytes of head, types, strings.
fn parse(bytes: &[u8]) -> Btf {
    let head = u32_at(bytes, 4) as usize;
    let types = &bytes[head + u32_at(bytes, 8) as usize..][..u32_at(bytes, 12) as usize];
    let strings = &bytes[head + u32_at(bytes, 16) as usize..];
    let name = |offset: u32| {
        let text = &strings[offset as usize..];
        String::from_utf8(text[..text.iter().position(|byte| *byte == 0).unwrap()].to_vec()).unwrap()
    };
    let mut btf = Btf::default();
    let mut at = 0;
    while at < types.len() {
        let (info, size) = (u32_at(types, at + 4), u32_at(types, at + 8) as usize);
        let (kind, members) = (info >> 24 & 0x1f, (info & 0xffff) as usize);
        let own = name(u32_at(types, at));
        at += 12;
        match kind {
            // struct, union: 12 bytes a member; the offset is in bits, with a flag above
            4 | 5 => {
                let member = |index: usize| {
                    let place = at + index * 12;
                    (name(u32_at(types, place)), (u32_at(types, place + 8) & 0x00ff_ffff) as usize / 8)
                };
                let known = btf.structs.entry(own).or_default();
                *known = (size, (0..members).map(member).collect());
                at += members * 12;
            }
            6 => {
                for index in 0..members {
                    let place = at + index * 8;
                    let value = i64::from(u32_at(types, place + 4).cast_signed());
                    btf.enumerators.insert(name(u32_at(types, place)), value);
                }
                at += members * 8;
            }
            // integer, variable, declaration tag: 4 more bytes
            1 | 14 | 17 => at += 4,
            3 => at += 12,
            13 => at += members * 8,
            15 => at += members * 12,
            19 => at += members * 12,
            // pointer, forward, typedef, qualifiers, function, float, type tag
            2 | 7..=12 | 16 | 18 => {}
            other => panic!("BTF kind {other}"),
        }
    }
    btf
}

macro_rules! same_layout {
    ($btf:expr, $c:literal, $rust:ty, [$($field:ident),*]) => {{
        let (size, members) = $btf.structs.get($c).expect($c);
        assert_eq!(*size, size_of::<$rust>(), "size of {}", $c);
        let expected: BTreeMap<String, usize> =
            [$((stringify!($field).to_owned(), std::mem::offset_of!($rust, $field))),*].into();
        assert_eq!(*members, expected, "members of {}", $c);
    }};
}

#[test]
fn structs_are_laid_out_the_same() {
    let btf = parse(section(OBJECT, ".BTF"));
    same_layout!(
        btf,
        "event_header",
        abi::EventHeader,
        [
            timestamp_ns,
            start_time_ns,
            cgroup_id,
            length,
            tid,
            pid,
            parent_pid,
            uid,
            gid,
            mount_namespace,
            pid_namespace,
            namespace_pid,
            code,
            param_count,
            cpu,
            flags,
            reserved
        ]
    );
    same_layout!(btf, "interest", abi::Interest, [syscalls, socket_families, open_flags, reserved]);
    same_layout!(btf, "numbers", abi::Numbers, [compat, codes]);
    same_layout!(btf, "prefixes", abi::Prefixes, [classes, steps]);
    same_layout!(btf, "config", abi::Config, [generation, reserved, ignored]);
    same_layout!(btf, "state", abi::State, [abi_hash, epoch, losses_reported, ring_bytes]);
    same_layout!(btf, "counters", abi::Counters, [seen, shipped, filtered, lost]);
}

#[test]
fn numbers_are_the_same() {
    let btf = parse(section(OBJECT, ".BTF"));
    // Only enumerations that some program names are in the BTF: those must agree.
    let mut expected = vec![
        ("FAMILY_COUNT".to_owned(), abi::FAMILY_COUNT),
        ("LOSS_COUNT".to_owned(), abi::LOSS_COUNT),
        ("STEP_ACCEPT_READ".to_owned(), usize::from(abi::STEP_ACCEPT_READ)),
        ("STEP_ACCEPT_WRITE".to_owned(), usize::from(abi::STEP_ACCEPT_WRITE)),
        ("OPEN_READ_ALL".to_owned(), abi::open_interest::READ_ALL as usize),
        ("OPEN_WRITE_ALL".to_owned(), abi::open_interest::WRITE_ALL as usize),
        ("OPEN_FAILED".to_owned(), abi::open_interest::FAILED as usize),
        ("OPEN_READ_PREFIX".to_owned(), abi::open_interest::READ_PREFIX as usize),
        ("OPEN_WRITE_PREFIX".to_owned(), abi::open_interest::WRITE_PREFIX as usize),
        ("SCOPE_NONE".to_owned(), usize::from(abi::scope::NONE)),
        ("SCOPE_CONTAINERS".to_owned(), usize::from(abi::scope::CONTAINERS)),
        ("SCOPE_EVERYONE".to_owned(), usize::from(abi::scope::EVERYONE)),
        ("EVENT_RESOLVED_PATH".to_owned(), usize::from(abi::EVENT_RESOLVED_PATH)),
        ("EVENT_DESCRIPTOR".to_owned(), usize::from(abi::EVENT_DESCRIPTOR)),
        ("EVENT_COMPAT".to_owned(), usize::from(abi::EVENT_COMPAT)),
        ("EVENT_BASE".to_owned(), usize::from(abi::EVENT_BASE)),
        ("ENTRY_NO_SUCCESS".to_owned(), usize::from(abi::entry::NO_SUCCESS)),
        ("ENTRY_NO_FAILURE".to_owned(), usize::from(abi::entry::NO_FAILURE)),
        ("ENTRY_COMPAT".to_owned(), usize::from(abi::entry::COMPAT)),
        ("ENTRY_NO_CONNECTED".to_owned(), usize::from(abi::entry::NO_CONNECTED)),
        ("ENTRY_NO_SAME_PEER".to_owned(), usize::from(abi::entry::NO_SAME_PEER)),
        ("ENTRY_SOME_FAMILIES".to_owned(), usize::from(abi::entry::SOME_FAMILIES)),
        ("ABI_SLOT_UMOUNT".to_owned(), numbers::UMOUNT_SLOT as usize),
        ("ABI_SYSCALL_COUNT".to_owned(), limits::SYSCALLS_MAX),
        ("ABI_IGNORED_COUNT".to_owned(), limits::IGNORED_MAX),
        ("ABI_TEXT_BYTES".to_owned(), limits::TEXT_BYTES_MAX),
        ("ABI_DATA_BYTES".to_owned(), limits::DATA_BYTES_MAX),
        ("ABI_PREFIX_BYTES".to_owned(), limits::PREFIX_BYTES_MAX),
        ("ABI_PREFIX_STATES".to_owned(), limits::PREFIX_STATES_MAX),
        ("ABI_PREFIX_CLASSES".to_owned(), limits::PREFIX_CLASSES_MAX),
    ];
    let slots = ["SUBMIT", "RESOLVE", "DESCRIBE", "AGAIN", "GENERIC", "SENDMMSG", "RECVMMSG", "PARENT"];
    for (name, finisher) in slots.into_iter().zip(FINISHERS) {
        expected.push((format!("ABI_SLOT_{name}"), finisher.slot as usize));
    }
    for family in abi::Family::ALL {
        expected.push((format!("FAMILY_{}", family.name().to_uppercase()), family as usize));
    }
    for loss in abi::Loss::ALL {
        expected.push((format!("LOSS_{}", loss.name().to_uppercase()), loss as usize));
    }
    for (name, number) in expected {
        let found = btf.enumerators.get(&name).unwrap_or_else(|| panic!("{name} is not in the BTF"));
        assert_eq!(usize::try_from(*found).unwrap() & 0xffff_ffff, number, "{name}");
    }
}
