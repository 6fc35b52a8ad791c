/* sendto, sendmsg, sendmmsg, recvfrom, recvmsg, recvmmsg: much of this traffic matches no rule, so
 * the socket's family and state are asked before an event is built. */
#include "message.h"

/* Falco: a failed message has no tuple. */
INLINE void push_message_tuple(struct scratch *e, struct task_struct *task, s64 ret, s32 fd, u32 family,
                               int inbound) {
    if (ret >= 0)
        push_tuple(e, sock_of_fd(task, fd), family, inbound);
    else
        push_empty(e);
}

MESSAGE(sendto, 31, FAMILY_WRITE, 5) {
    s32 fd = ARG0(regs);
    if (!socket_wanted(e, task, NR_SENDTO, fd))
        return 0;
    u32 family = load_address(e, (void *)ARG4(regs), ARG5(regs));
    note_peer(e, family ? sock_of_fd(task, fd) : NULL, family);
    if (same_peer_unwanted(e, NR_SENDTO))
        return 0;
    describe(e, file_of_fd(task, fd));
    push_s64(e, ret);
    push_user_bytes(e, (void *)ARG1(regs), snapshot_of(ret > 0 ? (u64)ret : ARG2(regs)), 0);
    push_s64(e, fd);
    push_u32(e, ARG2(regs));
    push_message_tuple(e, task, ret, fd, family, 0);
    return 1;
}

MESSAGE(recvfrom, 35, FAMILY_READ, 5) {
    s32 fd = ARG0(regs);
    if (!socket_wanted(e, task, NR_RECVFROM, fd))
        return 0;
    describe(e, file_of_fd(task, fd));
    u32 length = 0, family = 0;
    if (ret >= 0 && ARG4(regs)) {
        /* The kernel has written it. */
        bpf_probe_read_user(&length, sizeof(length), (void *)ARG5(regs));
        family = load_address(e, (void *)ARG4(regs), length);
    }
    push_s64(e, ret);
    push_user_bytes(e, (void *)ARG1(regs), ret > 0 ? snapshot_of(ret) : 0, 0);
    push_message_tuple(e, task, ret, fd, family, 1);
    push_s64(e, fd);
    push_u32(e, ARG2(regs));
    return 1;
}

MESSAGE(sendmsg, 49, FAMILY_WRITE, 5) {
    s32 fd = ARG0(regs);
    if (!socket_wanted(e, task, NR_SENDMSG, fd))
        return 0;
    struct user_message m = user_message((void *)ARG1(regs), compat);
    u32 family = load_address(e, m.name, m.name_bytes);
    note_peer(e, family ? sock_of_fd(task, fd) : NULL, family);
    if (same_peer_unwanted(e, NR_SENDMSG))
        return 0;
    describe(e, file_of_fd(task, fd));
    push_s64(e, ret);
    push_pieces(e, m.pieces, m.piece_count, ret > 0 ? snapshot_of(ret) : SNAPSHOT_BYTES, compat);
    push_s64(e, fd);
    push_u32(e, pieces_size(e, m.pieces, m.piece_count, compat));
    push_message_tuple(e, task, ret, fd, family, 0);
    return 1;
}

MESSAGE(recvmsg, 53, FAMILY_READ, 6) {
    s32 fd = ARG0(regs);
    if (!socket_wanted(e, task, NR_RECVMSG, fd))
        return 0;
    describe(e, file_of_fd(task, fd));
    struct user_message m = {};
    u32 family = 0;
    if (ret >= 0) {
        m = user_message((void *)ARG1(regs), compat);
        family = load_address(e, m.name, m.name_bytes);
    }
    push_s64(e, ret);
    push_u32(e, ret > 0 ? ret : 0);
    push_pieces(e, m.pieces, m.piece_count, ret > 0 ? snapshot_of(ret) : 0, compat);
    push_message_tuple(e, task, ret, fd, family, 1);
    if (m.control && ret > 0)
        push_user_bytes(e, m.control, m.control_bytes, 0);
    else
        push_empty(e);
    push_s64(e, fd);
    return 1;
}

