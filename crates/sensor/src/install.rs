//! Loads the probes, fills the dispatcher's table, pins maps and links. Runs once per boot and
//! build; a later sensor of the same build adopts what this one pinned.

use std::{
    collections::HashMap,
    fs, io,
    path::Path,
    sync::{Mutex, PoisonError},
    thread,
};

use aya::{
    Btf, Ebpf, EbpfError, EbpfLoader,
    maps::{Array, MapData, ProgramArray},
    programs::{BtfTracePoint, Program, ProgramError, links::FdLink},
};
use kernel_probes::{
    OBJECT,
    abi::State,
    programs::{ATTACHED, DISPATCHED_TRACEPOINT, FINISHERS, MAPS},
    syscalls::SYSCALLS,
};

use crate::{
    Config, StartError,
    limits::{LOADERS_MAX, VERIFIER_LINES_MAX},
    maps::{NUMBERS_BYTES, STATE_WORDS, map_error, state_words},
    numbers,
};

const BTF_PATH: &str = "/sys/kernel/btf/vmlinux";

/// Loads and pins everything. The pin of map `state` is made last: where it is, all is.
///
/// # Errors
/// Every [`StartError`] that has to do with the kernel.
pub(crate) fn install(config: &Config, state: &State) -> Result<(), StartError> {
    check_rights()?;
    fs::metadata(BTF_PATH).map_err(|source| StartError::NoBtf { path: BTF_PATH.into(), source })?;
    let btf = Btf::from_sys_fs().map_err(|error| StartError::NoBtf {
        path: BTF_PATH.into(),
        source: io::Error::other(error.to_string()),
    })?;
    let mut ebpf = EbpfLoader::new()
        .btf(Some(&btf))
        .map_max_entries("ring", config.ring_bytes)
        .map_max_entries("scratch", possible_cpus()?)
        .load(OBJECT)
        .map_err(|error| StartError::Load(Box::new(error)))?;
    let dir = &config.bpffs_dir;

    load_all(&mut ebpf, &btf)?;
    fill_table(&mut ebpf, dir)?;
    write_numbers(&mut ebpf, dir)?;
    for name in MAPS.iter().filter(|name| !["programs", "state"].contains(name)) {
        let map = ebpf.map(name).ok_or_else(|| missing_map(dir, name))?;
        map.pin(dir.join(name)).map_err(|error| map_error(dir, name, error))?;
    }
    for attached in &ATTACHED {
        let program = loaded(&mut ebpf, attached.program)?;
        attach_pinned(program, &dir.join(format!("link_{}", attached.program)))
            .map_err(|source| StartError::Attach { program: attached.program.into(), source })?;
    }
    let map = ebpf.take_map("state").ok_or_else(|| missing_map(dir, "state"))?;
    let mut array: Array<MapData, [u64; STATE_WORDS]> =
        map.try_into().map_err(|error: aya::maps::MapError| map_error(dir, "state", error))?;
    array.set(0, state_words(state), 0).map_err(|error| map_error(dir, "state", error))?;
    array.pin(dir.join("state")).map_err(|error| map_error(dir, "state", error))
}

