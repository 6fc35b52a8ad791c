/* chmod, fchmod, fchmodat, chown, lchown, fchown, fchownat. */
#include "path.h"

SYSCALL(chmod, 315, FAMILY_FILE, 3) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_u32(e, ARG1(regs) & 07777);
}

SYSCALL(fchmod, 317, FAMILY_FILE, 3) {
    describe(e, file_of_fd(task, (s32)ARG0(regs)));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, ARG1(regs) & 07777);
}

SYSCALL(fchmodat, 313, FAMILY_FILE, 4) {
    base(e, task, ARG0(regs), (void *)ARG1(regs));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_u32(e, ARG2(regs) & 07777);
}

SYSCALL(chown, 379, FAMILY_FILE, 4) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_u32(e, ARG1(regs));
    push_u32(e, ARG2(regs));
}

SYSCALL(lchown, 381, FAMILY_FILE, 4) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_u32(e, ARG1(regs));
    push_u32(e, ARG2(regs));
}

SYSCALL(fchown, 383, FAMILY_FILE, 4) {
    describe(e, file_of_fd(task, (s32)ARG0(regs)));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, ARG1(regs));
    push_u32(e, ARG2(regs));
}

/* Falco's AT_SYMLINK_NOFOLLOW is 0x400 here, the kernel's 0x100; AT_EMPTY_PATH is the same. */
SYSCALL(fchownat, 385, FAMILY_FILE, 6) {
    base(e, task, ARG0(regs), (void *)ARG1(regs));
    u64 flags = ARG4(regs);
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_u32(e, ARG2(regs));
    push_u32(e, ARG3(regs));
    push_u32(e, (flags & 0x100 ? 0x400 : 0) | (flags & 0x1000));
}
