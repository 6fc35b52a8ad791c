/* The one program on sys_exit: asks the table of wanted calls first, and jumps to the program of
 * that call. The order of the tests is the order of their cost. openat, by far the most frequent
 * of the calls that rules are about, has a jump of its own. */
#include "filter.h"

#if defined(__TARGET_ARCH_x86)
#define NR_SOCKETCALL 102
#define SOCKETCALL_COUNT 21

/* Puts the arguments of a 32-bit call aside, as the native call would have them. */
INLINE void put_arguments(struct scratch *s, struct pt_regs *regs) {
    s->args[0] = (u32)regs->bx;
    s->args[1] = (u32)regs->cx;
    s->args[2] = (u32)regs->dx;
    s->args[3] = (u32)regs->si;
    s->args[4] = (u32)regs->di;
    s->args[5] = (u32)regs->bp;
}

/* socketcall has the number of the call and a pointer to its arguments. Gives the 32-bit number
 * of the call that is meant. send and recv become sendto and recvfrom without an address. */
INLINE u32 unpack_socketcall(struct scratch *s) {
    u32 call = s->args[0], words[6] = {};
    bpf_probe_read_user(words, sizeof(words), (void *)s->args[1]);
    if (call == 9 || call == 10)
        words[4] = words[5] = 0;
    for (int i = 0; i < 6; i++)
        s->args[i] = words[i];
    switch (call) {
    case 1: return 359; /* socket */
    case 2: return 361; /* bind */
    case 3: return 362; /* connect */
    case 4: return 363; /* listen */
    case 5:
        s->args[3] = 0;
        return 364; /* accept, as accept4 without flags */
    case 6: return 367; /* getsockname */
    case 7: return 368; /* getpeername */
    case 8: return 360; /* socketpair */
    case 9:
    case 11: return 369; /* sendto */
    case 10:
    case 12: return 371; /* recvfrom */
    case 13: return 373; /* shutdown */
    case 14: return 366; /* setsockopt */
    case 15: return 365; /* getsockopt */
    case 16: return 370; /* sendmsg */
    case 17: return 372; /* recvmsg */
    case 18: return 364; /* accept4 */
    case 19: return 337; /* recvmmsg */
    case 20: return 345; /* sendmmsg */
    default: return NR_SOCKETCALL;
    }
}

/* The native number of a 32-bit call, or SYSCALL_COUNT and more. */
INLINE u32 compat_number(struct pt_regs *regs, u32 number) {
    u32 cpu = bpf_get_smp_processor_id(), key = 0;
    struct scratch *s = bpf_map_lookup_elem(&scratch, &cpu);
    struct numbers *n = bpf_map_lookup_elem(&numbers, &key);
    if (!s || !n)
        return COMPAT_UNKNOWN;
    put_arguments(s, regs);
    if (number == NR_SOCKETCALL)
        number = unpack_socketcall(s);
    return n->compat[number & (SYSCALL_COUNT - 1)];
}

/* Calls of the x32 ABI have the native numbers and arguments, but for a few of their own. */
INLINE u32 x32_number(u32 number) {
    number &= ~X32_BIT;
    if (number < SYSCALL_COUNT)
        return number;
    u32 key = 0, own = number - X32_FIRST;
    struct numbers *n = bpf_map_lookup_elem(&numbers, &key);
    if (!n || own >= X32_COUNT)
        return SYSCALL_COUNT;
    return n->compat[SYSCALL_COUNT + (own & (X32_COUNT - 1))];
}
#else
INLINE u32 compat_number(struct pt_regs *regs, u32 number) {
    return COMPAT_UNKNOWN;
}
INLINE u32 x32_number(u32 number) {
    return SYSCALL_COUNT;
}
#endif

SEC("tp_btf/sys_exit") int dispatch(u64 *context) {
    struct pt_regs *regs = (struct pt_regs *)context[0];
    u32 number = SYSCALL_NUMBER(regs);
    if (UNLIKELY(number >= SYSCALL_COUNT)) {
        if (!(number & X32_BIT) || number == (u32)-1)
            return 0;
        number = x32_number(number);
        if (number >= SYSCALL_COUNT)
            return 0;
    }
    struct config *c = current_config();
    if (!c)
        return 0;
    struct interest *i = current_interest(c);
    if (!i)
        return 0;
    u32 index = number;
    FORGET(index);
    u32 entry = i->syscalls[index & (SYSCALL_COUNT - 1)];
    if (LIKELY((entry & (3 | ENTRY_COMPAT)) == 0))
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    if (UNLIKELY(IS_COMPAT(task))) {
        number = compat_number(regs, number);
        if (number >= SYSCALL_COUNT) {
            if (number == COMPAT_UNKNOWN) {
                count_seen(FAMILY_OTHER);
                count_loss(LOSS_COMPAT, FAMILY_OTHER);
            }
            return 0;
        }
        entry = i->syscalls[number & (SYSCALL_COUNT - 1)];
    }
    u32 wanted = entry & 3, family = (entry >> 2) & (FAMILY_COUNT - 1);
    if (wanted == SCOPE_NONE || ignored(c, task->tgid))
        return 0;
    if (wanted == SCOPE_CONTAINERS && !in_container(task)) {
        count_filtered(family);
        return 0;
    }
    s64 ret = context[1];
    if (UNLIKELY(entry & (ENTRY_NO_SUCCESS | ENTRY_NO_FAILURE)) &&
        (entry & (ret < 0 ? ENTRY_NO_FAILURE : ENTRY_NO_SUCCESS))) {
        count_filtered(family);
        return 0;
    }
    if (number == NR_OPENAT)
        JUMP(context, programs, NR_OPENAT);
    else
        bpf_tail_call(context, &programs, number);
    JUMP(context, programs, SLOT_GENERIC);
    count_seen(family);
    count_loss(LOSS_NO_PROGRAM, family);
    return 0;
}
