/* connect, bind, listen, socket, accept, accept4. */
#include "message.h"

#define EINPROGRESS 115

MESSAGE(connect, 23, FAMILY_CONNECT, 4) {
    if (!socket_wanted(e, task, NR_CONNECT, (s32)ARG0(regs)))
        return 0;
    describe(e, file_of_fd(task, (s32)ARG0(regs)));
    u32 family = load_address(e, (void *)ARG1(regs), ARG2(regs));
    push_s64(e, ret);
    /* Falco: the tuple only exists when the connection does, or is being made. */
    if (ret == 0 || ret == -EINPROGRESS)
        push_tuple(e, sock_of_fd(task, (s32)ARG0(regs)), family, 0);
    else
        push_empty(e);
    push_s64(e, (s32)ARG0(regs));
    push_loaded_address(e, family);
    return 1;
}

MESSAGE(bind, 21, FAMILY_SOCKET, 3) {
    if (!socket_wanted(e, task, NR_BIND, (s32)ARG0(regs)))
        return 0;
    describe(e, file_of_fd(task, (s32)ARG0(regs)));
    push_s64(e, ret);
    push_loaded_address(e, load_address(e, (void *)ARG1(regs), ARG2(regs)));
    push_s64(e, (s32)ARG0(regs));
    return 1;
}

MESSAGE(listen, 25, FAMILY_SOCKET, 3) {
    if (!socket_wanted(e, task, NR_LISTEN, (s32)ARG0(regs)))
        return 0;
    describe(e, file_of_fd(task, (s32)ARG0(regs)));
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    push_s32(e, ARG1(regs));
    return 1;
}

#define SOCK_NONBLOCK 04000
#define SOCK_CLOEXEC 02000000

SYSCALL(socket, 19, FAMILY_SOCKET, 5) {
    u64 type = ARG1(regs);
    push_s64(e, ret);
    push_u32(e, ARG0(regs));
    push_u32(e, type);
    push_u32(e, ARG2(regs));
    push_u32(e, (type & SOCK_NONBLOCK ? 1 << 6 : 0) | (type & SOCK_CLOEXEC ? 1 << 12 : 0));
}

/* fd to queuemax. */
INLINE void push_accepted(struct scratch *e, struct task_struct *task, s32 listener_fd, s64 ret) {
    describe(e, file_of_fd(task, ret));
    push_s64(e, ret);
    if (ret < 0) {
        push_empty(e);
        push_u8(e, 0);
        push_u32(e, 0);
        push_u32(e, 0);
        return;
    }
    push_tuple(e, sock_of_fd(task, ret), 0, 1);
    u32 waiting = 0, most = 0;
    struct sock *listener = sock_of_fd(task, listener_fd);
    if (listener) {
        waiting = READ(listener, sk_ack_backlog);
        most = READ(listener, sk_max_ack_backlog);
    }
    push_u8(e, most ? (u64)waiting * 100 / most : 0);
    push_u32(e, waiting);
    push_u32(e, most);
}

MESSAGE(accept, 247, FAMILY_SOCKET, 5) {
    if (!socket_wanted(e, task, NR_ACCEPT, (s32)ARG0(regs)))
        return 0;
    push_accepted(e, task, ARG0(regs), ret);
    return 1;
}

MESSAGE(accept4, 389, FAMILY_SOCKET, 6) {
    if (!socket_wanted(e, task, NR_ACCEPT4, (s32)ARG0(regs)))
        return 0;
    push_accepted(e, task, ARG0(regs), ret);
    push_s32(e, ARG3(regs));
    return 1;
}
