/* Reading and writing: much traffic, shipped only when a rule asks for it by name. */
#include "flags.h"
#include "message.h"

/* The descriptor of the call is the first argument. */
#define ON_FD() describe(e, file_of_fd(task, (s32)ARG0(regs)))

INLINE void push_read_data(struct scratch *e, u64 buffer, s64 ret) {
    push_user_bytes(e, (void *)buffer, ret > 0 ? snapshot_of(ret) : 0, 0);
}

/* Of a write that failed, what was to be written. */
INLINE void push_written_data(struct scratch *e, u64 buffer, u64 size, s64 ret) {
    push_user_bytes(e, (void *)buffer, snapshot_of(ret > 0 ? (u64)ret : size), 0);
}

SYSCALL(read, 7, FAMILY_READ, 4) {
    ON_FD();
    push_s64(e, ret);
    push_read_data(e, ARG1(regs), ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, ARG2(regs));
}

SYSCALL(write, 9, FAMILY_WRITE, 4) {
    ON_FD();
    push_s64(e, ret);
    push_written_data(e, ARG1(regs), ARG2(regs), ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, ARG2(regs));
}

/* 32-bit calls have the position in two halves. */
INLINE u64 position(u64 native, u64 *compat) {
    return compat ? compat[3] | compat[4] << 32 : native;
}

SYSCALL(pread64, 113, FAMILY_READ, 5) {
    ON_FD();
    push_s64(e, ret);
    push_read_data(e, ARG1(regs), ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, ARG2(regs));
    push_u64(e, position(ARG3(regs), compat));
}

SYSCALL(pwrite64, 115, FAMILY_WRITE, 5) {
    ON_FD();
    push_s64(e, ret);
    push_written_data(e, ARG1(regs), ARG2(regs), ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, ARG2(regs));
    push_u64(e, position(ARG3(regs), compat));
}

INLINE void push_gathered(struct scratch *e, s64 ret, u64 pieces, u64 count, u64 *compat) {
    push_s64(e, ret);
    push_u32(e, ret > 0 ? ret : 0);
    push_pieces(e, pieces, count, ret > 0 ? snapshot_of(ret) : 0, compat);
}

INLINE void push_scattered(struct scratch *e, s64 ret, s32 fd, u64 pieces, u64 count, u64 *compat) {
    push_s64(e, ret);
    push_pieces(e, pieces, count, ret > 0 ? snapshot_of(ret) : SNAPSHOT_BYTES, compat);
    push_s64(e, fd);
    push_u32(e, pieces_size(e, pieces, count, compat));
}

SYSCALL(readv, 117, FAMILY_READ, 4) {
    ON_FD();
    push_gathered(e, ret, ARG1(regs), ARG2(regs), compat);
    push_s64(e, (s32)ARG0(regs));
}

SYSCALL(preadv, 121, FAMILY_READ, 5) {
    ON_FD();
    push_gathered(e, ret, ARG1(regs), ARG2(regs), compat);
    push_s64(e, (s32)ARG0(regs));
    push_u64(e, position(ARG3(regs), compat));
}

SYSCALL(writev, 119, FAMILY_WRITE, 4) {
    ON_FD();
    push_scattered(e, ret, ARG0(regs), ARG1(regs), ARG2(regs), compat);
}

SYSCALL(pwritev, 123, FAMILY_WRITE, 5) {
    ON_FD();
    push_scattered(e, ret, ARG0(regs), ARG1(regs), ARG2(regs), compat);
    push_u64(e, position(ARG3(regs), compat));
}

SYSCALL(lseek, 87, FAMILY_QUERY, 4) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u64(e, ARG1(regs));
    push_u8(e, ARG2(regs));
}

SYSCALL(sendfile, 189, FAMILY_WRITE, 5) {
    ON_FD();
    u64 offset = 0;
    if (ARG2(regs))
        bpf_probe_read_user(&offset, compat ? 4 : 8, (void *)ARG2(regs));
    push_s64(e, ret);
    push_u64(e, offset);
    push_s64(e, (s32)ARG0(regs));
    push_s64(e, (s32)ARG1(regs));
    push_u64(e, ARG3(regs));
}

SYSCALL(splice, 167, FAMILY_WRITE, 5) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_s64(e, (s32)ARG2(regs));
    push_u64(e, ARG4(regs));
    push_u32(e, ARG5(regs) & 15);
}

SYSCALL(copy_file_range, 333, FAMILY_WRITE, 6) {
    describe(e, file_of_fd(task, (s32)ARG2(regs)));
    push_s64(e, ret);
    push_s64(e, (s32)ARG2(regs));
    push_u64(e, ARG3(regs));
    push_s64(e, (s32)ARG0(regs));
    push_u64(e, ARG1(regs));
    push_u64(e, ARG4(regs));
}

SYSCALL(ioctl, 171, FAMILY_QUERY, 4) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u64(e, ARG1(regs));
    push_u64(e, ARG2(regs));
}

SYSCALL(flock, 243, FAMILY_QUERY, 3) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_u32(e, ARG1(regs) & 15);
}

SYSCALL(getdents, 237, FAMILY_READ, 2) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
}

SYSCALL(getdents64, 239, FAMILY_READ, 2) {
    ON_FD();
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
}

/* Of another process: the caller's side of the data. */
SYSCALL(process_vm_readv, 421, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_pieces(e, ARG1(regs), ARG2(regs), ret > 0 ? snapshot_of(ret) : 0, compat);
}

SYSCALL(process_vm_writev, 423, FAMILY_PROCESS, 3) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_pieces(e, ARG1(regs), ARG2(regs), ret > 0 ? snapshot_of(ret) : 0, compat);
}
