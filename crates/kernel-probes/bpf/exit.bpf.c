/* The end of a thread: PPME_PROCEXIT_1_E. The process is over when its last thread is. */
#include "task.h"

SEC("tp_btf/sched_process_exit") int process_exit(u64 *context) {
    struct task_struct *task = (struct task_struct *)context[0];
    struct scratch *e = event_begin(186, FAMILY_EXIT, 5);
    if (!e)
        return 0;
    s32 status = task->exit_code;
    push_s64(e, status);
    push_s64(e, (status >> 8) & 0xff);
    push_u8(e, status & 0x7f);
    push_u8(e, (status & 0x80) != 0);
    /* Who adopts the children: the namespace's init, unless there are none. Sub-reapers are not
     * looked for; the children's next events name their parent. */
    s64 reaper = 0;
    struct list_head *children = &task->children;
    if (READ(children, next) != children)
        reaper = task->nsproxy->pid_ns_for_children->child_reaper->pid;
    push_s64(e, reaper);
    event_submit(e, task);
    return 0;
}
