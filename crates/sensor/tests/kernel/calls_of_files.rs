//! Reading and writing, descriptors, memory: part of the table of `calls.rs`.

use std::{io::Write as _, os::fd::AsRawFd as _};

use crate::{
    arguments,
    calls::{BAD, FILE, Notes, buffer, bytes, data, number, pieces},
    watch::{Is, call, text},
};

pub(crate) fn input_and_output(n: &mut Notes) {
    let path = format!("/tmp/quaywatch-calls-{}", std::process::id());
    let mut file =
        std::fs::File::options().create(true).truncate(true).read(true).write(true).open(&path).unwrap();
    file.write_all(b"hello world").unwrap();
    let fd = i64::from(file.as_raw_fd());
    let on = |rest: &[(&'static str, Is)]| [&[("fd", number(fd))], rest].concat();
    n.does(
        "write",
        libc::SYS_write,
        arguments![fd, bytes(b"more"), 4],
        &on(&[data(b"more"), ("size", number(4))]),
    );
    n.leads_to('f', Some(&path));
    n.does(
        "lseek",
        libc::SYS_lseek,
        arguments![fd, 0, 0],
        &on(&[("offset", number(0)), ("whence", number(0))]),
    );
    n.does("read", libc::SYS_read, arguments![fd, buffer(), 5], &on(&[data(b"hello"), ("size", number(5))]));
    n.leads_to('f', Some(&path));
    n.does(
        "pread",
        libc::SYS_pread64,
        arguments![fd, buffer(), 5, 6],
        &on(&[data(b"world"), ("pos", number(6))]),
    );
    n.does(
        "pwrite",
        libc::SYS_pwrite64,
        arguments![fd, bytes(b"xy"), 2, 3],
        &on(&[data(b"xy"), ("pos", number(3))]),
    );
    n.does(
        "writev",
        libc::SYS_writev,
        arguments![fd, pieces(&[b"ab", b"cde"]), 2],
        &on(&[data(b"abcde"), ("size", number(5))]),
    );
    n.does(
        "pwritev",
        libc::SYS_pwritev,
        arguments![fd, pieces(&[b"ab", b"c"]), 2, 7],
        &on(&[data(b"abc"), ("pos", number(7))]),
    );
    n.does(
        "preadv",
        libc::SYS_preadv,
        arguments![fd, pieces(&[b"..", b"..."]), 2, 0],
        &on(&[data(b"helxy"), ("size", number(5))]),
    );
    n.does("lseek", libc::SYS_lseek, arguments![fd, 0, 0], &[]);
    n.does(
        "readv",
        libc::SYS_readv,
        arguments![fd, pieces(&[b".", b".."]), 2],
        &on(&[data(b"hel"), ("size", number(3))]),
    );
    n.does(
        "read",
        libc::SYS_read,
        arguments![BAD, buffer(), 5],
        &[data(b""), ("fd", number(-1)), ("size", number(5))],
    );
    n.does("flock", libc::SYS_flock, arguments![fd, 1], &on(&[("operation", number(1))]));
    n.does("fstat", libc::SYS_fstat, arguments![fd, buffer()], &on(&[]));
    n.does(
        "ioctl",
        libc::SYS_ioctl,
        arguments![fd, 0x5401, 77],
        &on(&[("request", number(0x5401)), ("argument", number(77))]),
    );
    n.does(
        "fcntl",
        libc::SYS_fcntl,
        arguments![fd, 1030, 50],
        &[("fd", number(fd)), ("cmd", number(26)), ("arg", number(50))],
    );
    n.does(
        "sendfile",
        libc::SYS_sendfile,
        arguments![BAD, fd, 0, 3],
        &[("out_fd", number(-1)), ("in_fd", number(fd)), ("size", number(3))],
    );
    n.does(
        "splice",
        libc::SYS_splice,
        arguments![fd, 0, BAD, 0, 9, 3],
        &[("fd_in", number(fd)), ("fd_out", number(-1)), ("size", number(9)), ("flags", number(3))],
    );
    n.does(
        "copy_file_range",
        libc::SYS_copy_file_range,
        arguments![fd, 0, BAD, 0, 2, 0],
        &[("fdin", number(fd)), ("fdout", number(-1)), ("len", number(2))],
    );
    n.does("getdents64", libc::SYS_getdents64, arguments![BAD, 0, 0], &[("fd", number(-1))]);
    n.does(
        "close_range",
        libc::SYS_close_range,
        arguments![900, 901, 4],
        &[("first", number(900)), ("last", number(901)), ("flags", number(4))],
    );
    n.does("close", libc::SYS_close, arguments![BAD], &[("fd", number(-1))]);
    let _ = std::fs::remove_file(&path);
}

pub(crate) fn descriptors(n: &mut Notes) {
    n.does(
        "pipe2",
        libc::SYS_pipe2,
        arguments![buffer(), i64::from(libc::O_CLOEXEC)],
        &[("flags", number(4096))],
    );
    n.does(
        "eventfd2",
        libc::SYS_eventfd2,
        arguments![7, i64::from(libc::O_NONBLOCK)],
        &[("flags", number(64)), ("initval", number(7))],
    );
    let event_fd = call(libc::SYS_eventfd2, arguments![0, 0]);
    n.does("dup", libc::SYS_dup, arguments![event_fd], &[("oldfd", number(event_fd))]);
    n.leads_to('e', None);
    n.does(
        "epoll_create1",
        libc::SYS_epoll_create1,
        arguments![i64::from(libc::O_CLOEXEC)],
        &[("flags", number(1))],
    );
    n.does("epoll_wait", libc::SYS_epoll_wait, arguments![BAD, 0, 5, 0], &[("maxevents", number(5))]);
    n.does(
        "inotify_init1",
        libc::SYS_inotify_init1,
        arguments![i64::from(libc::O_CLOEXEC)],
        &[("flags", number(4096))],
    );
    n.does(
        "signalfd4",
        libc::SYS_signalfd4,
        arguments![BAD, bytes(&[0; 8]), 8, i64::from(libc::O_CLOEXEC)],
        &[("flags", number(4096)), ("fd", number(-1))],
    );
    n.does("timerfd_create", libc::SYS_timerfd_create, arguments![1, 0], &[("clockid", number(1))]);
    n.does(
        "poll",
        libc::SYS_poll,
        arguments![bytes(&[5, 0, 0, 0, 0, 0, 0, 0]), 0, 0],
        &[("fds", Is::Bytes(vec![0, 0])), ("timeout", number(0))],
    );
    n.does("pidfd_open", libc::SYS_pidfd_open, arguments![BAD, 0], &[("pid", number(-1))]);
    n.does(
        "pidfd_getfd",
        libc::SYS_pidfd_getfd,
        arguments![BAD, 3, 0],
        &[("pid_fd", number(-1)), ("target_fd", number(3))],
    );
    n.does(
        "open_by_handle_at",
        libc::SYS_open_by_handle_at,
        arguments![BAD, bytes(&[0; 16]), i64::from(libc::O_WRONLY)],
        &[("mountfd", number(-1)), ("flags", number(2)), ("path", text(""))],
    );
}

pub(crate) fn memory(n: &mut Notes) {
    let mapped = n.does(
        "mmap",
        libc::SYS_mmap,
        arguments![0, 8192, 3, 0x22, BAD, 0],
        &[("length", number(8192)), ("prot", number(3)), ("flags", number(10)), ("fd", number(-1))],
    );
    n.does(
        "mprotect",
        libc::SYS_mprotect,
        arguments![mapped, 4096, 5],
        &[("addr", number(mapped)), ("length", number(4096)), ("prot", number(5))],
    );
    n.does(
        "mlock",
        libc::SYS_mlock,
        arguments![mapped, 10],
        &[("addr", number(mapped)), ("len", number(10))],
    );
    n.does("mlock2", libc::SYS_mlock2, arguments![mapped, 10, 1], &[("flags", number(1))]);
    n.does("munlock", libc::SYS_munlock, arguments![mapped, 10], &[("len", number(10))]);
    n.does(
        "munmap",
        libc::SYS_munmap,
        arguments![mapped, 8192],
        &[("addr", number(mapped)), ("length", number(8192))],
    );
    n.does("mlockall", libc::SYS_mlockall, arguments![8], &[]);
    n.does("munlockall", libc::SYS_munlockall, arguments![0], &[]);
    n.does("brk", libc::SYS_brk, arguments![0], &[("addr", number(0))]);
    let file = std::fs::File::open(FILE.to_str().unwrap()).unwrap();
    n.does(
        "mmap",
        libc::SYS_mmap,
        arguments![0, 4096, 1, 2, i64::from(file.as_raw_fd()), 0],
        &[("flags", number(2))],
    );
    n.leads_to('f', Some("/etc/hostname"));
}
