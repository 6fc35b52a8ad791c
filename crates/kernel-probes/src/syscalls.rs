//! The system calls that have a program. To add one: a block `SYSCALL(name, …)` in `bpf/`, and one
//! line here. A call that has none can still be asked for: it becomes a generic event.

use std::sync::LazyLock;

use crate::{abi::Family, numbers};

/// A system call and where its program stands.
#[derive(Debug, Clone, Copy)]
pub struct Syscall {
    /// Name of the call.
    pub name: &'static str,
    /// Name of its event (`evt.type`): `pread` of `pread64`.
    pub event: &'static str,
    /// The C function.
    pub program: &'static str,
    /// The number on this architecture.
    pub number: u32,
    /// What it is counted under.
    pub family: Family,
}

macro_rules! programs {
    ($($name:ident => $event:ident, $family:ident;)*) => {
        const PROGRAMS: &[(&str, &str, &str, Family)] = &[$(
            (stringify!($name), stringify!($event), concat!("sys_", stringify!($name)), Family::$family),
        )*];
    };
}

/// Every system call of this architecture with a program.
pub static SYSCALLS: LazyLock<Vec<Syscall>> = LazyLock::new(|| {
    let present = |row: &(&'static str, &'static str, &'static str, Family)| {
        let (name, event, program, family) = *row;
        Some(Syscall { name, event, program, number: numbers::native(name)?, family })
    };
    PROGRAMS.iter().filter_map(present).collect()
});

/// Every other system call of this architecture, as (name, number, family): its event is a generic one.
pub static GENERIC: LazyLock<Vec<(&'static str, u32, Family)>> = LazyLock::new(|| {
    let others = numbers::all().filter(|(name, _)| !SYSCALLS.iter().any(|syscall| syscall.name == *name));
    others.map(|(name, number)| (name, number, family_of_generic(name))).collect()
});

/// What is worth more than most generic calls when the ring fills: what changes the machine.
fn family_of_generic(name: &str) -> Family {
    match name {
        "acct" | "add_key" | "clock_settime" | "fanotify_init" | "fsmount" | "fsopen" | "fspick"
        | "ioperm" | "iopl" | "kexec_file_load" | "kexec_load" | "memfd_secret" | "mount_setattr"
        | "move_mount" | "open_tree" | "open_tree_attr" | "perf_event_open" | "pivot_root"
        | "quotactl_fd" | "reboot" | "request_key" | "setdomainname" | "sethostname" | "settimeofday"
        | "swapoff" | "swapon" | "syslog" => Family::Kernel,
        "pidfd_send_signal" | "personality" | "process_madvise" | "setfsgid" | "setfsuid" | "setgroups" => {
            Family::Process
        }
        "fchmodat2" | "ftruncate" | "futimesat" | "setxattr" | "lsetxattr" | "fsetxattr" | "setxattrat"
        | "removexattr" | "lremovexattr" | "fremovexattr" | "removexattrat" | "truncate" | "utime"
        | "utimensat" | "utimes" => Family::File,
        _ => Family::Generic,
    }
}

