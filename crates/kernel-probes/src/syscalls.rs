//! The system calls that have a program. To add one: a file in `bpf/` with a program
//! `sys_<name>`, and one line here.

use crate::abi::Family;

/// A system call and where its program stands.
#[derive(Debug, Clone, Copy)]
pub struct Syscall {
    /// Name of the call, and of its event (`evt.type`).
    pub name: &'static str,
    /// The C function.
    pub program: &'static str,
    /// The number on this architecture.
    pub number: u32,
    /// What it is counted under.
    pub family: Family,
}

macro_rules! syscalls {
    ($($(#[$attribute:meta])* $name:ident $number:ident $family:ident,)*) => {
        /// Every system call with a program, by family.
        pub static SYSCALLS: &[Syscall] = &[$(
            $(#[$attribute])*
            Syscall {
                name: stringify!($name),
                program: concat!("sys_", stringify!($name)),
                number: libc::$number as u32,
                family: Family::$family,
            },
        )*];
    };
}

syscalls! {
    execve SYS_execve Exec,
    execveat SYS_execveat Exec,
    #[cfg(target_arch = "x86_64")]
    creat SYS_creat Open,
    #[cfg(target_arch = "x86_64")]
    open SYS_open Open,
    openat SYS_openat Open,
    openat2 SYS_openat2 Open,
}
