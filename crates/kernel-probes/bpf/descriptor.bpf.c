/* Descriptors: made, copied, closed, set up. */
#include "flags.h"
#include "socket.h"

#define ON_FD() describe(e, file_of_fd(task, (s32)ARG0(regs)))

/* The file is gone from the table when close returns. */
SYSCALL(close, 5, FAMILY_QUERY, 2) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
}

SYSCALL(close_range, 451, FAMILY_QUERY, 4) {
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
    push_u32(e, ARG1(regs));
    push_u32(e, ARG2(regs) & 6);
}

/* What the copy leads to is what the original does. */
SYSCALL(dup, 367, FAMILY_FILE, 2) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
}

SYSCALL(dup2, 363, FAMILY_FILE, 3) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_s64(e, (s32)ARG1(regs));
}

SYSCALL(dup3, 365, FAMILY_FILE, 4) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_s64(e, (s32)ARG1(regs));
    /* O_CLOEXEC is the only flag it takes. */
    push_u32(e, descriptor_flags(ARG2(regs)) & 1 << 12);
}

INLINE u8 fcntl_command(u32 command) {
    switch (command) {
    case 0 ... 5: return command + 1; /* DUPFD, GETFD, SETFD, GETFL, SETFL, GETLK */
    case 6: return 8;                 /* SETLK */
    case 7: return 9;                 /* SETLKW */
    case 8: return 10;                /* SETOWN */
    case 9: return 12;                /* GETOWN */
    case 10: return 13;               /* SETSIG */
    case 11: return 15;               /* GETSIG */
    case 12 ... 14: return command + 5; /* GETLK64, SETLK64, SETLKW64 */
    case 15: return 21;               /* SETOWN_EX */
    case 16: return 22;               /* GETOWN_EX */
    case 36 ... 38: return command - 6; /* OFD_GETLK, OFD_SETLK, OFD_SETLKW */
    case 1024: return 23;             /* SETLEASE */
    case 1025: return 24;             /* GETLEASE */
    case 1026: return 27;             /* NOTIFY */
    case 1029: return 25;             /* CANCELLK */
    case 1030: return 26;             /* DUPFD_CLOEXEC */
    case 1031: return 28;             /* SETPIPE_SZ */
    case 1032: return 29;             /* GETPIPE_SZ */
    default: return 0;
    }
}

SYSCALL(fcntl, 151, FAMILY_QUERY, 4) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u8(e, fcntl_command(ARG1(regs)));
    push_u64(e, ARG2(regs));
}

/* fd1, fd2 and the inode they share. */
INLINE void push_pipe(struct scratch *e, struct task_struct *task, s64 ret, u64 from) {
    s32 fds[2] = {-1, -1};
    struct file *file = NULL;
    if (ret == 0 && !bpf_probe_read_user(fds, sizeof(fds), (void *)from))
        file = file_of_fd(task, fds[0]);
    push_s64(e, ret);
    push_s64(e, fds[0]);
    push_s64(e, fds[1]);
    push_u64(e, file ? READ(READ(file, f_inode), i_ino) : 0);
}

SYSCALL(pipe, 61, FAMILY_QUERY, 4) {
    push_pipe(e, task, ret, ARG0(regs));
}

SYSCALL(pipe2, 393, FAMILY_QUERY, 5) {
    push_pipe(e, task, ret, ARG0(regs));
    push_u32(e, descriptor_flags(ARG1(regs)));
}

SYSCALL(eventfd, 63, FAMILY_QUERY, 3) {
    push_s64(e, ret);
    push_u64(e, ARG0(regs));
    push_u32(e, 0);
}

SYSCALL(eventfd2, 397, FAMILY_QUERY, 3) {
    push_s64(e, ret);
    push_u16(e, descriptor_flags(ARG1(regs)));
    push_u64(e, ARG0(regs));
}

SYSCALL(epoll_create, 375, FAMILY_QUERY, 2) {
    push_s64(e, ret);
    push_s32(e, ARG0(regs));
}

SYSCALL(epoll_create1, 377, FAMILY_QUERY, 2) {
    push_s64(e, ret);
    push_u32(e, BIT_FROM(ARG0(regs), K_CLOEXEC, 1));
}

SYSCALL(inotify_init, 139, FAMILY_QUERY, 2) {
    push_s64(e, ret);
    push_u8(e, 0);
}

SYSCALL(inotify_init1, 395, FAMILY_QUERY, 2) {
    push_s64(e, ret);
    push_u16(e, descriptor_flags(ARG0(regs)));
}

/* Falco leaves masks of signals empty. */
SYSCALL(signalfd, 127, FAMILY_QUERY, 4) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, 0);
    push_u8(e, 0);
}

SYSCALL(signalfd4, 399, FAMILY_QUERY, 4) {
    push_s64(e, ret);
    push_u16(e, descriptor_flags(ARG3(regs)));
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, 0);
}

