/* Building one event: parameters are pushed into this CPU's scratch space one after another, the
 * header is filled last, and one call copies the whole into the ring. For system calls, one
 * program does that last part for all of them, since the verifier takes long over it. The counts of bytes and
 * parameters live in the scratch itself: what the verifier cannot know it need not track. */
#ifndef QUAYWATCH_EVENT_H
#define QUAYWATCH_EVENT_H

#include "kernel.h"
#include "maps.h"

/* Room behind the last place a text may start at. */
#define SLACK_BYTES (TEXT_BYTES + 64)

struct scratch {
    u32 busy;
    u32 size; /* of data, so far */
    u32 params; /* pushed so far */
    u32 work; /* bytes in use at the end of `path`, or a length being added up */
    u32 family;
    u32 missing; /* parameters that could not be read */
    u32 again; /* the program that SLOT_AGAIN starts, 0 for none */
    u32 round; /* events that the call has made before this one */
    u32 same_peer; /* DESCRIPTOR_SAME_PEER or 0 */
    u32 reserved;
    struct path *resolve; /* of the path that SLOT_RESOLVE pushes */
    u32 resolve_flag; /* what it is: EVENT_RESOLVED_PATH or EVENT_BASE */
    u32 reserved_too;
    struct file *describe; /* what SLOT_DESCRIBE describes */
    u64 args[6]; /* of a 32-bit call */
    /* Of the loop over a message's pieces: what lies in memory the verifier need not track. */
    u64 pieces;
    u64 piece_count;
    u64 piece_bytes;
    u64 wanted;
    struct event_header header;
    u8 data[DATA_BYTES + SLACK_BYTES];
    u8 path[2 * TEXT_BYTES];
    struct abi_numbers numbers;
};

/* max_entries is set to the number of possible CPUs by the sensor. */
struct {
    MAP_UINT(type, MAP_ARRAY);
    MAP_UINT(max_entries, 1);
    MAP_TYPE(key, u32);
    MAP_TYPE(value, struct scratch);
} scratch SEC(".maps");

#define DATA_MASK (DATA_BYTES - 1)

/* Starts an event of `params` parameters. Tracepoint programs may be preempted on some kernels,
 * so the scratch is taken with an exchange; whoever comes second is counted as lost. */
INLINE struct scratch *event_begin(u32 code, u32 family, u32 params) {
    u32 cpu = bpf_get_smp_processor_id();
    struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);
    if (!s)
        return NULL;
    if (__sync_lock_test_and_set(&s->busy, 1)) {
        count_seen(family);
        count_loss(LOSS_RECURSION, family);
        return NULL;
    }
    s->size = params * 2;
    s->params = 0;
    s->missing = 0;
    s->resolve = NULL;
    s->describe = NULL;
    s->same_peer = 0;
    s->family = family;
    s->header.code = code;
    s->header.param_count = params;
    s->header.cpu = cpu;
    s->header.flags = 0;
    return s;
}

INLINE void event_leave(struct scratch *s) {
    s->busy = 0;
}

INLINE void event_reject(struct scratch *s) {
    count_filtered(s->family);
    s->busy = 0;
}

/* Closes a parameter of `length` bytes that lie at the end of the data. */
INLINE void push_length(struct scratch *s, u32 length) {
    u32 index = s->params & 63;
    *(u16 *)&s->data[index * 2] = length;
    s->params = index + 1;
    s->size += length;
}

INLINE u8 *push_place(struct scratch *s) {
    u32 place = s->size & DATA_MASK;
    return &s->data[place];
}

#define PUSH_NUMBER(type)                                                                          \
    INLINE void push_##type(struct scratch *s, type value) {                                       \
        *(type *)push_place(s) = value;                                                            \
        push_length(s, sizeof(type));                                                              \
    }
PUSH_NUMBER(u8)
PUSH_NUMBER(u16)
PUSH_NUMBER(s16)
PUSH_NUMBER(u32)
PUSH_NUMBER(s32)
PUSH_NUMBER(u64)
PUSH_NUMBER(s64)

