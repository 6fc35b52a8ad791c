//! What the probes must know of numbers: whose native call a 32-bit one is, and Falco's codes of
//! generic events. Written once, when the probes are loaded.

use event::syscall_code;
use kernel_probes::{limits::SYSCALLS_MAX, numbers, syscalls::GENERIC};

use crate::maps::NUMBERS_BYTES;

/// The value of map `numbers`.
pub(crate) fn bytes() -> [u8; NUMBERS_BYTES] {
    let mut codes = [0u16; SYSCALLS_MAX];
    for (name, number, _) in GENERIC.iter() {
        let slot = usize::try_from(*number).ok().and_then(|number| codes.get_mut(number));
        if let (Some(slot), Some(code)) = (slot, syscall_code(name)) {
            *slot = code;
        }
    }
    let mut bytes = [0; NUMBERS_BYTES];
    for (slot, number) in bytes.chunks_exact_mut(2).zip(numbers::compat().into_iter().chain(codes)) {
        slot.copy_from_slice(&number.to_ne_bytes());
    }
    bytes
}