programs! {
    // exec
    execve => execve, Exec;
    execveat => execveat, Exec;
    // open
    creat => creat, Open;
    open => open, Open;
    openat => openat, Open;
    openat2 => openat2, Open;
    open_by_handle_at => open_by_handle_at, Open;
    // connect
    connect => connect, Connect;
    // socket
    accept => accept, Socket;
    accept4 => accept4, Socket;
    bind => bind, Socket;
    listen => listen, Socket;
    setsockopt => setsockopt, Socket;
    shutdown => shutdown, Socket;
    socket => socket, Socket;
    socketpair => socketpair, Socket;
    // file
    chmod => chmod, File;
    chown => chown, File;
    dup => dup, File;
    dup2 => dup2, File;
    dup3 => dup3, File;
    fchmod => fchmod, File;
    fchmodat => fchmodat, File;
    fchown => fchown, File;
    fchownat => fchownat, File;
    lchown => lchown, File;
    link => link, File;
    linkat => linkat, File;
    mkdir => mkdir, File;
    mkdirat => mkdirat, File;
    mknod => mknod, File;
    mknodat => mknodat, File;
    rename => rename, File;
    renameat => renameat, File;
    renameat2 => renameat2, File;
    rmdir => rmdir, File;
    symlink => symlink, File;
    symlinkat => symlinkat, File;
    unlink => unlink, File;
    unlinkat => unlinkat, File;
    // clone
    clone => clone, Clone;
    clone3 => clone3, Clone;
    fork => fork, Clone;
    vfork => vfork, Clone;
    // process
    capset => capset, Process;
    chdir => chdir, Process;
    chroot => chroot, Process;
    fchdir => fchdir, Process;
    io_uring_register => io_uring_register, Process;
    io_uring_setup => io_uring_setup, Process;
    kill => kill, Process;
    pidfd_getfd => pidfd_getfd, Process;
    pidfd_open => pidfd_open, Process;
    prctl => prctl, Process;
    process_vm_readv => process_vm_readv, Process;
    process_vm_writev => process_vm_writev, Process;
    ptrace => ptrace, Process;
    seccomp => seccomp, Process;
    setgid => setgid, Process;
    setns => setns, Process;
    setpgid => setpgid, Process;
    setregid => setregid, Process;
    setresgid => setresgid, Process;
    setresuid => setresuid, Process;
    setreuid => setreuid, Process;
    setsid => setsid, Process;
    setuid => setuid, Process;
    tgkill => tgkill, Process;
    tkill => tkill, Process;
    unshare => unshare, Process;
    // kernel
    bpf => bpf, Kernel;
    delete_module => delete_module, Kernel;
    finit_module => finit_module, Kernel;
    fsconfig => fsconfig, Kernel;
    init_module => init_module, Kernel;
    keyctl => keyctl, Kernel;
    memfd_create => memfd_create, Kernel;
    mount => mount, Kernel;
    quotactl => quotactl, Kernel;
    umount => umount, Kernel;
    umount2 => umount2, Kernel;
    userfaultfd => userfaultfd, Kernel;
    // read
    getdents => getdents, Read;
    getdents64 => getdents64, Read;
    pread64 => pread, Read;
    preadv => preadv, Read;
    read => read, Read;
    readv => readv, Read;
    recvfrom => recvfrom, Read;
    recvmmsg => recvmmsg, Read;
    recvmsg => recvmsg, Read;
    // write
    copy_file_range => copy_file_range, Write;
    io_uring_enter => io_uring_enter, Write;
    pwrite64 => pwrite, Write;
    pwritev => pwritev, Write;
    sendfile => sendfile, Write;
    sendmmsg => sendmmsg, Write;
    sendmsg => sendmsg, Write;
    sendto => sendto, Write;
    splice => splice, Write;
    write => write, Write;
    writev => writev, Write;
    // memory
    brk => brk, Memory;
    mlock => mlock, Memory;
    mlock2 => mlock2, Memory;
    mlockall => mlockall, Memory;
    mmap => mmap, Memory;
    mprotect => mprotect, Memory;
    munlock => munlock, Memory;
    munlockall => munlockall, Memory;
    munmap => munmap, Memory;
    // query
    access => access, Query;
    close => close, Query;
    close_range => close_range, Query;
    epoll_create => epoll_create, Query;
    epoll_create1 => epoll_create1, Query;
    epoll_wait => epoll_wait, Query;
    eventfd => eventfd, Query;
    eventfd2 => eventfd2, Query;
    fcntl => fcntl, Query;
    flock => flock, Query;
    fstat => fstat, Query;
    futex => futex, Query;
    getcwd => getcwd, Query;
    getegid => getegid, Query;
    geteuid => geteuid, Query;
    getgid => getgid, Query;
    getpeername => getpeername, Query;
    getresgid => getresgid, Query;
    getresuid => getresuid, Query;
    getrlimit => getrlimit, Query;
    getsockname => getsockname, Query;
    getsockopt => getsockopt, Query;
    getuid => getuid, Query;
    inotify_init => inotify_init, Query;
    inotify_init1 => inotify_init1, Query;
    ioctl => ioctl, Query;
    lseek => lseek, Query;
    lstat => lstat, Query;
    nanosleep => nanosleep, Query;
    newfstatat => newfstatat, Query;
    pipe => pipe, Query;
    pipe2 => pipe2, Query;
    poll => poll, Query;
    ppoll => ppoll, Query;
    prlimit64 => prlimit, Query;
    select => select, Query;
    semctl => semctl, Query;
    semget => semget, Query;
    semop => semop, Query;
    setrlimit => setrlimit, Query;
    signalfd => signalfd, Query;
    signalfd4 => signalfd4, Query;
    stat => stat, Query;
    timerfd_create => timerfd_create, Query;
}
