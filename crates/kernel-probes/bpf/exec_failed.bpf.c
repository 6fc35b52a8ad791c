/* execve and execveat that failed: the same parameters as a success, but exe, args and env are
 * what was asked for, read from the caller's arrays, and the rest is the caller as it still is. */
#include "exec.h"

/* Elements of argv or envp that are read. */
#define ARRAY_ELEMENTS 64

/* An element of an array of pointers; s->wanted is the size of one. */
INLINE const void *user_pointer(struct scratch *s, u64 array, u32 index) {
    u64 low = 0, whole = 0;
    u64 from = array + index * s->wanted;
    bpf_probe_read_user(&low, 4, (void *)from);
    if (s->wanted == 8)
        bpf_probe_read_user(&whole, 8, (void *)from);
    return (void *)(s->wanted == 8 ? whole : low);
}

/* Appends the array's texts from `first` on, NUL-terminated each, as one parameter. */
INLINE void push_user_array(struct scratch *s, u64 array, u32 first) {
    s->work = 0;
    for (u32 i = 0; i < ARRAY_ELEMENTS; i++) {
        const void *text = user_pointer(s, array, first + i);
        if (!text)
            break;
        long length = bpf_probe_read_user_str(append_place(s), TEXT_BYTES, text);
        if (length < 0) {
            s->missing++;
            break;
        }
        s->work += length;
        if (s->work >= TEXT_BYTES) {
            s->work = TEXT_BYTES;
            break;
        }
    }
    u32 length = s->work;
    if (length >= TEXT_BYTES) {
        u32 last = (s->size + TEXT_BYTES - 1) & (2 * DATA_BYTES - 1);
        if (last < DATA_BYTES + SLACK_BYTES)
            s->data[last] = 0;
        length = TEXT_BYTES;
    }
    push_length(s, length);
}

INLINE void push_failed_exec(struct scratch *e, struct task_struct *task, s64 ret, u64 argv,
                             u64 envp) {
    push_s64(e, ret);
    push_user_text(e, user_pointer(e, argv, 0));
    push_user_array(e, argv, 1);
    push_exec_identity(e, task);
    push_user_array(e, envp, 0);
    push_exec_tail(e, task);
}

/* A success returns here too, but was reported at sched_process_exec: not an event. */
SEC("tp_btf/sys_exit") int sys_execve(u64 *context) {
    struct pt_regs *regs = (struct pt_regs *)context[0];
    s64 ret = context[1];
    if (ret >= 0)
        return 0;
    struct scratch *e = event_begin(293, FAMILY_EXEC, 31);
    if (!e)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    u64 *compat = compat_arguments(e, task);
    e->wanted = compat ? 4 : 8;
    e->pieces = ARG0(regs);
    push_failed_exec(e, task, ret, ARG1(regs), ARG2(regs));
    push_user_text(e, (void *)e->pieces);
    event_submit(e, task);
    return 0;
}

SEC("tp_btf/sys_exit") int sys_execveat(u64 *context) {
    struct pt_regs *regs = (struct pt_regs *)context[0];
    s64 ret = context[1];
    if (ret >= 0)
        return 0;
    struct scratch *e = event_begin(331, FAMILY_EXEC, 30);
    if (!e)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    u64 *compat = compat_arguments(e, task);
    e->wanted = compat ? 4 : 8;
    push_failed_exec(e, task, ret, ARG2(regs), ARG3(regs));
    event_submit(e, task);
    return 0;
}