/* sendmmsg and recvmmsg make one event per message, as in Falco: at most as many as may follow each
 * other by tail calls. */
#define MESSAGES 8

struct round {
    struct user_message message;
    u64 bytes; /* sent or received */
    u32 family;
};

/* The next message. Its element is a msghdr and the count of its bytes. */
INLINE struct round next_message(struct scratch *e, const u8 *vector, s64 ret, u64 *compat) {
    struct round r = {};
    u64 stride = compat ? 32 : 64, length_at = compat ? 28 : 56;
    const u8 *element = vector + (e->round & (MESSAGES - 1)) * stride;
    if (ret > 0) {
        u32 bytes = 0;
        r.message = user_message(element, compat);
        bpf_probe_read_user(&bytes, sizeof(bytes), element + length_at);
        r.bytes = bytes;
        r.family = load_address(e, r.message.name, r.message.name_bytes);
    }
    return r;
}

/* After this message: another one, or the end. */
#define MESSAGES_FINISH(context, e, ret, slot)                                                     \
    ({                                                                                             \
        e->round++;                                                                                \
        e->again = e->round < MESSAGES && e->round < ret ? slot : 0;                               \
        EVENT_FINISH(context, e, SLOT_AGAIN);                                                      \
    })

#define MESSAGES_ENTRY(name, slot)                                                                 \
    SEC("tp_btf/sys_exit") int sys_##name(u64 *context) {                                          \
        struct scratch *e = event_begun();                                                         \
        if (!e)                                                                                    \
            return 0;                                                                              \
        e->round = 0;                                                                              \
        JUMP(context, programs, slot);                                                             \
        return 0;                                                                                  \
    }

MESSAGES_ENTRY(sendmmsg, SLOT_SENDMMSG)
MESSAGES_ENTRY(recvmmsg, SLOT_RECVMMSG)

SEC("tp_btf/sys_exit") int next_sendmmsg(u64 *context) {
    struct pt_regs *regs = (struct pt_regs *)context[0];
    s64 ret = context[1];
    struct scratch *e = event_begin(51, FAMILY_WRITE, 5);
    if (!e)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    u64 *compat = compat_arguments(e, task);
    s32 fd = ARG0(regs);
    if (!socket_wanted(e, task, NR_SENDMMSG, fd)) {
        event_reject(e);
        return 0;
    }
    struct round r = next_message(e, (void *)ARG1(regs), ret, compat);
    s64 result = ret > 0 ? (s64)r.bytes : ret;
    push_s64(e, result);
    push_s64(e, fd);
    push_u32(e, ret > 0 ? pieces_size(e, r.message.pieces, r.message.piece_count, compat) : 0);
    push_pieces(e, r.message.pieces, r.message.piece_count, snapshot_of(r.bytes), compat);
    push_message_tuple(e, task, ret, fd, r.family, 0);
    return MESSAGES_FINISH(context, e, ret, SLOT_SENDMMSG);
}

SEC("tp_btf/sys_exit") int next_recvmmsg(u64 *context) {
    struct pt_regs *regs = (struct pt_regs *)context[0];
    s64 ret = context[1];
    struct scratch *e = event_begin(55, FAMILY_READ, 6);
    if (!e)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    u64 *compat = compat_arguments(e, task);
    s32 fd = ARG0(regs);
    if (!socket_wanted(e, task, NR_RECVMMSG, fd)) {
        event_reject(e);
        return 0;
    }
    struct round r = next_message(e, (void *)ARG1(regs), ret, compat);
    push_s64(e, ret > 0 ? (s64)r.bytes : ret);
    push_s64(e, fd);
    push_u32(e, r.bytes);
    push_pieces(e, r.message.pieces, r.message.piece_count, snapshot_of(r.bytes), compat);
    push_message_tuple(e, task, ret, fd, r.family, 1);
    if (r.message.control && r.bytes)
        push_user_bytes(e, r.message.control, r.message.control_bytes, 0);
    else
        push_empty(e);
    return MESSAGES_FINISH(context, e, ret, SLOT_RECVMMSG);
}
