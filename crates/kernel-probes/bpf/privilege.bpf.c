/* Identities, capabilities, signals to threads, keys, quotas, seccomp, io_uring, fsconfig. */
#include "flags.h"
#include "path.h"

SYSCALL(setresgid, 195, FAMILY_PROCESS, 4) {
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
    push_u32(e, ARG1(regs));
    push_u32(e, ARG2(regs));
}

SYSCALL(setreuid, 427, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
    push_u32(e, ARG1(regs));
}

SYSCALL(setregid, 429, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
    push_u32(e, ARG1(regs));
}

/* What the caller has afterwards. */
SYSCALL(capset, 353, FAMILY_PROCESS, 4) {
    const struct cred *cred = task->cred;
    push_s64(e, ret);
    push_u64(e, READ(cred, cap_inheritable).val);
    push_u64(e, READ(cred, cap_permitted).val);
    push_u64(e, READ(cred, cap_effective).val);
}

SYSCALL(tkill, 131, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u8(e, ARG1(regs));
}

SYSCALL(tgkill, 133, FAMILY_PROCESS, 4) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_s64(e, (s32)ARG1(regs));
    push_u8(e, ARG2(regs));
}

SYSCALL(seccomp, 299, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_u64(e, ARG0(regs));
    push_u64(e, ARG1(regs));
}

/* A type byte and the value: 0 a number, 1 a text. */
INLINE void push_key_number(struct scratch *e, u64 value) {
    u8 *place = push_place(e);
    *place = 0;
    *(u64 *)(place + 1) = value;
    push_length(e, 9);
}

INLINE void push_key_text(struct scratch *e, const void *from) {
    u8 *place = push_place(e);
    *place = 1;
    long length = bpf_probe_read_user_str(place + 1, TEXT_BYTES, from);
    if (length <= 0) {
        place[1] = 0;
        length = 1;
    }
    push_length(e, length + 1);
}

enum { KEYCTL_JOIN = 1, KEYCTL_SEARCH = 10, KEYCTL_RESTRICT = 29 };

SYSCALL(keyctl, 453, FAMILY_KERNEL, 6) {
    u32 operation = ARG0(regs);
    push_s64(e, ret);
    push_u32(e, operation);
    if (operation == KEYCTL_JOIN && ARG1(regs))
        push_key_text(e, (void *)ARG1(regs));
    else
        push_key_number(e, (s32)ARG1(regs));
    if ((operation == KEYCTL_SEARCH || operation == KEYCTL_RESTRICT) && ARG2(regs))
        push_key_text(e, (void *)ARG2(regs));
    else
        push_key_number(e, ARG2(regs));
    if ((operation == KEYCTL_SEARCH || operation == KEYCTL_RESTRICT) && ARG3(regs))
        push_key_text(e, (void *)ARG3(regs));
    else
        push_key_number(e, ARG3(regs));
    push_key_number(e, ARG4(regs));
}

/* Falco's Q_* bits. */
enum { Q_QUOTAON = 1, Q_GETFMT = 4, Q_GETINFO = 8, Q_SETINFO = 16, Q_GETQUOTA = 32, Q_SETQUOTA = 64 };

INLINE u16 quota_command(u32 command) {
    switch (command >> 8) {
    case 0x800001: return 128;       /* SYNC */
    case 0x800002: return Q_QUOTAON;
    case 0x800003: return 2;         /* QUOTAOFF */
    case 0x800004: return Q_GETFMT;
    case 0x800005: return Q_GETINFO;
    case 0x800006: return Q_SETINFO;
    case 0x800007: return Q_GETQUOTA;
    case 0x800008: return Q_SETQUOTA;
    case 0x5801: return 256;         /* XQUOTAON */
    case 0x5802: return 512;         /* XQUOTAOFF */
    case 0x5803: return 1024;        /* XGETQUOTA */
    case 0x5804: return 2048;        /* XSETQLIM */
    case 0x5805: return 4096;        /* XGETQSTAT */
    case 0x5806: return 8192;        /* XQUOTARM */
    case 0x5807: return 16384;       /* XQUOTASYNC */
    default: return 0;
    }
}

INLINE u8 quota_format(u32 format) {
    return format == 1 ? 2 : format == 2 ? 4 : format == 4 ? 8 : 1;
}

