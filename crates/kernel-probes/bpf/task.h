/* Parameters that exec and clone events share: who the task is and what it runs. */
#ifndef QUAYWATCH_TASK_H
#define QUAYWATCH_TASK_H

#include "path.h"

/* Levels of a control group path below its root. */
#define CGROUP_DEPTH 12
#define CGROUP_SUBSYSTEMS 16
#define PAGE_KIB 4

INLINE struct kernfs_node *kernfs_parent(struct kernfs_node *node) {
    if (FIELD_EXISTS(((struct kernfs_node *)0)->__parent))
        return READ(node, __parent);
    struct kernfs_node___plain *plain = (void *)node;
    return READ(plain, parent);
}

/* Adds raw text to the parameter in the making; s->work is its length so far. */
INLINE u8 *append_place(struct scratch *s) {
    u32 place = (s->size + s->work) & DATA_MASK;
    return &s->data[place];
}

INLINE void append_kernel_text(struct scratch *s, const void *text) {
    long length = bpf_probe_read_kernel_str(append_place(s), 256, text);
    if (length > 1 && s->work < TEXT_BYTES)
        s->work += length - 1;
}

INLINE void append_byte(struct scratch *s, u8 byte) {
    *append_place(s) = byte;
    if (s->work < TEXT_BYTES)
        s->work++;
}

INLINE void append_cgroup_path(struct scratch *s, struct kernfs_node *node) {
    struct kernfs_node *nodes[CGROUP_DEPTH] = {};
    int any = 0;
    for (int i = 0; i < CGROUP_DEPTH; i++) {
        struct kernfs_node *parent = kernfs_parent(node);
        if (!parent)
            break;
        nodes[i] = node;
        node = parent;
        any = 1;
    }
    if (!any)
        append_byte(s, '/');
    for (int i = CGROUP_DEPTH - 1; i >= 0; i--) {
        if (!nodes[i])
            continue;
        append_byte(s, '/');
        append_kernel_text(s, READ(nodes[i], name));
    }
}

/* `subsystem=path` for each controller, NUL-terminated each: Falco's `cgroups`. */
INLINE void push_cgroups(struct scratch *s, struct task_struct *task) {
    struct css_set *set = task->cgroups;
    u32 count = FIELD_SIZE(((struct css_set *)0)->subsys) / sizeof(void *);
    s->work = 0;
    for (u32 i = 0; i < CGROUP_SUBSYSTEMS; i++) {
        if (i >= count)
            break;
        struct cgroup_subsys_state *state = NULL;
        bpf_probe_read_kernel(&state, sizeof(state), &set->subsys[i]);
        if (!state || s->work > TEXT_BYTES - 1024)
            continue;
        append_kernel_text(s, READ(READ(state, ss), name));
        append_byte(s, '=');
        append_cgroup_path(s, READ(READ(state, cgroup), kn));
        append_byte(s, 0);
    }
    u32 length = s->work;
    push_length(s, length > TEXT_BYTES ? TEXT_BYTES : length);
}

/* exe (the first argument) and args (the rest). */
INLINE void push_arguments(struct scratch *s, struct mm_struct *mm) {
    unsigned long start = READ(mm, arg_start), end = READ(mm, arg_end);
    long length = bpf_probe_read_user_str(push_place(s), TEXT_BYTES, (void *)start);
    if (length < 0) {
        s->missing++;
        length = 0;
    }
    push_length(s, length);
    u64 rest = end > start + length ? end - start - length : 0;
    push_user_bytes(s, (void *)(start + length), rest, 1);
}

/* Pages of one kind; a macro, since the stride of the array is only known for a constant index. */
#define RESIDENT_PAGES(mm, kind)                                                                   \
    ({                                                                                             \
        struct mm_struct___plain *plain_ = (void *)(mm);                                           \
        s64 pages_ = TYPE_EXISTS(struct mm_rss_stat___plain) ? READ(plain_, rss_stat.count[kind])  \
                                                             : READ((mm), rss_stat[kind].count);   \
        pages_ < 0 ? 0 : pages_;                                                                   \
    })

/* fdlimit to comm, in the order of the event table. */
INLINE void push_resources(struct scratch *s, struct task_struct *task, struct mm_struct *mm) {
    push_u64(s, task->signal->rlim[7].rlim_cur);
    push_u64(s, task->maj_flt);
    push_u64(s, task->min_flt);
    push_u32(s, READ(mm, total_vm) * PAGE_KIB);
    s64 resident = RESIDENT_PAGES(mm, 0) + RESIDENT_PAGES(mm, 1) + RESIDENT_PAGES(mm, 3);
    push_u32(s, resident * PAGE_KIB);
    push_u32(s, RESIDENT_PAGES(mm, 2) * PAGE_KIB);
    push_kernel_text(s, &task->comm);
}

/* The number of a struct pid in the innermost namespace it is known in. */
INLINE s64 innermost_number(struct pid *pid) {
    u32 level = READ(pid, level);
    return READ(pid, numbers[level & 31].nr);
}

INLINE void push_cwd(struct scratch *s, struct task_struct *task) {
    struct fs_struct *fs = task->fs;
    push_path(s, &fs->pwd, &fs->root);
}

#endif
