/* unlink, unlinkat, rmdir, rename, renameat, renameat2. */
#include "path.h"

SYSCALL(unlink, 301, FAMILY_FILE, 2) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
}

SYSCALL(unlinkat, 303, FAMILY_FILE, 4) {
    base(e, task, ARG0(regs), (void *)ARG1(regs));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_u32(e, ARG2(regs) & 0x200);
}

SYSCALL(rmdir, 279, FAMILY_FILE, 2) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
}

SYSCALL(rename, 175, FAMILY_FILE, 3) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    base(e, task, AT_FDCWD, (void *)ARG1(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
}

INLINE void push_two_places(struct scratch *e, struct pt_regs *regs, s64 ret, u64 *compat) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_s64(e, (s32)ARG2(regs));
    push_user_text(e, (void *)ARG3(regs));
}

SYSCALL(renameat, 177, FAMILY_FILE, 5) {
    base(e, task, ARG0(regs), (void *)ARG1(regs));
    base(e, task, ARG2(regs), (void *)ARG3(regs));
    push_two_places(e, regs, ret, compat);
}

SYSCALL(renameat2, 319, FAMILY_FILE, 6) {
    base(e, task, ARG0(regs), (void *)ARG1(regs));
    base(e, task, ARG2(regs), (void *)ARG3(regs));
    push_two_places(e, regs, ret, compat);
    push_u32(e, ARG4(regs) & 7);
}
