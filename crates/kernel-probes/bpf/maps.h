/* The maps. All are pinned by the sensor under their names. */
#ifndef QUAYWATCH_MAPS_H
#define QUAYWATCH_MAPS_H

#include "helpers.h"

struct {
    MAP_UINT(type, MAP_RINGBUF);
    MAP_UINT(max_entries, 8388608);
} ring SEC(".maps");

struct {
    MAP_UINT(type, MAP_PROG_ARRAY);
    MAP_UINT(max_entries, SYSCALL_COUNT);
    MAP_UINT(key_size, 4);
    MAP_UINT(value_size, 4);
} programs SEC(".maps");

struct {
    MAP_UINT(type, MAP_ARRAY);
    MAP_UINT(max_entries, 1);
    MAP_TYPE(key, u32);
    MAP_TYPE(value, struct config);
} config SEC(".maps");

struct {
    MAP_UINT(type, MAP_ARRAY);
    MAP_UINT(max_entries, 2);
    MAP_TYPE(key, u32);
    MAP_TYPE(value, struct interest);
} interest SEC(".maps");

struct {
    MAP_UINT(type, MAP_ARRAY);
    MAP_UINT(max_entries, 1);
    MAP_TYPE(key, u32);
    MAP_TYPE(value, struct numbers);
} numbers SEC(".maps");

/* Where the last message of an unconnected socket went, as a hash. Forgets the oldest. */
struct {
    MAP_UINT(type, MAP_LRU_HASH);
    MAP_UINT(max_entries, 8192);
    MAP_TYPE(key, u64);
    MAP_TYPE(value, u64);
} peers SEC(".maps");

struct {
    MAP_UINT(type, MAP_ARRAY);
    MAP_UINT(max_entries, 2);
    MAP_TYPE(key, u32);
    MAP_TYPE(value, struct prefixes);
} prefixes SEC(".maps");

struct {
    MAP_UINT(type, MAP_PERCPU_ARRAY);
    MAP_UINT(max_entries, 1);
    MAP_TYPE(key, u32);
    MAP_TYPE(value, struct counters);
} counters SEC(".maps");

struct {
    MAP_UINT(type, MAP_ARRAY);
    MAP_UINT(max_entries, 1);
    MAP_TYPE(key, u32);
    MAP_TYPE(value, struct state);
} state SEC(".maps");

INLINE struct counters *counters_of_cpu(void) {
    u32 key = 0;
    return bpf_map_lookup_elem(&counters, &key);
}

INLINE void count_seen(u32 family) {
    struct counters *c = counters_of_cpu();
    if (c)
        c->seen[family & (FAMILY_COUNT - 1)]++;
}

INLINE void count_filtered(u32 family) {
    struct counters *c = counters_of_cpu();
    if (c) {
        c->seen[family & (FAMILY_COUNT - 1)]++;
        c->filtered[family & (FAMILY_COUNT - 1)]++;
    }
}

INLINE void count_loss(u32 reason, u32 family) {
    struct counters *c = counters_of_cpu();
    if (c)
        c->lost[((reason & (LOSS_COUNT - 1)) * FAMILY_COUNT) | (family & (FAMILY_COUNT - 1))]++;
}

#endif
