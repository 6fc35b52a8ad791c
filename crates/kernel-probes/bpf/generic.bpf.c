/* Every call that has no program of its own: PPME_GENERIC_X, which says only which call it was. */
#include "event.h"

SEC("tp_btf/sys_exit") int generic(u64 *context) {
    struct pt_regs *regs = (struct pt_regs *)context[0];
    u32 key = 0, native = SYSCALL_NUMBER(regs) & (SYSCALL_COUNT - 1), number = native;
    struct task_struct *task = bpf_get_current_task_btf();
    struct numbers *n = bpf_map_lookup_elem(&numbers, &key);
    if (!n)
        return 0;
    if (IS_COMPAT(task))
        number = n->compat[native];
    struct scratch *e = event_begin(1, FAMILY_GENERIC, 2);
    if (!e)
        return 0;
    struct config *c = bpf_map_lookup_elem(&config, &key);
    u32 generation = c ? c->generation & 1 : 0;
    struct interest *i = bpf_map_lookup_elem(&interest, &generation);
    if (i)
        e->family = (i->syscalls[number & (SYSCALL_COUNT - 1)] >> 2) & (FAMILY_COUNT - 1);
    compat_arguments(e, task);
    push_u16(e, n->codes[number & (SYSCALL_COUNT - 1)]);
    push_u16(e, native);
    return EVENT_FINISH(context, e, SLOT_SUBMIT);
}