/// Loads every program, on as many threads as there are CPUs: the verifier takes nearly all of the
/// time that a start takes, and looks at programs independently.
fn load_all(ebpf: &mut Ebpf, btf: &Btf) -> Result<(), StartError> {
    let mut found: HashMap<&str, &mut Program> = ebpf.programs_mut().collect();
    let dispatched = FINISHERS.iter().map(|finisher| finisher.program);
    let dispatched = dispatched.chain(SYSCALLS.iter().rev().map(|syscall| syscall.program));
    let wanted = dispatched
        .map(|program| (program, DISPATCHED_TRACEPOINT))
        .chain(ATTACHED.iter().map(|attached| (attached.program, attached.tracepoint)));
    let mut waiting = Vec::new();
    for (name, tracepoint) in wanted {
        let program = found.remove(name).ok_or_else(|| missing_program(name))?;
        waiting.push((name, tracepoint, program));
    }
    // Taken from the end, where the programs are that take the longest.
    let waiting = Mutex::new(waiting);
    let take = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let work = || -> Result<(), StartError> {
        while let Some((name, tracepoint, program)) = take() {
            load(program, btf, name, tracepoint)?;
        }
        Ok(())
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(LOADERS_MAX);
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut result = work();
        for other in others {
            result = result.and(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        result
    })
}

fn load(program: &mut Program, btf: &Btf, name: &str, tracepoint: &str) -> Result<(), StartError> {
    let attach = |source| StartError::Attach { program: name.into(), source };
    let program: &mut BtfTracePoint =
        program.try_into().map_err(|error: ProgramError| attach(error.into()))?;
    match program.load(tracepoint, btf) {
        Ok(()) => Ok(()),
        Err(ProgramError::LoadError { io_error, verifier_log }) => Err(StartError::Verifier {
            program: name.into(),
            source: io_error,
            log: last_lines(&verifier_log.to_string()),
        }),
        Err(error) => Err(attach(error.into())),
    }
}

fn fill_table(ebpf: &mut Ebpf, dir: &Path) -> Result<(), StartError> {
    let map = ebpf.take_map("programs").ok_or_else(|| missing_map(dir, "programs"))?;
    let mut table = ProgramArray::try_from(map).map_err(|error| map_error(dir, "programs", error))?;
    let finishers = FINISHERS.iter().map(|finisher| (finisher.program, finisher.slot));
    let syscalls = SYSCALLS.iter().map(|syscall| (syscall.program, syscall.number));
    for (name, slot) in finishers.chain(syscalls) {
        let program = loaded(ebpf, name)?;
        let fd = program
            .fd()
            .map_err(|source| StartError::Attach { program: name.into(), source: source.into() })?;
        table.set(slot, fd, 0).map_err(|error| map_error(dir, "programs", error))?;
    }
    table.pin(dir.join("programs")).map_err(|error| map_error(dir, "programs", error))
}

/// Fills the map of numbers, which never changes afterwards.
fn write_numbers(ebpf: &mut Ebpf, dir: &Path) -> Result<(), StartError> {
    let map = ebpf.map_mut("numbers").ok_or_else(|| missing_map(dir, "numbers"))?;
    let mut array: Array<_, [u8; NUMBERS_BYTES]> =
        map.try_into().map_err(|error: aya::maps::MapError| map_error(dir, "numbers", error))?;
    array.set(0, numbers::bytes(), 0).map_err(|error| map_error(dir, "numbers", error))
}

fn loaded<'e>(ebpf: &'e mut Ebpf, name: &str) -> Result<&'e mut BtfTracePoint, StartError> {
    let program = ebpf.program_mut(name).ok_or_else(|| missing_program(name))?;
    program
        .try_into()
        .map_err(|error: ProgramError| StartError::Attach { program: name.into(), source: error.into() })
}

fn missing_program(name: &str) -> StartError {
    StartError::Attach { program: name.into(), source: "the object has no such program".into() }
}

fn attach_pinned(
    program: &mut BtfTracePoint,
    pin: &Path,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let id = program.attach()?;
    let link: FdLink = program.take_link(id)?.into();
    link.pin(pin)?;
    Ok(())
}

fn missing_map(dir: &Path, name: &str) -> StartError {
    map_error(dir, name, io::Error::other("the object has no such map"))
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
    let skip = lines.len().saturating_sub(VERIFIER_LINES_MAX);
    lines.into_iter().skip(skip).collect::<Vec<_>>().join("\n")
}

/// Highest number of a CPU that may ever come up, plus one: the scratch map has a slot for each.
fn possible_cpus() -> Result<u32, StartError> {
    let path = "/sys/devices/system/cpu/possible";
    let text = fs::read_to_string(path)
        .map_err(|source| StartError::Io { what: format!("cannot read {path}"), source })?;
    let last = text.trim().rsplit([',', '-']).next().and_then(|number| number.parse::<u32>().ok());
    Ok(last.unwrap_or(0).saturating_add(1))
}

/// Says which capabilities are missing before the kernel says only "operation not permitted".
fn check_rights() -> Result<(), StartError> {
    const CAP_SYS_ADMIN: u32 = 21;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    let Some(effective) = effective else { return Ok(()) };
    let has = |bit: u32| effective & (1 << bit) != 0;
    if has(CAP_SYS_ADMIN) {
        return Ok(());
    }
    let missing: Vec<&str> = [("CAP_PERFMON", 38), ("CAP_BPF", 39)]
        .into_iter()
        .filter(|(_, bit)| !has(*bit))
        .map(|(name, _)| name)
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(StartError::NoRights { missing: missing.join(" and ") }) }
}

impl From<EbpfError> for StartError {
    fn from(error: EbpfError) -> Self {
        StartError::Load(Box::new(error))
    }
}
