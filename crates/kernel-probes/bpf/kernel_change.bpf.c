/* Calls that change the kernel or what is mounted: bpf, modules, mounts, and memfd_create and
 * userfaultfd, which attacks use. */
#include "path.h"

/* Bytes of a module's image that are sent: Falco's snapshot length. */
#define SNAPSHOT_BYTES 80

SYSCALL(bpf, 369, FAMILY_KERNEL, 2) {
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
}

SYSCALL(init_module, 411, FAMILY_KERNEL, 4) {
    u64 size = ARG1(regs);
    push_s64(e, ret);
    push_user_bytes(e, (void *)ARG0(regs), size > SNAPSHOT_BYTES ? SNAPSHOT_BYTES : size, 0);
    push_u64(e, size);
    push_user_text(e, (void *)ARG2(regs));
}

SYSCALL(finit_module, 413, FAMILY_KERNEL, 4) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_u32(e, ARG2(regs) & 7);
}

SYSCALL(delete_module, 425, FAMILY_KERNEL, 3) {
    u64 flags = ARG1(regs);
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_u32(e, (flags & 04000 ? 2 : 0) | (flags & 01000 ? 1 : 0));
}

SYSCALL(mount, 257, FAMILY_KERNEL, 5) {
    u64 flags = ARG3(regs);
    /* A magic number that old programs put into the upper half. */
    if ((flags & 0xffff0000) == 0xc0ed0000)
        flags &= 0xffff;
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_user_text(e, (void *)ARG1(regs));
    push_user_text(e, (void *)ARG2(regs));
    push_u32(e, flags);
}

/* Exists for 32-bit programs only. */
SYSCALL(umount, 387, FAMILY_KERNEL, 2) {
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
}

SYSCALL(umount2, 391, FAMILY_KERNEL, 3) {
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_u32(e, ARG1(regs));
}

SYSCALL(memfd_create, 405, FAMILY_KERNEL, 3) {
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    push_u32(e, ARG1(regs) & 7);
}

SYSCALL(userfaultfd, 321, FAMILY_KERNEL, 2) {
    u64 flags = ARG0(regs);
    push_s64(e, ret);
    push_u32(e, (flags & 02000000 ? 1 << 12 : 0) | (flags & 04000 ? 1 << 6 : 0));
}
