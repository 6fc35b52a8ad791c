/* What is wanted of the events: tests made before an event is built. */
#ifndef QUAYWATCH_FILTER_H
#define QUAYWATCH_FILTER_H

#include "event.h"

/* First bytes of a path that the prefix automaton may look at; see limits.rs. */
#define PREFIX_BYTES 64

/* Eight bytes at a time: the top bit of each byte that equals `byte` (and, seldom, of one above
 * such a byte: that only asks for too much). */
#define EVERY_BYTE 0x0101010101010101ull
#define ZERO_BYTES(word) (((word)-EVERY_BYTE) & ~(word) & (EVERY_BYTE << 7))
#define BYTES_EQUAL(word, byte) ZERO_BYTES((word) ^ (EVERY_BYTE * (byte)))

INLINE struct config *current_config(void) {
    u32 key = 0;
    return bpf_map_lookup_elem(&config, &key);
}

INLINE struct interest *current_interest(struct config *c) {
    u32 key = c->generation & 1;
    return bpf_map_lookup_elem(&interest, &key);
}

/* Asks too much rather than too little: any own mount namespace or pid namespace counts. */
INLINE int in_container(struct config *c, struct task_struct *task) {
    return task->nsproxy->mnt_ns->ns.inum != c->host_mount_namespace ||
           task->thread_pid->level > 0;
}

INLINE int ignored(struct config *c, u32 pid) {
    for (int i = 0; i < IGNORED_COUNT; i++) {
        u32 other = c->ignored[i];
        if (other == 0)
            return 0;
        if (other == pid)
            return 1;
    }
    return 0;
}

/* Whether the text of `length` bytes (NUL included) that ends the data may start with a wanted
 * prefix. A path with `//`, `/./` or `/../` is not what it seems, and always may. */
INLINE int path_wanted(struct scratch *s, struct config *c, u32 length, u32 accept) {
    u32 key = c->generation & 1;
    struct prefixes *p = bpf_map_lookup_elem(&prefixes, &key);
    if (!p)
        return 1;
    u8 *text = push_place(s);
    /* What lies behind the text is left over from other events. */
    if (length > TEXT_BYTES)
        return 1;
    *(u64 *)&text[length] = 0;
    u32 state = 1;
    for (int i = 0; i < PREFIX_BYTES; i++) {
        u32 class = p->classes[text[i]] & (PREFIX_CLASSES - 1);
        u32 step = p->steps[((state & (PREFIX_STATES - 1)) * PREFIX_CLASSES) | class];
        if (step & accept)
            return 1;
        state = step & STEP_STATE;
        if (state == 0)
            break;
    }
    for (u32 i = 0; i < TEXT_BYTES; i += 8) {
        if (i >= length)
            return 0;
        u64 here = *(u64 *)&text[i], next = *(u64 *)&text[i + 1], third = *(u64 *)&text[i + 2];
        u64 slash = BYTES_EQUAL(here, '/');
        u64 odd = slash & (BYTES_EQUAL(next, '/') |
                           (BYTES_EQUAL(next, '.') & (BYTES_EQUAL(third, '/') | BYTES_EQUAL(third, '.') |
                                                      BYTES_EQUAL(third, 0))));
        if (odd)
            return 1;
    }
    return 1;
}

#endif
