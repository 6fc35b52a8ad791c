/* A new task: PPME_SYSCALL_CLONE_20_X, or that of the call that made it, as the child sees it
 * (res = 0). The header describes the child. The clone flags are told from what parent and child
 * share. For a thread, everything it shares with its process (exe, args, cwd, cgroups) is left
 * empty. */
#include "flags.h"
#include "task.h"

enum { CODE_CLONE = 223, CODE_FORK = 225, CODE_VFORK = 227, CODE_CLONE3 = 335 };

/* Which call is making a task. Kernels before 5.15 do not say: then it is `clone`. */
INLINE u32 clone_code(struct task_struct *parent) {
    if (!ENUM_VALUE_EXISTS(enum bpf_func_id, BPF_FUNC_task_pt_regs))
        return CODE_CLONE;
    u32 number = SYSCALL_NUMBER(bpf_task_pt_regs(parent));
    if (IS_COMPAT(parent)) /* fork, vfork, clone3; clone is 120 */
        return number == 2 ? CODE_FORK : number == 190 ? CODE_VFORK : number == 435 ? CODE_CLONE3 : CODE_CLONE;
    switch (number) {
    case NR_FORK: return CODE_FORK;
    case NR_VFORK: return CODE_VFORK;
    case NR_CLONE3: return CODE_CLONE3;
    default: return CODE_CLONE;
    }
}

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
    struct scratch *e = event_begin(clone_code(parent), FAMILY_CLONE, 21);
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

/* The parent's half, and failures: only when a rule asks for them. In the child the call returns
 * 0; that half was shipped when it was made. The rest is done by one program for all four calls. */
#define PARENT_PROGRAM(name, code, flags)                                                          \
    SEC("tp_btf/sys_exit") int sys_##name(u64 *context) {                                          \
        struct pt_regs *regs = (struct pt_regs *)context[0];                                       \
        s64 ret = context[1];                                                                      \
        if (ret == 0)                                                                              \
            return 0;                                                                              \
        struct scratch *e = event_begin(code, FAMILY_CLONE, 21);                                   \
        if (!e)                                                                                    \
            return 0;                                                                              \
        u64 *compat = compat_arguments(e, bpf_get_current_task_btf());                             \
        e->wanted = flags;                                                                         \
        return EVENT_FINISH(context, e, SLOT_PARENT);                                              \
    }

INLINE u64 flags_in_memory(const void *arguments) {
    u64 flags = 0;
    bpf_probe_read_user(&flags, sizeof(flags), arguments);
    return flags;
}

PARENT_PROGRAM(fork, CODE_FORK, 0)
PARENT_PROGRAM(vfork, CODE_VFORK, 0)
PARENT_PROGRAM(clone, CODE_CLONE, ARG0(regs))
PARENT_PROGRAM(clone3, CODE_CLONE3, flags_in_memory((void *)ARG0(regs)))

/* As Falco has it: no working directory, and no start of the namespace's init. */
SEC("tp_btf/sys_exit") int submit_parent(u64 *context) {
    s64 ret = context[1];
    struct scratch *e = event_begun();
    if (!e)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    push_s64(e, ret);
    if (ret >= 0) {
        push_arguments(e, task->mm);
    } else {
        push_empty(e);
        push_empty(e);
    }
    push_s64(e, task->pid);
    push_s64(e, task->tgid);
    push_s64(e, task->real_parent->tgid);
    push_empty(e);
    push_resources(e, task, task->mm);
    push_cgroups(e, task);
    u32 inside = task->thread_pid->level > 0 ? CHILD_IN_PID_NAMESPACE : 0;
    push_u32(e, clone_flags_of(e->wanted) | inside);
    push_u32(e, task->cred->euid.val);
    push_u32(e, task->cred->egid.val);
    push_s64(e, innermost_number(task->thread_pid));
    push_s64(e, innermost_number(task->group_leader->thread_pid));
    push_u64(e, 0);
    event_submit(e, task);
    return 0;
}
