/* The one program on sys_exit: asks the table of wanted calls first, and jumps to the program of
 * that call. The order of the tests is the order of their cost. openat, by far the most frequent
 * of the calls that rules are about, has a jump of its own. */
#include "filter.h"

SEC("tp_btf/sys_exit") int dispatch(u64 *context) {
    struct pt_regs *regs = (struct pt_regs *)context[0];
    u32 number = SYSCALL_NUMBER(regs);
    if (number >= SYSCALL_COUNT)
        return 0;
    struct config *c = current_config();
    if (!c)
        return 0;
    struct interest *i = current_interest(c);
    if (!i)
        return 0;
    u32 index = number;
    FORGET(index);
    u32 entry = i->syscalls[index & (SYSCALL_COUNT - 1)];
    u32 wanted = entry & 3, family = entry >> 2;
    if (LIKELY(wanted == SCOPE_NONE))
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    if (UNLIKELY(IS_COMPAT(task))) {
        count_seen(family);
        count_loss(LOSS_COMPAT, family);
        return 0;
    }
    if (ignored(c, task->tgid))
        return 0;
    if (wanted == SCOPE_CONTAINERS && !in_container(task)) {
        count_filtered(family);
        return 0;
    }
    if (number == NR_OPENAT)
        JUMP(context, programs, NR_OPENAT);
    else
        bpf_tail_call(context, &programs, number);
    count_seen(family);
    count_loss(LOSS_NO_PROGRAM, family);
    return 0;
}
