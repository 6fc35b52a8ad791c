//! The eBPF programs and their Rust ABI.
//!
//! First stage of the flow: `kernel event`. `bpf/*.bpf.c` is compiled by `build.rs`; [`OBJECT`] is
//! the result, [`abi`] mirrors `bpf/abi.h`, [`syscalls`] names the programs of the dispatcher.
//! Loads nothing and knows no ring buffer: the `sensor` crate does.

#![forbid(unsafe_code)]

pub mod abi;
pub mod limits;
pub mod numbers;
pub mod programs;
pub mod syscalls;

/// Bytes at an address that the ELF reader accepts.
#[repr(C, align(8))]
struct Aligned<Bytes: ?Sized>(Bytes);

static STORAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/probes.bpf.o")));

/// The compiled object, aligned to 8 bytes.
pub static OBJECT: &[u8] = &STORAGE.0;

/// Names the object: two sensors with the same hash may share pinned probes (FNV-1a, 64 bits).
pub fn object_hash() -> u64 {
    OBJECT
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
