//! Loads the probes, fills the dispatcher's table, pins maps and links. Runs once per boot and
//! build; a later sensor of the same build adopts what this one pinned.

use std::{fs, io, path::Path};

use aya::{
    Btf, Ebpf, EbpfError, EbpfLoader,
    maps::{Array, MapData, ProgramArray},
    programs::{BtfTracePoint, ProgramError, links::FdLink},
};
use kernel_probes::{
    OBJECT,
    abi::State,
    programs::{ATTACHED, DISPATCHED_TRACEPOINT, MAPS},
    syscalls::SYSCALLS,
};

use crate::{
    Config, StartError,
    limits::VERIFIER_LINES_MAX,
    maps::{STATE_WORDS, map_error, state_words},
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

    fill_table(&mut ebpf, &btf, dir)?;
    for name in MAPS.iter().filter(|name| **name != "state") {
        let map = ebpf.map(name).ok_or_else(|| missing_map(dir, name))?;
        map.pin(dir.join(name)).map_err(|error| map_error(dir, name, error))?;
    }
    for attached in &ATTACHED {
        let program = load(&mut ebpf, &btf, attached.program, attached.tracepoint)?;
        attach_pinned(program, &dir.join(format!("link_{}", attached.program)))
            .map_err(|source| StartError::Attach { program: attached.program.into(), source })?;
    }
    let map = ebpf.take_map("state").ok_or_else(|| missing_map(dir, "state"))?;
    let mut array: Array<MapData, [u64; STATE_WORDS]> =
        map.try_into().map_err(|error: aya::maps::MapError| map_error(dir, "state", error))?;
    array.set(0, state_words(state), 0).map_err(|error| map_error(dir, "state", error))?;
    array.pin(dir.join("state")).map_err(|error| map_error(dir, "state", error))
}

fn fill_table(ebpf: &mut Ebpf, btf: &Btf, dir: &Path) -> Result<(), StartError> {
    for syscall in SYSCALLS {
        let program = load(ebpf, btf, syscall.program, DISPATCHED_TRACEPOINT)?;
        let fd =
            program.fd().and_then(|fd| fd.try_clone().map_err(ProgramError::IOError)).map_err(|source| {
                StartError::Attach { program: syscall.program.into(), source: source.into() }
            })?;
        let map = ebpf.map_mut("programs").ok_or_else(|| missing_map(dir, "programs"))?;
        let mut table = ProgramArray::try_from(map).map_err(|error| map_error(dir, "programs", error))?;
        table.set(syscall.number, &fd, 0).map_err(|error| map_error(dir, "programs", error))?;
    }
    Ok(())
}

fn load<'e>(
    ebpf: &'e mut Ebpf,
    btf: &Btf,
    name: &str,
    tracepoint: &str,
) -> Result<&'e mut BtfTracePoint, StartError> {
    let attach = |source: Box<dyn std::error::Error + Send + Sync>| StartError::Attach {
        program: name.into(),
        source,
    };
    let program: &mut BtfTracePoint = ebpf
        .program_mut(name)
        .ok_or_else(|| attach("the object has no such program".into()))?
        .try_into()
        .map_err(|error: ProgramError| attach(error.into()))?;
    match program.load(tracepoint, btf) {
        Ok(()) => Ok(program),
        Err(ProgramError::LoadError { io_error, verifier_log }) => Err(StartError::Verifier {
            program: name.into(),
            source: io_error,
            log: last_lines(&verifier_log.to_string()),
        }),
        Err(error) => Err(attach(error.into())),
    }
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
