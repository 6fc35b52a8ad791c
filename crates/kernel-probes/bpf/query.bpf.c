/* Calls that ask or wait: files' attributes, identities, limits, time, readiness, semaphores. */
#include "flags.h"
#include "path.h"

SYSCALL(stat, 67, FAMILY_QUERY, 2) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
}

SYSCALL(lstat, 69, FAMILY_QUERY, 2) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
}

SYSCALL(fstat, 71, FAMILY_QUERY, 2) {
    describe(e, file_of_fd(task, (s32)ARG0(regs)));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
}

SYSCALL(newfstatat, 419, FAMILY_QUERY, 4) {
    base(e, task, ARG0(regs), (void *)ARG1(regs));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_u32(e, ARG3(regs) & 0x1900);
}

SYSCALL(access, 265, FAMILY_QUERY, 3) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_u32(e, ARG1(regs) & 7);
}

SYSCALL(getcwd, 93, FAMILY_QUERY, 2) {
    push_s64(e, ret);
    push_user_text(e, ret > 0 ? (void *)ARG0(regs) : NULL);
}

SYSCALL(getuid, 203, FAMILY_QUERY, 1) {
    push_u32(e, ret);
}

SYSCALL(geteuid, 205, FAMILY_QUERY, 1) {
    push_u32(e, ret);
}

SYSCALL(getgid, 207, FAMILY_QUERY, 1) {
    push_u32(e, ret);
}

SYSCALL(getegid, 209, FAMILY_QUERY, 1) {
    push_u32(e, ret);
}

INLINE void push_user_id(struct scratch *e, u64 from) {
    u32 id = 0;
    bpf_probe_read_user(&id, sizeof(id), (void *)from);
    push_u32(e, id);
}

SYSCALL(getresuid, 211, FAMILY_QUERY, 4) {
    push_s64(e, ret);
    push_user_id(e, ARG0(regs));
    push_user_id(e, ARG1(regs));
    push_user_id(e, ARG2(regs));
}

SYSCALL(getresgid, 213, FAMILY_QUERY, 4) {
    push_s64(e, ret);
    push_user_id(e, ARG0(regs));
    push_user_id(e, ARG1(regs));
    push_user_id(e, ARG2(regs));
}

/* Current and highest value; `missing` when they are not there. */
INLINE void push_limits(struct scratch *e, u64 from, s64 missing, u64 *compat) {
    s64 pair[2] = {missing, missing};
    if (from && compat) {
        s32 halves[2] = {};
        bpf_probe_read_user(halves, sizeof(halves), (void *)from);
        pair[0] = halves[0];
        pair[1] = halves[1];
    } else if (from) {
        bpf_probe_read_user(pair, sizeof(pair), (void *)from);
    }
    push_s64(e, pair[0]);
    push_s64(e, pair[1]);
}

INLINE u8 limit_resource(u64 resource) {
    return resource < 16 ? resource : 255;
}

SYSCALL(getrlimit, 141, FAMILY_QUERY, 4) {
    push_s64(e, ret);
    push_limits(e, ret == 0 ? ARG1(regs) : 0, -1, compat);
    push_u8(e, limit_resource(ARG0(regs)));
}

SYSCALL(setrlimit, 143, FAMILY_QUERY, 4) {
    push_s64(e, ret);
    push_limits(e, ARG1(regs), -1, compat);
    push_u8(e, limit_resource(ARG0(regs)));
}

SYSCALL(prlimit64, 145, FAMILY_QUERY, 7) {
    push_s64(e, ret);
    push_limits(e, ARG2(regs), 0, NULL);
    push_limits(e, ret == 0 ? ARG3(regs) : 0, ret == 0 ? 0 : -1, NULL);
    push_s64(e, (s32)ARG0(regs));
    push_u8(e, limit_resource(ARG1(regs)));
}

INLINE u64 user_time_ns(u64 from, u64 *compat) {
    s64 time[2] = {};
    if (from && compat) {
        s32 halves[2] = {};
        bpf_probe_read_user(halves, sizeof(halves), (void *)from);
        return (s64)halves[0] * 1000000000 + halves[1];
    }
    if (from)
        bpf_probe_read_user(time, sizeof(time), (void *)from);
    return time[0] * 1000000000 + time[1];
}

SYSCALL(nanosleep, 135, FAMILY_QUERY, 2) {
    push_s64(e, ret);
    push_u64(e, user_time_ns(ARG0(regs), compat));
}

