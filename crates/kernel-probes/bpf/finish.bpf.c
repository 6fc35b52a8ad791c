/* The end of every event of a system call: the header is filled, and the event shipped. One program
 * for all calls; the dispatcher's table has it behind their numbers. */
#include "socket.h"

SEC("tp_btf/sys_exit") int submit(u64 *context) {
    struct scratch *e = event_begun();
    if (e)
        event_submit(e, bpf_get_current_task_btf());
    return 0;
}

/* Pushes the path that the kernel resolved, as seen from the task's root, before. */
SEC("tp_btf/sys_exit") int submit_resolved(u64 *context) {
    struct scratch *e = event_begun();
    if (!e)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    struct fs_struct *fs = task->fs;
    push_path(e, e->resolve, &fs->root);
    e->header.param_count++;
    e->header.flags |= e->resolve_flag;
    event_submit(e, task);
    return 0;
}

/* Shape of what a descriptor leads to, as the letter of Falco's fd.typechar. */
INLINE u8 letter_of_socket(u32 family) {
    return family == AF_INET ? '4' : family == AF_INET6 ? '6' : family == AF_UNIX ? 'u' : 'n';
}

INLINE u8 letter_of_anonymous(const u8 *name) {
    u64 first = 0;
    bpf_probe_read_kernel(&first, sizeof(first), name);
    /* The first bytes, little-endian: "[eventfd", "[eventpo", "[signalf", "[timerfd", "inotify". */
    switch (first) {
    case 0x6466746e6576655bull: return 'e';
    case 0x6f70746e6576655bull: return 'l';
    case 0x666c616e6769735bull: return 's';
    case 0x646672656d69745bull: return 't';
    case 0x00796669746f6e69ull: return 'i';
    default: return 'o';
    }
}

#define ANONYMOUS_MAGIC 0x09041934
enum { S_IFIFO = 0010000, S_IFDIR = 0040000 };

/* Two parameters: letter, protocol and DESCRIPTOR_* bits; then a path, a tuple (from here to
 * there), or nothing. */
INLINE void push_descriptor(struct scratch *e, struct task_struct *task, struct file *file) {
    struct inode *inode = READ(file, f_inode);
    u32 kind = READ(inode, i_mode) & S_IFMT;
    u8 facts[3] = {'f', 0, 0};
    struct sock *sk = NULL;
    if (kind == S_IFSOCK) {
        struct socket *socket = READ(file, private_data);
        sk = READ(socket, sk);
        u32 state = READ(sk, __sk_common.skc_state);
        facts[0] = letter_of_socket(READ(sk, __sk_common.skc_family));
        facts[1] = READ(sk, sk_protocol);
        facts[2] = (state == TCP_ESTABLISHED ? DESCRIPTOR_CONNECTED : 0) |
                   (state == TCP_LISTEN ? DESCRIPTOR_LISTENING : 0) | e->same_peer;
    } else if (kind == S_IFIFO) {
        facts[0] = 'p';
    } else if (kind == S_IFDIR) {
        facts[0] = 'd';
    } else if (READ(READ(inode, i_sb), s_magic) == ANONYMOUS_MAGIC) {
        struct dentry *dentry = READ(file, f_path.dentry);
        struct qstr name = READ(dentry, d_name);
        facts[0] = letter_of_anonymous(name.name);
    }
    u8 *place = push_place(e);
    place[0] = facts[0];
    place[1] = facts[1];
    place[2] = facts[2];
    push_length(e, 3);
    if (sk) {
        push_tuple(e, sk, 0, 0);
    } else if (facts[0] == 'f' || facts[0] == 'd') {
        struct fs_struct *fs = task->fs;
        push_path(e, &file->f_path, &fs->root);
    } else {
        push_empty(e);
    }
}

SEC("tp_btf/sys_exit") int submit_described(u64 *context) {
    struct scratch *e = event_begun();
    if (!e)
        return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    push_descriptor(e, task, e->describe);
    e->header.param_count += 2;
    e->header.flags |= EVENT_DESCRIPTOR;
    event_submit(e, task);
    return 0;
}

/* For calls that make several events: ships this one, and starts their program again. */
SEC("tp_btf/sys_exit") int submit_again(u64 *context) {
    struct scratch *e = event_begun();
    if (!e)
        return 0;
    event_submit(e, bpf_get_current_task_btf());
    u32 slot = e->again;
    if (slot)
        bpf_tail_call(context, &programs, slot);
    return 0;
}