INLINE void push_empty(struct scratch *s) {
    push_length(s, 0);
}

/* Text of the calling process. A null pointer is an empty parameter, a bad one is counted. */
INLINE void push_user_text(struct scratch *s, const void *text) {
    long length = 0;
    if (text) {
        length = bpf_probe_read_user_str(push_place(s), TEXT_BYTES, text);
        if (length < 0) {
            s->missing++;
            length = 0;
        }
    }
    push_length(s, length);
}

INLINE void push_kernel_text(struct scratch *s, const void *text) {
    long length = bpf_probe_read_kernel_str(push_place(s), TEXT_BYTES, text);
    push_length(s, length < 0 ? 0 : length);
}

/* Bytes of the calling process, at most TEXT_BYTES; `text` puts a NUL on the last one. */
INLINE void push_user_bytes(struct scratch *s, const void *from, u64 size, int text) {
    u8 *place = push_place(s);
    u32 wanted = size > TEXT_BYTES ? TEXT_BYTES : size;
    if (wanted == 0) {
        push_length(s, 0);
        return;
    }
    FORGET(wanted);
    wanted &= 2 * TEXT_BYTES - 1;
    if (wanted > TEXT_BYTES)
        wanted = TEXT_BYTES;
    if (bpf_probe_read_user(place, wanted, from)) {
        s->missing++;
        push_length(s, 0);
        return;
    }
    if (text) {
        u32 last = (s->size + wanted - 1) & (2 * DATA_BYTES - 1);
        if (last < DATA_BYTES + SLACK_BYTES)
            s->data[last] = 0;
    }
    push_length(s, wanted);
}

/* Facts about the task that every event carries. */
INLINE void fill_header(struct event_header *h, struct task_struct *task) {
    struct task_struct *leader = task->group_leader;
    h->timestamp_ns = bpf_ktime_get_boot_ns();
    h->start_time_ns = leader->start_boottime;
    h->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
    h->tid = task->pid;
    h->pid = task->tgid;
    h->parent_pid = task->real_parent->tgid;
    h->uid = task->cred->euid.val;
    h->gid = task->cred->egid.val;
    h->mount_namespace = task->nsproxy->mnt_ns->ns.inum;
    struct pid *pid = leader->thread_pid;
    u32 level = pid->level;
    if (level == 0) {
        h->namespace_pid = pid->numbers[0].nr;
        h->pid_namespace = pid->numbers[0].ns->ns.inum;
        return;
    }
    struct upid upid = {};
    bpf_probe_read_kernel(&upid, sizeof(upid), &pid->numbers[level & 31]);
    h->namespace_pid = upid.nr;
    h->pid_namespace = READ(upid.ns, ns.inum);
}

/* What is shed when the ring fills, two bits a family: 0 is never shed, 1 when an eighth of the
 * ring is left, 2 a quarter, 3 a half. */
#define RANK(family, rank) ((u32)(rank) << (2 * (family)))
#define RANKS                                                                                      \
    (RANK(FAMILY_OTHER, 1) | RANK(FAMILY_OPEN, 2) | RANK(FAMILY_CONNECT, 1) |                      \
     RANK(FAMILY_SOCKET, 1) | RANK(FAMILY_FILE, 1) | RANK(FAMILY_READ, 3) | RANK(FAMILY_WRITE, 2) |\
     RANK(FAMILY_MEMORY, 3) | RANK(FAMILY_QUERY, 3) | RANK(FAMILY_GENERIC, 3))
enum { AVAILABLE_DATA = 0, RING_SIZE = 1 };

INLINE int shed(u32 family) {
    u32 rank = (RANKS >> (2 * family)) & 3;
    if (rank == 0)
        return 0;
    u64 size = bpf_ringbuf_query(&ring, RING_SIZE);
    return bpf_ringbuf_query(&ring, AVAILABLE_DATA) > size - (size >> (4 - rank));
}

