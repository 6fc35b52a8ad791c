/* Memory: brk, mmap, munmap, mprotect and the locks. */
#include "flags.h"
#include "task.h"

/* vm_size, vm_rss, vm_swap. */
INLINE void push_memory(struct scratch *s, struct mm_struct *mm) {
    push_u32(s, READ(mm, total_vm) * PAGE_KIB);
    s64 resident = RESIDENT_PAGES(mm, 0) + RESIDENT_PAGES(mm, 1) + RESIDENT_PAGES(mm, 3);
    push_u32(s, resident * PAGE_KIB);
    push_u32(s, RESIDENT_PAGES(mm, 2) * PAGE_KIB);
}

INLINE u32 protection(u64 bits) {
    return (bits & 15) | BIT_FROM(bits, 0x01000000, 16) | BIT_FROM(bits, 0x02000000, 32);
}

INLINE u32 map_flags(u64 flags) {
    return (flags & 3) | BIT_FROM(flags, 0x10, 4) | BIT_FROM(flags, 0x20, 8) | BIT_FROM(flags, 0x40, 16) |
           BIT_FROM(flags, 0x4000, 64) | BIT_FROM(flags, 0x8000, 128) | BIT_FROM(flags, 0x10000, 256) |
           BIT_FROM(flags, 0x100, 512) | BIT_FROM(flags, 0x800, 1024) | BIT_FROM(flags, 0x1000, 2048) |
           BIT_FROM(flags, 0x2000, 16384);
}

SYSCALL(brk, 159, FAMILY_MEMORY, 5) {
    push_u64(e, ret);
    push_memory(e, task->mm);
    push_u64(e, ARG0(regs));
}

SYSCALL(mmap, 161, FAMILY_MEMORY, 10) {
    describe(e, file_of_fd(task, (s32)ARG4(regs)));
    push_s64(e, ret);
    push_memory(e, task->mm);
    push_u64(e, ARG0(regs));
    push_u64(e, ARG1(regs));
    push_u32(e, protection(ARG2(regs)));
    push_u32(e, map_flags(ARG3(regs)));
    push_s64(e, (s32)ARG4(regs));
    push_u64(e, ARG5(regs));
}

SYSCALL(munmap, 165, FAMILY_MEMORY, 6) {
    push_s64(e, ret);
    push_memory(e, task->mm);
    push_u64(e, ARG0(regs));
    push_u64(e, ARG1(regs));
}

SYSCALL(mprotect, 329, FAMILY_MEMORY, 4) {
    push_s64(e, ret);
    push_u64(e, ARG0(regs));
    push_u64(e, ARG1(regs));
    push_u32(e, protection(ARG2(regs)));
}

SYSCALL(mlock, 345, FAMILY_MEMORY, 3) {
    push_s64(e, ret);
    push_u64(e, ARG0(regs));
    push_u64(e, ARG1(regs));
}

SYSCALL(mlock2, 371, FAMILY_MEMORY, 4) {
    push_s64(e, ret);
    push_u64(e, ARG0(regs));
    push_u64(e, ARG1(regs));
    push_u32(e, ARG2(regs) & 1);
}

SYSCALL(munlock, 347, FAMILY_MEMORY, 3) {
    push_s64(e, ret);
    push_u64(e, ARG0(regs));
    push_u64(e, ARG1(regs));
}

SYSCALL(mlockall, 349, FAMILY_MEMORY, 2) {
    push_s64(e, ret);
    push_u32(e, ARG0(regs) & 7);
}

SYSCALL(munlockall, 351, FAMILY_MEMORY, 1) {
    push_s64(e, ret);
}