SYSCALL(timerfd_create, 137, FAMILY_QUERY, 3) {
    push_s64(e, ret);
    push_u8(e, ARG0(regs));
    push_u8(e, 0);
}

SYSCALL(pidfd_open, 409, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, BIT_FROM(ARG1(regs), K_NONBLOCK, 1));
}

SYSCALL(pidfd_getfd, 407, FAMILY_PROCESS, 4) {
    describe(e, file_of_fd(task, ret));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_s64(e, (s32)ARG1(regs));
    push_u32(e, ARG2(regs));
}

SYSCALL(socketpair, 43, FAMILY_SOCKET, 8) {
    s32 fds[2] = {-1, -1};
    u64 source = 0, peer = 0;
    if (ret == 0 && !bpf_probe_read_user(fds, sizeof(fds), (void *)ARG3(regs))) {
        struct sock *sk = sock_of_fd(task, fds[0]);
        source = (u64)sk;
        if (sk && READ(sk, __sk_common.skc_family) == AF_UNIX)
            peer = (u64)READ((struct unix_sock *)sk, peer);
    }
    push_s64(e, ret);
    push_s64(e, fds[0]);
    push_s64(e, fds[1]);
    push_u64(e, source);
    push_u64(e, peer);
    push_u32(e, ARG0(regs));
    push_u32(e, ARG1(regs));
    push_u32(e, ARG2(regs));
}

SYSCALL(shutdown, 37, FAMILY_SOCKET, 3) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u8(e, ARG1(regs));
}

/* In Falco's table without parameters. */
SYSCALL(getsockname, 39, FAMILY_QUERY, 0) {
}

SYSCALL(getpeername, 41, FAMILY_QUERY, 0) {
}

enum { SOL_SOCKET = 1, SOL_TCP = 6, SO_ERROR = 4, SO_RCVTIMEO = 20, SO_SNDTIMEO = 21, SO_COOKIE = 57 };

INLINE u8 option_level(u32 level) {
    return level == SOL_SOCKET ? 1 : level == SOL_TCP ? 2 : 0;
}

INLINE u8 option_name(u32 level, u32 name) {
    if (level != SOL_SOCKET)
        return 0;
    return name <= 50 ? name : name == 59 ? 51 : name == 55 ? 52 : name == 57 ? 53 : 0;
}

/* A type byte and the value: 0 bytes, 1 an error, 2 and 3 numbers, 4 a time. */
INLINE void push_option(struct scratch *e, u32 level, u32 name, u64 from, u32 length) {
    u8 *place = push_place(e);
    if (level == SOL_SOCKET && name == SO_ERROR) {
        s32 number = 0;
        bpf_probe_read_user(&number, sizeof(number), (void *)from);
        *place = 1;
        *(s64 *)(place + 1) = -(s64)number;
        push_length(e, 9);
    } else if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)) {
        s64 time[2] = {};
        bpf_probe_read_user(time, sizeof(time), (void *)from);
        *place = 4;
        *(s64 *)(place + 1) = time[0] * 1000000000 + time[1] * 1000;
        push_length(e, 9);
    } else if (level == SOL_SOCKET && name == SO_COOKIE) {
        u64 number = 0;
        bpf_probe_read_user(&number, sizeof(number), (void *)from);
        *place = 3;
        *(u64 *)(place + 1) = number;
        push_length(e, 9);
    } else if (level == SOL_SOCKET && length == 4) {
        u32 number = 0;
        bpf_probe_read_user(&number, sizeof(number), (void *)from);
        *place = 2;
        *(u32 *)(place + 1) = number;
        push_length(e, 5);
    } else {
        u32 bytes = length > 80 ? 80 : length;
        FORGET(bytes);
        bytes &= 127;
        *place = 0;
        if (bytes && bpf_probe_read_user(place + 1, bytes, (void *)from))
            bytes = 0;
        push_length(e, bytes + 1);
    }
}

INLINE void push_socket_option(struct scratch *e, s64 ret, s32 fd, u32 level, u32 name, u64 from, u32 length) {
    push_s64(e, ret);
    push_s64(e, fd);
    push_u8(e, option_level(level));
    push_u8(e, option_name(level, name));
    push_option(e, level, name, from, length);
    push_u32(e, length);
}

SYSCALL(setsockopt, 45, FAMILY_SOCKET, 6) {
    ON_FD();
    push_socket_option(e, ret, ARG0(regs), ARG1(regs), ARG2(regs), ARG3(regs), ARG4(regs));
}

SYSCALL(getsockopt, 47, FAMILY_QUERY, 6) {
    u32 length = 0;
    bpf_probe_read_user(&length, sizeof(length), (void *)ARG4(regs));
    ON_FD();
    push_socket_option(e, ret, ARG0(regs), ARG1(regs), ARG2(regs), ARG3(regs), length);
}