struct quota_block {
    u64 block_hard, block_soft, space, inode_hard, inode_soft, inodes, block_time, inode_time;
    u32 valid;
};
struct quota_info {
    u64 block_grace, inode_grace;
    u32 flags, valid;
};

SYSCALL(quotactl, 191, FAMILY_KERNEL, 19) {
    u32 command = ARG0(regs), id = ARG2(regs), kind = command & 0xff, out = 0;
    u16 bit = quota_command(command);
    const void *from = (void *)ARG3(regs);
    struct quota_block block = {};
    struct quota_info info = {};
    push_s64(e, ret);
    push_user_text(e, (void *)ARG1(regs));
    push_user_text(e, bit == Q_QUOTAON ? from : NULL);
    if (bit & (Q_GETQUOTA | Q_SETQUOTA))
        bpf_probe_read_user(&block, sizeof(block), from);
    if (bit & (Q_GETINFO | Q_SETINFO))
        bpf_probe_read_user(&info, sizeof(info), from);
    if (bit == Q_GETFMT)
        bpf_probe_read_user(&out, sizeof(out), from);
    /* QIF_BLIMITS, SPACE, ILIMITS, BTIME, ITIME */
    push_u64(e, block.valid & 1 ? block.block_hard : 0);
    push_u64(e, block.valid & 1 ? block.block_soft : 0);
    push_u64(e, block.valid & 2 ? block.space : 0);
    push_u64(e, block.valid & 4 ? block.inode_hard : 0);
    push_u64(e, block.valid & 4 ? block.inode_soft : 0);
    push_u64(e, block.valid & 16 ? block.block_time : 0);
    push_u64(e, block.valid & 32 ? block.inode_time : 0);
    push_u64(e, info.valid & 1 ? info.block_grace : 0);
    push_u64(e, info.valid & 2 ? info.inode_grace : 0);
    push_u8(e, info.valid & 4 ? info.flags : 0);
    push_u8(e, bit == Q_GETFMT ? quota_format(out) : 1);
    push_u16(e, bit);
    push_u8(e, kind == 0 ? 1 : kind == 1 ? 2 : 0);
    push_u32(e, bit & (Q_GETQUOTA | Q_SETQUOTA | 1024 | 2048) ? id : 0);
    push_u8(e, bit == Q_QUOTAON ? quota_format(id) : 1);
}

struct uring_params {
    u32 sq_entries, cq_entries, flags, thread_cpu, thread_idle, features;
};

SYSCALL(io_uring_setup, 339, FAMILY_PROCESS, 8) {
    struct uring_params p = {};
    bpf_probe_read_user(&p, sizeof(p), (void *)ARG1(regs));
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
    push_u32(e, p.sq_entries);
    push_u32(e, p.cq_entries);
    push_u32(e, (p.flags & 3) | BIT_FROM(p.flags, 4, 8) | BIT_FROM(p.flags, 8, 16) |
                    BIT_FROM(p.flags, 16, 32) | BIT_FROM(p.flags, 32, 64) | BIT_FROM(p.flags, 64, 128));
    push_u32(e, p.thread_cpu);
    push_u32(e, p.thread_idle);
    push_u32(e, p.features & 0x7ff);
}

SYSCALL(io_uring_enter, 341, FAMILY_WRITE, 6) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, ARG1(regs));
    push_u32(e, ARG2(regs));
    push_u32(e, ARG3(regs) & 15);
    push_u32(e, ARG4(regs));
}

SYSCALL(io_uring_register, 343, FAMILY_PROCESS, 5) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u16(e, ARG1(regs));
    push_u64(e, ARG2(regs));
    push_u32(e, ARG3(regs));
}

enum { FSCONFIG_STRING = 1, FSCONFIG_BINARY = 2, FSCONFIG_PATH = 3, FSCONFIG_PATH_EMPTY = 4 };

SYSCALL(fsconfig, 373, FAMILY_KERNEL, 7) {
    u32 command = ARG1(regs);
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, command);
    push_user_text(e, (void *)ARG2(regs));
    if (command == FSCONFIG_BINARY)
        push_user_bytes(e, (void *)ARG3(regs), (u32)ARG4(regs), 0);
    else
        push_empty(e);
    if (command == FSCONFIG_STRING || command == FSCONFIG_PATH || command == FSCONFIG_PATH_EMPTY)
        push_user_text(e, (void *)ARG3(regs));
    else
        push_empty(e);
    push_s32(e, ARG4(regs));
}
