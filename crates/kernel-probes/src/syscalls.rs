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
    connect SYS_connect Connect,
    accept SYS_accept Socket,
    accept4 SYS_accept4 Socket,
    bind SYS_bind Socket,
    listen SYS_listen Socket,
    socket SYS_socket Socket,
    #[cfg(target_arch = "x86_64")]
    chmod SYS_chmod File,
    #[cfg(target_arch = "x86_64")]
    chown SYS_chown File,
    fchmod SYS_fchmod File,
    fchmodat SYS_fchmodat File,
    fchown SYS_fchown File,
    fchownat SYS_fchownat File,
    #[cfg(target_arch = "x86_64")]
    lchown SYS_lchown File,
    #[cfg(target_arch = "x86_64")]
    link SYS_link File,
    linkat SYS_linkat File,
    #[cfg(target_arch = "x86_64")]
    mkdir SYS_mkdir File,
    mkdirat SYS_mkdirat File,
    #[cfg(target_arch = "x86_64")]
    mknod SYS_mknod File,
    mknodat SYS_mknodat File,
    #[cfg(target_arch = "x86_64")]
    rename SYS_rename File,
    renameat SYS_renameat File,
    renameat2 SYS_renameat2 File,
    #[cfg(target_arch = "x86_64")]
    rmdir SYS_rmdir File,
    #[cfg(target_arch = "x86_64")]
    symlink SYS_symlink File,
    symlinkat SYS_symlinkat File,
    #[cfg(target_arch = "x86_64")]
    unlink SYS_unlink File,
    unlinkat SYS_unlinkat File,
    chdir SYS_chdir Process,
    chroot SYS_chroot Process,
    dup SYS_dup Process,
    #[cfg(target_arch = "x86_64")]
    dup2 SYS_dup2 Process,
    dup3 SYS_dup3 Process,
    fchdir SYS_fchdir Process,
    kill SYS_kill Process,
    prctl SYS_prctl Process,
    ptrace SYS_ptrace Process,
    setgid SYS_setgid Process,
    setns SYS_setns Process,
    setpgid SYS_setpgid Process,
    setresuid SYS_setresuid Process,
    setsid SYS_setsid Process,
    setuid SYS_setuid Process,
    unshare SYS_unshare Process,
    bpf SYS_bpf Kernel,
    delete_module SYS_delete_module Kernel,
    finit_module SYS_finit_module Kernel,
    init_module SYS_init_module Kernel,
    memfd_create SYS_memfd_create Kernel,
    mount SYS_mount Kernel,
    umount2 SYS_umount2 Kernel,
    userfaultfd SYS_userfaultfd Kernel,
}
