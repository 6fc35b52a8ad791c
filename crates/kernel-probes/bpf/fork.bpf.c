/* A new task: PPME_SYSCALL_CLONE_20_X as the child sees it (res = 0). The header describes the
 * child. The clone flags are told from what parent and child share. For a thread, everything it
 * shares with its process (exe, args, cwd, cgroups) is left empty. */
#include "task.h"

enum {
    SHARES_FILES = 1 << 0,
    SHARES_FS = 1 << 1,
    NEW_IPC = 1 << 3,
    NEW_NET = 1 << 4,
    NEW_MOUNT = 1 << 5,
    NEW_PID = 1 << 6,
    NEW_UTS = 1 << 7,
    SHARES_SIGHAND = 1 << 11,
    SAME_PROCESS = 1 << 13,
    SHARES_VM = 1 << 15,
    NEW_USER = 1 << 20,
    IS_VFORK = 1 << 27,
    NEW_CGROUP = 1 << 28,
    CHILD_IN_PID_NAMESPACE = 1 << 29,
};

INLINE u32 clone_flags(struct task_struct *parent, struct task_struct *child) {
    struct nsproxy *before = parent->nsproxy, *after = child->nsproxy;
    u32 flags = 0;
    if (parent->files == child->files)
        flags |= SHARES_FILES;
    if (parent->fs == child->fs)
        flags |= SHARES_FS;
    if (parent->sighand == child->sighand)
        flags |= SHARES_SIGHAND;
    if (parent->mm == child->mm)
        flags |= SHARES_VM;
    if (parent->tgid == child->tgid)
        flags |= SAME_PROCESS;
    if (child->vfork_done)
        flags |= IS_VFORK;
    if (parent->cred->user_ns != child->cred->user_ns)
        flags |= NEW_USER;
    if (child->thread_pid->level > 0)
        flags |= CHILD_IN_PID_NAMESPACE;
    if (child->thread_pid->level > parent->thread_pid->level)
        flags |= NEW_PID;
    if (before == after)
        return flags;
    if (before->ipc_ns != after->ipc_ns)
        flags |= NEW_IPC;
    if (before->net_ns != after->net_ns)
        flags |= NEW_NET;
    if (before->mnt_ns != after->mnt_ns)
        flags |= NEW_MOUNT;
    if (before->uts_ns != after->uts_ns)
        flags |= NEW_UTS;
    if (before->cgroup_ns != after->cgroup_ns)
        flags |= NEW_CGROUP;
    return flags;
}

SEC("tp_btf/sched_process_fork") int process_fork(u64 *context) {
    struct task_struct *parent = (struct task_struct *)context[0];
    struct task_struct *child = (struct task_struct *)context[1];
    struct scratch *e = event_begin(223, FAMILY_CLONE, 21);
    if (!e)
        return 0;
    int thread = parent->tgid == child->tgid;
    push_s64(e, 0);
    if (thread) {
        push_empty(e);
        push_empty(e);
    } else {
        /* The parent is running, and its memory is what the child has got a copy of. */
        push_arguments(e, parent->mm);
    }
    push_s64(e, child->pid);
    push_s64(e, child->tgid);
    push_s64(e, child->real_parent->tgid);
    if (thread)
        push_empty(e);
    else
        push_cwd(e, child);
    push_resources(e, child, child->mm);
    if (thread)
        push_empty(e);
    else
        push_cgroups(e, child);
    push_u32(e, clone_flags(parent, child));
    push_u32(e, child->cred->euid.val);
    push_u32(e, child->cred->egid.val);
    push_s64(e, innermost_number(child->thread_pid));
    push_s64(e, innermost_number(child->group_leader->thread_pid));
    push_u64(e, child->nsproxy->pid_ns_for_children->child_reaper->start_boottime);
    event_submit(e, child);
    return 0;
}