/* Copies the event into the ring and gives the scratch back. The caller woken up is decided by
 * the kernel: only when the reader has read everything before. */
INLINE void event_submit(struct scratch *s, struct task_struct *task) {
    struct counters *c = counters_of_cpu();
    u32 family = s->family & (FAMILY_COUNT - 1);
    u32 size = s->size;
    if (!c)
        goto out;
    c->seen[family]++;
    c->lost[LOSS_USER_FAULT * FAMILY_COUNT + family] += s->missing;
    if (size > DATA_BYTES) {
        c->lost[LOSS_TOO_LARGE * FAMILY_COUNT + family]++;
        goto out;
    }
    if (shed(family)) {
        c->lost[LOSS_SHED * FAMILY_COUNT + family]++;
        goto out;
    }
    fill_header(&s->header, task);
    size += sizeof(struct event_header);
    s->header.length = size;
    s->header.reserved = 0;
    if (bpf_ringbuf_output(&ring, &s->header, size, 0))
        c->lost[LOSS_RING_FULL * FAMILY_COUNT + family]++;
    else
        c->shipped[family]++;
out:
    s->busy = 0;
}

/* Leaves the rest to the program in `slot`. A macro: the slot must be a constant. */
#define EVENT_FINISH(context, s, slot)                                                             \
    ({                                                                                             \
        JUMP(context, programs, slot);                                                             \
        count_seen((s)->family);                                                                   \
        count_loss(LOSS_NO_PROGRAM, (s)->family);                                                  \
        (s)->busy = 0;                                                                             \
        0;                                                                                         \
    })

/* The event that the program before this one built. */
INLINE struct scratch *event_begun(void) {
    u32 cpu = bpf_get_smp_processor_id();
    return bpf_map_lookup_elem(&scratch, &cpu);
}

/* The arguments of a 32-bit call, which the dispatcher has put aside; NULL for a native one. What
 * ARG0 to ARG5 look at. */
INLINE u64 *compat_arguments(struct scratch *s, struct task_struct *task) {
    if (LIKELY(!IS_COMPAT(task)))
        return NULL;
    s->header.flags |= EVENT_COMPAT;
    return s->args;
}

/* Asks for the descriptor to be described, behind the event's own parameters: before any push. */
INLINE void describe(struct scratch *s, struct file *file) {
    if (!file)
        return;
    s->describe = file;
    s->size += 4;
}

#define FINISH(context, e)                                                                         \
    ({                                                                                             \
        if (e->resolve)                                                                            \
            return EVENT_FINISH(context, e, SLOT_RESOLVE);                                         \
        if (e->describe)                                                                           \
            return EVENT_FINISH(context, e, SLOT_DESCRIBE);                                        \
        EVENT_FINISH(context, e, SLOT_SUBMIT);                                                     \
    })

/* One system call: the program `sys_NAME`, found by that name through one line in
 * crates/kernel-probes/src/syscalls.rs. The block that follows builds the event `e` from `regs`
 * and `ret` with as many pushes as the event has parameters; `e->resolve` asks for one more,
 * `describe` for two. */
#define SYSCALL(name, code, family, params)                                                        \
    INLINE void name##_event(struct scratch *e, struct task_struct *task, struct pt_regs *regs,    \
                             s64 ret, u64 *compat);                                                \
    SEC("tp_btf/sys_exit") int sys_##name(u64 *context) {                                          \
        struct pt_regs *regs = (struct pt_regs *)context[0];                                       \
        s64 ret = context[1];                                                                      \
        struct scratch *e = event_begin(code, family, params);                                     \
        if (!e)                                                                                    \
            return 0;                                                                              \
        struct task_struct *task = bpf_get_current_task_btf();                                     \
        name##_event(e, task, regs, ret, compat_arguments(e, task));                               \
        return FINISH(context, e);                                                                 \
    }                                                                                              \
    INLINE void name##_event(struct scratch *e, struct task_struct *task, struct pt_regs *regs,    \
                             s64 ret, u64 *compat)

#endif
