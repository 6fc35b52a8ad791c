/* Socket addresses as Falco packs them: a family byte, then addresses in network order and ports
 * in host order, or for unix sockets a path. */
#ifndef QUAYWATCH_SOCKET_H
#define QUAYWATCH_SOCKET_H

#include "path.h"

enum { AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10 };
/* Also of connected UDP sockets. */
enum { TCP_ESTABLISHED = 1, TCP_LISTEN = 10 };
#define UNIX_PATH_BYTES 108
#define SOCKADDR_BYTES 128
#define S_IFMT 0170000
#define S_IFSOCK 0140000

/* The caller's address, copied to s->path. Gives its family, 0 when there is none. */
INLINE u32 load_address(struct scratch *s, const void *from, u32 length) {
    if (!from || length < 2)
        return 0;
    if (length > SOCKADDR_BYTES)
        length = SOCKADDR_BYTES;
    __builtin_memset(s->path, 0, SOCKADDR_BYTES + 8);
    FORGET(length);
    length &= 2 * SOCKADDR_BYTES - 1;
    if (bpf_probe_read_user(s->path, length, from)) {
        s->missing++;
        return 0;
    }
    return *(u16 *)s->path;
}

INLINE u16 loaded_port(struct scratch *s) {
    return __builtin_bswap16(*(u16 *)&s->path[2]);
}

/* Adds a number to the parameter in the making. */
#define APPEND(s, type, value)                                                                     \
    do {                                                                                           \
        *(type *)&(s)->data[((s)->size + (s)->work) & DATA_MASK] = (value);                        \
        (s)->work += sizeof(type);                                                                 \
    } while (0)

INLINE void append_16_bytes(struct scratch *s, const void *from) {
    u32 place = (s->size + s->work) & DATA_MASK;
    bpf_probe_read_kernel(&s->data[place], 16, from);
    s->work += 16;
}

/* A unix path; an abstract one is given without its leading NUL. */
INLINE void append_unix_path(struct scratch *s, const u8 *path) {
    u8 first = 0;
    bpf_probe_read_kernel(&first, 1, path);
    u32 place = (s->size + s->work) & DATA_MASK;
    long length = bpf_probe_read_kernel_str(&s->data[place], UNIX_PATH_BYTES, path + (first == 0));
    s->work += length < 0 ? 0 : length & 127;
}

/* SOCKADDR of the address loaded before. */
INLINE void push_loaded_address(struct scratch *s, u32 family) {
    s->work = 0;
    if (family == AF_INET) {
        APPEND(s, u8, AF_INET);
        APPEND(s, u32, *(u32 *)&s->path[4]);
        APPEND(s, u16, loaded_port(s));
    } else if (family == AF_INET6) {
        APPEND(s, u8, AF_INET6);
        append_16_bytes(s, &s->path[8]);
        APPEND(s, u16, loaded_port(s));
    } else if (family == AF_UNIX) {
        APPEND(s, u8, AF_UNIX);
        append_unix_path(s, &s->path[2]);
    }
    push_length(s, s->work);
}

INLINE struct sock *sock_of_fd(struct task_struct *task, s64 fd) {
    struct file *file = file_of_fd(task, fd);
    if (!file || (READ(READ(file, f_inode), i_mode) & S_IFMT) != S_IFSOCK)
        return NULL;
    struct socket *socket = READ(file, private_data);
    return READ(socket, sk);
}

/* SOCKTUPLE of a socket. Outbound: from here to there; inbound: from there to here. For outbound
 * ends the kernel does not keep, the address loaded before is taken. */
INLINE void push_tuple(struct scratch *s, struct sock *sk, u32 loaded_family, int inbound) {
    s->work = 0;
    if (!sk) {
        push_length(s, 0);
        return;
    }
    u32 family = READ(sk, __sk_common.skc_family);
    struct inet_sock *inet = (void *)sk;
    if (family == AF_INET) {
        u32 here = READ(inet, inet_saddr), there = READ(sk, __sk_common.skc_daddr);
        u16 here_port = __builtin_bswap16(READ(inet, inet_sport));
        u16 there_port = __builtin_bswap16(READ(sk, __sk_common.skc_dport));
        if (there_port == 0 && loaded_family == AF_INET) {
            there = *(u32 *)&s->path[4];
            there_port = loaded_port(s);
        }
        APPEND(s, u8, AF_INET);
        APPEND(s, u32, inbound ? there : here);
        APPEND(s, u16, inbound ? there_port : here_port);
        APPEND(s, u32, inbound ? here : there);
        APPEND(s, u16, inbound ? here_port : there_port);
    } else if (family == AF_INET6) {
        const void *here = &sk->__sk_common.skc_v6_rcv_saddr, *there = &sk->__sk_common.skc_v6_daddr;
        u16 here_port = __builtin_bswap16(READ(inet, inet_sport));
        u16 there_port = __builtin_bswap16(READ(sk, __sk_common.skc_dport));
        if (there_port == 0 && loaded_family == AF_INET6) {
            there = &s->path[8];
            there_port = loaded_port(s);
        }
        APPEND(s, u8, AF_INET6);
        append_16_bytes(s, inbound ? there : here);
        APPEND(s, u16, inbound ? there_port : here_port);
        append_16_bytes(s, inbound ? here : there);
        APPEND(s, u16, inbound ? here_port : there_port);
    } else if (family == AF_UNIX) {
        struct unix_sock *unix_sock = (void *)sk;
        u64 peer = (u64)READ(unix_sock, peer);
        APPEND(s, u8, AF_UNIX);
        APPEND(s, u64, inbound ? peer : (u64)sk);
        APPEND(s, u64, inbound ? (u64)sk : peer);
        if (!inbound && loaded_family == AF_UNIX) {
            append_unix_path(s, &s->path[2]);
        } else {
            /* The path of whoever has one: the end that others connect to. */
            struct unix_sock *named = inbound || !peer ? unix_sock : (void *)peer;
            struct unix_address *address = READ(named, addr);
            if (!address && peer) {
                named = named == unix_sock ? (void *)peer : unix_sock;
                address = READ(named, addr);
            }
            append_unix_path(s, (u8 *)&address->name[0].sun_path);
        }
    }
    push_length(s, s->work);
}

#endif
