/* What a process does to itself or to another: namespaces, identities, descriptors, signals. */
#include "flags.h"
#include "path.h"

SYSCALL(setns, 241, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, clone_flags_of(ARG1(regs)));
}

SYSCALL(unshare, 285, FAMILY_PROCESS, 2) {
    push_s64(e, ret);
    push_u32(e, clone_flags_of(ARG0(regs)));
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

