/* What is wanted of the events: tests made before an event is built. */
#ifndef QUAYWATCH_FILTER_H
#define QUAYWATCH_FILTER_H

#include "event.h"

/* Eight bytes at a time: the top bit of each byte that equals `byte`. No carry passes from one
 * byte to the next: '.' and '/' are neighbours, so the usual shortcut would see both in each. */
#define EVERY_BYTE 0x0101010101010101ull
#define LOW_BITS (EVERY_BYTE * 0x7f)
#define ZERO_BYTES(word) (~((((word)&LOW_BITS) + LOW_BITS) | (word) | LOW_BITS))
#define BYTES_EQUAL(word, byte) ZERO_BYTES((word) ^ (EVERY_BYTE * (byte)))

INLINE struct config *current_config(void) {
    u32 key = 0;
    return bpf_map_lookup_elem(&config, &key);
}

INLINE struct interest *current_interest(struct config *c) {
    u32 key = c->generation & 1;
    return bpf_map_lookup_elem(&interest, &key);
}

/* Asks too much rather than too little: any mount namespace but that of the host's init counts,
 * and any pid namespace but the first. */
INLINE int in_container(struct task_struct *task) {
    struct pid *pid = task->thread_pid;
    struct task_struct *init = pid->numbers[0].ns->child_reaper;
    return task->nsproxy->mnt_ns != init->nsproxy->mnt_ns || pid->level > 0;
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
