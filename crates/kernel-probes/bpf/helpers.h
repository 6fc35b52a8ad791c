/* The BPF helpers, section and map macros and CO-RE reads that the probes use. */
#ifndef QUAYWATCH_HELPERS_H
#define QUAYWATCH_HELPERS_H

#include "abi.h"

#define NULL ((void *)0)
#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define MAP_UINT(name, value) int(*name)[value]
#define MAP_TYPE(name, value) __typeof__(value) *name

enum map_type {
    MAP_ARRAY = 2,
    MAP_PROG_ARRAY = 3,
    MAP_PERCPU_ARRAY = 6,
    MAP_LRU_HASH = 9,
    MAP_RINGBUF = 27,
};

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*bpf_tail_call)(void *context, void *table, u32 index) = (void *)12;
static u32 (*bpf_get_smp_processor_id)(void) = (void *)8;
static u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*bpf_probe_read_user)(void *to, u32 size, const void *from) = (void *)112;
static long (*bpf_probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*bpf_probe_read_user_str)(void *to, u32 size, const void *from) = (void *)114;
static long (*bpf_probe_read_kernel_str)(void *to, u32 size, const void *from) = (void *)115;
static u64 (*bpf_ktime_get_boot_ns)(void) = (void *)125;
static long (*bpf_ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static u64 (*bpf_ringbuf_query)(void *ring, u64 flags) = (void *)134;

/* Reads ptr->field from anywhere in the kernel; zero when the memory is not there. */
#define READ(ptr, field)                                                                           \
    ({                                                                                             \
        __typeof__((ptr)->field) value_;                                                           \
        bpf_probe_read_kernel((void *)&value_, sizeof(value_), &(ptr)->field);                     \
        value_;                                                                                    \
    })

/* Reads ptr->first into a and ptr->second into b: with one call where the second ends within
 * `span` bytes behind the first, which is so on recent kernels. The verifier wants both aligned. */
#define READ_TWO(ptr, first, a, second, b, span)                                                   \
    do {                                                                                           \
        u64 from_ = FIELD_OFFSET((ptr)->first) & ~7ull;                                            \
        u64 to_ = FIELD_OFFSET((ptr)->second);                                                     \
        if (to_ > from_ && to_ - from_ <= (span) - sizeof(b)) {                                    \
            u8 bytes_[span] __attribute__((aligned(8)));                                           \
            bpf_probe_read_kernel(bytes_, span, (u8 *)(ptr) + from_);                              \
            u64 at_ = FIELD_OFFSET((ptr)->first) & 7;                                              \
            FORGET(at_); /* else it becomes an `or`, which a pointer must not have */              \
            a = *(__typeof__(a) *)(bytes_ + at_);                                                  \
            b = *(__typeof__(b) *)(bytes_ + (to_ - from_));                                        \
        } else {                                                                                   \
            a = READ(ptr, first);                                                                  \
            b = READ(ptr, second);                                                                 \
        }                                                                                          \
    } while (0)

#define FIELD_OFFSET(field) __builtin_preserve_field_info(field, 0)
#define FIELD_EXISTS(field) __builtin_preserve_field_info(field, 2)
#define FIELD_SIZE(field) __builtin_preserve_field_info(field, 1)
#define TYPE_EXISTS(type) __builtin_preserve_type_info(*(type *)0, 0)
#define TYPE_SIZE(type) __builtin_preserve_type_info(*(type *)0, 1)

/* A tail call to a place known now: the kernel makes it a plain jump, and no guess of an indirect
 * branch can go wrong. Written out, since the compiler would join it with another call. */
#define JUMP(context, table, slot)                                                                 \
    asm volatile("r1 = %[c]\n\tr2 = %[t]\n\tr3 = %[s]\n\tcall 12"                                 \
                 :                                                                                 \
                 : [c] "r"(context), [t] "r"(&(table)), [s] "i"(slot)                              \
                 : "r0", "r1", "r2", "r3", "r4", "r5", "memory")

/* Keeps the compiler from remembering what it knew of a value, so that the masks that the
 * verifier needs stay in the code. */
#define FORGET(value) asm volatile("" : "+r"(value))

#endif
