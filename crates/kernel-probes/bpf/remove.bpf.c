/* unlink, unlinkat, rmdir, rename, renameat, renameat2. */
#include "event.h"

SYSCALL(unlink, 301, FAMILY_FILE, 2) {
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
}

SYSCALL(unlinkat, 303, FAMILY_FILE, 4) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_u32(e, ARG2(regs) & 0x200);
}

SYSCALL(rmdir, 279, FAMILY_FILE, 2) {
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
}

SYSCALL(rename, 175, FAMILY_FILE, 3) {
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
}

INLINE void push_two_places(struct scratch *e, struct pt_regs *regs, s64 ret) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_s64(e, (s32)ARG2(regs));
    push_user_text(e, (void *)ARG3(regs));
}

SYSCALL(renameat, 177, FAMILY_FILE, 5) {
    push_two_places(e, regs, ret);
}

SYSCALL(renameat2, 319, FAMILY_FILE, 6) {
    push_two_places(e, regs, ret);
    push_u32(e, ARG4(regs) & 7);
}
