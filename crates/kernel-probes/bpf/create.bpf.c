/* mkdir, mkdirat, mknod, mknodat, symlink, symlinkat, link, linkat. */
#include "path.h"

SYSCALL(mkdir, 277, FAMILY_FILE, 3) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_u32(e, ARG1(regs));
}

SYSCALL(mkdirat, 305, FAMILY_FILE, 4) {
    base(e, task, ARG0(regs), (void *)ARG1(regs));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_u32(e, ARG2(regs));
}

SYSCALL(mknod, 415, FAMILY_FILE, 4) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_u32(e, ARG1(regs));
    push_u32(e, ARG2(regs));
}

SYSCALL(mknodat, 417, FAMILY_FILE, 5) {
    base(e, task, ARG0(regs), (void *)ARG1(regs));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_u32(e, ARG2(regs));
    push_u32(e, ARG3(regs));
}

SYSCALL(symlink, 179, FAMILY_FILE, 3) {
    base(e, task, AT_FDCWD, (void *)ARG1(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
}

SYSCALL(symlinkat, 181, FAMILY_FILE, 4) {
    base(e, task, ARG1(regs), (void *)ARG2(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_s64(e, (s32)ARG1(regs));
    push_user_text(e, (void *)ARG2(regs));
}

SYSCALL(link, 309, FAMILY_FILE, 3) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    base(e, task, AT_FDCWD, (void *)ARG1(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
}

/* AT_SYMLINK_FOLLOW and AT_EMPTY_PATH have their own numbers in Falco's table too. */
SYSCALL(linkat, 311, FAMILY_FILE, 6) {
    base(e, task, ARG0(regs), (void *)ARG1(regs));
    base(e, task, ARG2(regs), (void *)ARG3(regs));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_s64(e, (s32)ARG2(regs));
    push_user_text(e, (void *)ARG3(regs));
    push_u32(e, ARG4(regs) & 0x1400);
}