SYSCALL(futex, 65, FAMILY_QUERY, 4) {
    push_s64(e, ret);
    push_u64(e, ARG0(regs));
    push_u16(e, ARG1(regs) & 0x18f);
    push_u64(e, ARG2(regs));
}

SYSCALL(epoll_wait, 79, FAMILY_QUERY, 2) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG2(regs));
}

SYSCALL(select, 83, FAMILY_QUERY, 1) {
    push_s64(e, ret);
}

struct pollfd {
    s32 fd;
    s16 events;
    s16 returned;
};
#define POLL_COUNT 16

INLINE u16 poll_events(u32 events) {
    return (events & 7) | BIT_FROM(events, 0x2000, 8) |
           (events & 0x38) << 1 | (events & 0x3c0) << 1;
}

/* FDLIST: a count, then a descriptor and what is ready for each. */
INLINE void push_polled(struct scratch *e, u64 from, u64 count) {
    u32 most = count > POLL_COUNT ? POLL_COUNT : count;
    *(u16 *)push_place(e) = most;
    e->work = 2;
    for (u32 i = 0; i < POLL_COUNT; i++) {
        if (i >= most)
            break;
        struct pollfd one = {};
        bpf_probe_read_user(&one, sizeof(one), (struct pollfd *)from + i);
        u32 place = (e->size + e->work) & DATA_MASK;
        *(s64 *)&e->data[place] = one.fd;
        *(u16 *)&e->data[place + 8] = poll_events((u16)one.returned);
        e->work += 10;
    }
    push_length(e, e->work);
}

SYSCALL(poll, 81, FAMILY_QUERY, 3) {
    push_s64(e, ret);
    push_polled(e, ARG0(regs), ARG1(regs));
    push_s64(e, (s32)ARG2(regs));
}

SYSCALL(ppoll, 255, FAMILY_QUERY, 4) {
    push_s64(e, ret);
    push_polled(e, ARG0(regs), ARG1(regs));
    push_u64(e, user_time_ns(ARG2(regs), compat));
    push_u32(e, 0);
}

struct semaphore_operation {
    u16 number;
    s16 change;
    s16 flags;
};

INLINE void push_semaphore_operation(struct scratch *e, u64 from, u32 index, u64 count) {
    struct semaphore_operation one = {};
    if (index < count)
        bpf_probe_read_user(&one, sizeof(one), (struct semaphore_operation *)from + index);
    push_u16(e, one.number);
    push_s16(e, one.change);
    push_u16(e, BIT_FROM(one.flags, 04000, 1) | BIT_FROM(one.flags, 0x1000, 2));
}

SYSCALL(semop, 251, FAMILY_QUERY, 9) {
    push_s64(e, ret);
    push_u32(e, ARG2(regs));
    push_semaphore_operation(e, ARG1(regs), 0, ARG2(regs));
    push_semaphore_operation(e, ARG1(regs), 1, ARG2(regs));
    push_s32(e, ARG0(regs));
}

INLINE u16 semaphore_command(u32 command) {
    switch (command) {
    case 0: return 4;     /* IPC_RMID */
    case 1: return 2;     /* IPC_SET */
    case 2: return 1;     /* IPC_STAT */
    case 3: return 8;     /* IPC_INFO */
    case 11: return 256;  /* GETPID */
    case 12: return 512;  /* GETVAL */
    case 13: return 64;   /* GETALL */
    case 14: return 128;  /* GETNCNT */
    case 15: return 1024; /* GETZCNT */
    case 16: return 4096; /* SETVAL */
    case 17: return 2048; /* SETALL */
    case 18: return 32;   /* SEM_STAT */
    case 19: return 16;   /* SEM_INFO */
    default: return 0;
    }
}

SYSCALL(semctl, 253, FAMILY_QUERY, 5) {
    push_s64(e, ret);
    push_s32(e, ARG0(regs));
    push_s32(e, ARG1(regs));
    push_u16(e, semaphore_command(ARG2(regs)));
    push_s32(e, ARG2(regs) == 16 ? ARG3(regs) : 0);
}

SYSCALL(semget, 263, FAMILY_QUERY, 4) {
    push_s64(e, ret);
    push_s32(e, ARG0(regs));
    push_s32(e, ARG1(regs));
    push_u32(e, BIT_FROM(ARG2(regs), 02000, 1 << 14) | BIT_FROM(ARG2(regs), 01000, 1 << 13));
}
