/* What a process does to itself or to another: namespaces, identities, descriptors, signals. */
#include "event.h"

/* Falco's clone_flags from the kernel's. */
INLINE u32 namespace_flags(u64 flags) {
    u32 out = 0;
    out |= flags & 0x00000400 ? 1 << 0 : 0; /* FILES */
    out |= flags & 0x00000200 ? 1 << 1 : 0; /* FS */
    out |= flags & 0x08000000 ? 1 << 3 : 0; /* NEWIPC */
    out |= flags & 0x40000000 ? 1 << 4 : 0; /* NEWNET */
    out |= flags & 0x00020000 ? 1 << 5 : 0; /* NEWNS */
    out |= flags & 0x20000000 ? 1 << 6 : 0; /* NEWPID */
    out |= flags & 0x04000000 ? 1 << 7 : 0; /* NEWUTS */
    out |= flags & 0x00000800 ? 1 << 11 : 0; /* SIGHAND */
    out |= flags & 0x00040000 ? 1 << 12 : 0; /* SYSVSEM */
    out |= flags & 0x00010000 ? 1 << 13 : 0; /* THREAD */
    out |= flags & 0x00000100 ? 1 << 15 : 0; /* VM */
    out |= flags & 0x10000000 ? 1 << 20 : 0; /* NEWUSER */
    out |= flags & 0x02000000 ? 1 << 28 : 0; /* NEWCGROUP */
    return out;
}

SYSCALL(setns, 241, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, namespace_flags(ARG1(regs)));
}

SYSCALL(unshare, 285, FAMILY_PROCESS, 2) {
    push_s64(e, ret);
    push_u32(e, namespace_flags(ARG0(regs)));
}

SYSCALL(setuid, 199, FAMILY_PROCESS, 2) {
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
}

SYSCALL(setgid, 201, FAMILY_PROCESS, 2) {
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
}

SYSCALL(setresuid, 193, FAMILY_PROCESS, 4) {
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
    push_u32(e, ARG1(regs));
    push_u32(e, ARG2(regs));
}

SYSCALL(setsid, 275, FAMILY_PROCESS, 1) {
    push_s64(e, ret);
}

SYSCALL(setpgid, 295, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_s64(e, (s32)ARG1(regs));
}

SYSCALL(kill, 129, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u8(e, ARG1(regs));
}

/* PR_SET_NAME */
#define SET_NAME 15

SYSCALL(prctl, 401, FAMILY_PROCESS, 4) {
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
    if (ARG0(regs) == SET_NAME) {
        push_user_text(e, (void *)ARG1(regs));
        push_s64(e, 0);
    } else {
        push_empty(e);
        push_s64(e, ARG1(regs));
    }
}

SYSCALL(dup, 367, FAMILY_PROCESS, 2) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
}

SYSCALL(dup2, 363, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_s64(e, (s32)ARG1(regs));
}

SYSCALL(dup3, 365, FAMILY_PROCESS, 4) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_s64(e, (s32)ARG1(regs));
    /* O_CLOEXEC is the only flag it takes. */
    push_u32(e, ARG2(regs) & 02000000 ? 1 << 12 : 0);
}
