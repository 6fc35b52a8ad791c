/* A successful exec: PPME_SYSCALL_EXECVE_19_X, read from the kernel's structs after the switch
 * to the new program. */
#include "exec.h"

SEC("tp_btf/sched_process_exec") int process_exec(u64 *context) {
    struct task_struct *task = (struct task_struct *)context[0];
    struct linux_binprm *program = (struct linux_binprm *)context[2];
    struct scratch *e = event_begin(293, FAMILY_EXEC, 31);
    if (!e)
        return 0;
    push_s64(e, 0);
    push_arguments(e, task->mm);
    push_exec_identity(e, task);
    push_environment(e, task->mm);
    push_exec_tail(e, task);
    push_kernel_text(e, READ(program, filename));
    event_submit(e, task);
    return 0;
}
