/* Bits of the kernel as Falco numbers them. */
#ifndef QUAYWATCH_FLAGS_H
#define QUAYWATCH_FLAGS_H

#include "event.h"

#define BIT_FROM(value, from, to) ((value) & (from) ? (to) : 0)

/* The kernel's open flags, x86-64 and arm64 where they agree. */
enum {
    K_WRONLY = 1,
    K_RDWR = 2,
    K_CREAT = 0100,
    K_EXCL = 0200,
    K_TRUNC = 01000,
    K_APPEND = 02000,
    K_NONBLOCK = 04000,
    K_DSYNC = 010000,
    K_CLOEXEC = 02000000,
    K_SYNC = 04010000,
    K_TMPFILE_BIT = 020000000,
#if defined(__TARGET_ARCH_x86)
    K_DIRECT = 040000,
    K_LARGEFILE = 0100000,
    K_DIRECTORY = 0200000,
#else
    K_DIRECTORY = 040000,
    K_DIRECT = 0200000,
    K_LARGEFILE = 0400000,
#endif
};

/* file_flags of an open. */
INLINE u32 file_flags(u64 flags) {
    u32 access = flags & 3;
    u32 out = access == 0 ? 1 : access == K_WRONLY ? 2 : access == K_RDWR ? 3 : 0;
    out |= BIT_FROM(flags, K_CREAT, 1 << 2);
    out |= BIT_FROM(flags, K_APPEND, 1 << 3);
    out |= BIT_FROM(flags, K_DSYNC, 1 << 4);
    out |= BIT_FROM(flags, K_EXCL, 1 << 5);
    out |= BIT_FROM(flags, K_NONBLOCK, 1 << 6);
    out |= (flags & K_SYNC) == K_SYNC ? 1 << 7 : 0;
    out |= BIT_FROM(flags, K_TRUNC, 1 << 8);
    out |= BIT_FROM(flags, K_DIRECT, 1 << 9);
    out |= BIT_FROM(flags, K_DIRECTORY, 1 << 10);
    out |= BIT_FROM(flags, K_LARGEFILE, 1 << 11);
    out |= BIT_FROM(flags, K_CLOEXEC, 1 << 12);
    out |= BIT_FROM(flags, K_TMPFILE_BIT, 1 << 13);
    return out;
}

/* file_flags of a call that takes only O_CLOEXEC, O_NONBLOCK and O_DIRECT. */
INLINE u32 descriptor_flags(u64 flags) {
    return BIT_FROM(flags, K_CLOEXEC, 1 << 12) | BIT_FROM(flags, K_NONBLOCK, 1 << 6) |
           BIT_FROM(flags, K_DIRECT, 1 << 9);
}

/* clone_flags. */
INLINE u32 clone_flags_of(u64 flags) {
    u32 out = 0;
    out |= BIT_FROM(flags, 0x00000400, 1 << 0);  /* FILES */
    out |= BIT_FROM(flags, 0x00000200, 1 << 1);  /* FS */
    out |= BIT_FROM(flags, 0x80000000, 1 << 2);  /* IO */
    out |= BIT_FROM(flags, 0x08000000, 1 << 3);  /* NEWIPC */
    out |= BIT_FROM(flags, 0x40000000, 1 << 4);  /* NEWNET */
    out |= BIT_FROM(flags, 0x00020000, 1 << 5);  /* NEWNS */
    out |= BIT_FROM(flags, 0x20000000, 1 << 6);  /* NEWPID */
    out |= BIT_FROM(flags, 0x04000000, 1 << 7);  /* NEWUTS */
    out |= BIT_FROM(flags, 0x00008000, 1 << 8);  /* PARENT */
    out |= BIT_FROM(flags, 0x00100000, 1 << 9);  /* PARENT_SETTID */
    out |= BIT_FROM(flags, 0x00002000, 1 << 10); /* PTRACE */
    out |= BIT_FROM(flags, 0x00000800, 1 << 11); /* SIGHAND */
    out |= BIT_FROM(flags, 0x00040000, 1 << 12); /* SYSVSEM */
    out |= BIT_FROM(flags, 0x00010000, 1 << 13); /* THREAD */
    out |= BIT_FROM(flags, 0x00800000, 1 << 14); /* UNTRACED */
    out |= BIT_FROM(flags, 0x00000100, 1 << 15); /* VM */
    out |= BIT_FROM(flags, 0x10000000, 1 << 20); /* NEWUSER */
    out |= BIT_FROM(flags, 0x00200000, 1 << 23); /* CHILD_CLEARTID */
    out |= BIT_FROM(flags, 0x01000000, 1 << 24); /* CHILD_SETTID */
    out |= BIT_FROM(flags, 0x00080000, 1 << 25); /* SETTLS */
    out |= BIT_FROM(flags, 0x00004000, 1 << 27); /* VFORK */
    out |= BIT_FROM(flags, 0x02000000, 1 << 28); /* NEWCGROUP */
    return out;
}

#endif
