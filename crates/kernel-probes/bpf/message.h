/* Messages: data, addresses and the filter for sockets. */
#ifndef QUAYWATCH_MESSAGE_H
#define QUAYWATCH_MESSAGE_H

#include "filter.h"
#include "socket.h"

#if defined(__TARGET_ARCH_x86)
enum { NR_SENDTO = 44, NR_RECVFROM = 45, NR_SENDMSG = 46, NR_RECVMSG = 47, NR_RECVMMSG = 299, NR_SENDMMSG = 307,
       NR_CONNECT = 42, NR_ACCEPT = 43, NR_BIND = 49, NR_LISTEN = 50, NR_ACCEPT4 = 288 };
#else
enum { NR_SENDTO = 206, NR_RECVFROM = 207, NR_SENDMSG = 211, NR_RECVMSG = 212, NR_RECVMMSG = 243, NR_SENDMMSG = 269,
       NR_CONNECT = 203, NR_ACCEPT = 202, NR_BIND = 200, NR_LISTEN = 201, NR_ACCEPT4 = 242 };
#endif

/* Bytes of data that are sent along: Falco's snapshot length. */
#define SNAPSHOT_BYTES 80
/* Pieces of a message that are looked at. */
#define PIECES 32

INLINE u64 snapshot_of(u64 size) {
    return size > SNAPSHOT_BYTES ? SNAPSHOT_BYTES : size;
}

struct user_message {
    void *name;
    u64 name_bytes;
    u64 pieces;
    u64 piece_count;
    void *control;
    u64 control_bytes;
};

/* struct msghdr, with 32-bit members when the call is one. */
INLINE struct user_message user_message(const void *from, u64 *compat) {
    struct user_message m = {};
    if (compat) {
        u32 words[6] = {};
        bpf_probe_read_user(words, sizeof(words), from);
        m.name = (void *)(u64)words[0];
        m.name_bytes = words[1];
        m.pieces = words[2];
        m.piece_count = words[3];
        m.control = (void *)(u64)words[4];
        m.control_bytes = words[5];
    } else {
        bpf_probe_read_user(&m, sizeof(m), from);
        m.name_bytes = (u32)m.name_bytes;
    }
    return m;
}

/* The next piece: its start, and its size in s->piece_bytes. 0 when there is none. */
INLINE const void *next_piece(struct scratch *s, u32 index, u64 *compat) {
    u64 words[2] = {};
    s->piece_bytes = 0;
    if (index >= s->piece_count)
        return NULL;
    if (compat) {
        u32 halves[2] = {};
        bpf_probe_read_user(halves, sizeof(halves), (u32 *)s->pieces + index * 2);
        words[0] = halves[0];
        words[1] = halves[1];
    } else {
        bpf_probe_read_user(words, sizeof(words), (u64 *)s->pieces + index * 2);
    }
    s->piece_bytes = words[1];
    return (void *)words[0];
}

/* Bytes that all pieces together have room for. */
INLINE u64 pieces_size(struct scratch *s, u64 pieces, u64 count, u64 *compat) {
    s->pieces = pieces;
    s->piece_count = count;
    s->wanted = 0;
    for (u32 i = 0; i < PIECES; i++) {
        if (!next_piece(s, i, compat))
            break;
        s->wanted += s->piece_bytes;
    }
    return s->wanted;
}

/* The first `wanted` bytes of the pieces as one parameter. */
INLINE void push_pieces(struct scratch *s, u64 pieces, u64 count, u64 wanted, u64 *compat) {
    s->pieces = pieces;
    s->piece_count = count;
    s->wanted = wanted;
    s->work = 0;
    for (u32 i = 0; i < PIECES; i++) {
        const void *start = next_piece(s, i, compat);
        u32 left = s->wanted - s->work;
        if (!start || left == 0)
            break;
        u32 length = s->piece_bytes > left ? left : s->piece_bytes;
        FORGET(length);
        length &= 127;
        u32 place = (s->size + s->work) & DATA_MASK;
        if (bpf_probe_read_user(&s->data[place], length, start)) {
            s->missing++;
            break;
        }
        s->work += length;
    }
    push_length(s, s->work);
}

/* Whether the call's socket is of a family and in a state that some rule asks for. What is no
 * socket is always wanted: the call fails. */
INLINE int socket_wanted(struct scratch *e, struct task_struct *task, u32 number, s64 fd) {
    struct config *c = current_config();
    struct interest *i = c ? current_interest(c) : NULL;
    if (!i)
        return 1;
    u32 entry = i->syscalls[number & (SYSCALL_COUNT - 1)];
    if (!(entry & (ENTRY_SOME_FAMILIES | ENTRY_NO_CONNECTED)))
        return 1;
    struct sock *sk = sock_of_fd(task, fd);
    if (!sk)
        return 1;
    u32 family = READ(sk, __sk_common.skc_family);
    if ((entry & ENTRY_SOME_FAMILIES) && !(i->socket_families >> (family & 63) & 1))
        return 0;
    return !(entry & ENTRY_NO_CONNECTED) || READ(sk, __sk_common.skc_state) != TCP_ESTABLISHED;
}

/* Remembers where an unconnected socket's message goes; notes when that is where the last one
 * went. The address is the one loaded before. */
INLINE void note_peer(struct scratch *e, struct sock *sk, u32 family) {
    if (!sk || (family != AF_INET && family != AF_INET6))
        return;
    u64 key = (u64)sk, *words = (u64 *)e->path;
    /* Port and address: of IPv6 the flow label lies between, which differs with nothing else. */
    u64 hash = family == AF_INET ? words[0] : words[0] ^ words[1] * 31 ^ words[2] * 961;
    u64 *last = bpf_map_lookup_elem(&peers, &key);
    if (last && *last == hash)
        e->same_peer = DESCRIPTOR_SAME_PEER;
    else
        bpf_map_update_elem(&peers, &key, &hash, 0);
}

INLINE int same_peer_unwanted(struct scratch *e, u32 number) {
    struct config *c = current_config();
    struct interest *i = c && e->same_peer ? current_interest(c) : NULL;
    return i && (i->syscalls[number & (SYSCALL_COUNT - 1)] & ENTRY_NO_SAME_PEER);
}

/* A program whose event may turn out not to be wanted: the block gives 0 then. */
#define MESSAGE(name, code, family, params)                                                        \
    INLINE int name##_event(struct scratch *e, struct task_struct *task, struct pt_regs *regs,     \
                            s64 ret, u64 *compat);                                                 \
    SEC("tp_btf/sys_exit") int sys_##name(u64 *context) {                                          \
        struct pt_regs *regs = (struct pt_regs *)context[0];                                       \
        s64 ret = context[1];                                                                      \
        struct scratch *e = event_begin(code, family, params);                                     \
        if (!e)                                                                                    \
            return 0;                                                                              \
        struct task_struct *task = bpf_get_current_task_btf();                                     \
        if (!name##_event(e, task, regs, ret, compat_arguments(e, task))) {                        \
            event_reject(e);                                                                       \
            return 0;                                                                              \
        }                                                                                          \
        return FINISH(context, e);                                                                 \
    }                                                                                              \
    INLINE int name##_event(struct scratch *e, struct task_struct *task, struct pt_regs *regs,     \
                            s64 ret, u64 *compat)

#endif
