/* The end of every event of a system call: the header is filled, and the event shipped. One program
 * for all calls; the dispatcher's table has it behind their numbers. */
#include "path.h"

SEC("tp_btf/sys_exit") int submit(u64 *context) {
    struct scratch *e = event_begun();
    if (e)
        event_submit(e, bpf_get_current_task_btf());
    return 0;
}

/* Pushes the path that the kernel resolved, as seen from the task's root, before. */
SEC("tp_btf/sys_exit") int submit_resolved(u64 *context) {
    struct scratch *e = event_begun();
    if (!e)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    struct fs_struct *fs = task->fs;
    push_path(e, e->resolve, &fs->root);
    e->header.param_count++;
    e->header.flags |= EVENT_RESOLVED_PATH;
    event_submit(e, task);
    return 0;
}
