/* open, openat, openat2 and creat. Whether an open is wanted is asked in the order of cost:
 * failed at all, way of opening, then the path that was given. A relative path is always wanted:
 * only the path the kernel resolved, sent as the last parameter, says where it leads. */
#include "filter.h"
#include "flags.h"
#include "path.h"

#define FMODE_CREATED 0x100000

INLINE u32 file_mode(u64 flags, u64 mode) {
    return flags & (K_CREAT | K_TMPFILE_BIT) ? mode & 07777 : 0;
}

struct opened {
    struct file *file;
    struct inode *inode;
    unsigned long number; /* the inode's */
    u32 device;
    u32 flags; /* Falco's O_F_CREATED, FD_UPPER_LAYER, FD_LOWER_LAYER */
};

INLINE void look_at(struct opened *o, struct task_struct *task, s64 fd) {
    o->file = file_of_fd(task, fd);
    o->inode = NULL;
    o->number = 0;
    o->device = 0;
    o->flags = 0;
    if (!o->file)
        return;
    u32 mode, device;
    READ_TWO(o->file, f_mode, mode, f_inode, o->inode, 64);
    struct super_block *super;
    READ_TWO(o->inode, i_sb, super, i_ino, o->number, 32);
    unsigned long magic;
    READ_TWO(super, s_dev, device, s_magic, magic, 96);
    o->device = device_number(device);
    if (mode & FMODE_CREATED)
        o->flags |= 1 << 14;
    int layer = magic == OVERLAY_MAGIC ? layer_in_overlay(o->inode) : LAYER_NONE;
    o->flags |= layer == LAYER_UPPER ? 1 << 15 : layer == LAYER_LOWER ? 1 << 16 : 0;
}

/* The cheap half of the filter. Gives the automaton's accept bit to ask the path for, 0 to ship
 * without looking at it, -1 to reject. */
INLINE int open_wanted(struct config *c, s64 ret, u64 flags) {
    struct interest *i = current_interest(c);
    if (!i)
        return 0;
    u32 wanted = i->open_flags;
    if (ret < 0)
        return wanted & OPEN_FAILED ? 0 : -1;
    if (flags & (K_WRONLY | K_RDWR | K_CREAT | K_TRUNC | K_TMPFILE_BIT)) {
        if (wanted & OPEN_WRITE_ALL)
            return 0;
        return wanted & OPEN_WRITE_PREFIX ? STEP_ACCEPT_WRITE : -1;
    }
    if (wanted & OPEN_READ_ALL)
        return 0;
    return wanted & OPEN_READ_PREFIX ? STEP_ACCEPT_READ : -1;
}

enum given { UNWANTED, ABSOLUTE, RELATIVE };

/* Pushes the path that was given. One that could not be read may be anything. */
INLINE enum given push_wanted_path(struct scratch *s, struct config *c, const void *path, u32 accept) {
    u8 *place = push_place(s);
    long length = bpf_probe_read_user_str(place, TEXT_BYTES, path);
    enum given given = RELATIVE;
    if (length < 0) {
        s->missing++;
        length = 0;
    } else if (*place == '/') {
        if (accept && !path_wanted(s, c, length, accept))
            return UNWANTED;
        given = ABSOLUTE;
    }
    push_length(s, length);
    return given;
}

/* The arguments of a 32-bit call, before the event is begun. */
INLINE u64 *put_aside(void) {
    struct scratch *e = event_begun();
    if (!e)
        return NULL;
    FORGET(e);
    return e->args;
}

#define OPEN_PROGRAM_START(code_, params_, flags_)                                                 \
    struct pt_regs *regs = (struct pt_regs *)context[0];                                           \
    s64 ret = context[1];                                                                          \
    struct task_struct *task = bpf_get_current_task_btf();                                         \
    u64 *compat = IS_COMPAT(task) ? put_aside() : NULL;                                            \
    u64 flags = flags_;                                                                            \
    struct config *c = current_config();                                                           \
    if (!c)                                                                                        \
        return 0;                                                                                  \
    int accept = open_wanted(c, ret, flags);                                                       \
    if (accept < 0) {                                                                              \
        count_filtered(FAMILY_OPEN);                                                               \
        return 0;                                                                                  \
    }                                                                                              \
    struct scratch *e = event_begin(code_, FAMILY_OPEN, params_);                                  \
    if (!e)                                                                                        \
        return 0;                                                                                  \
    e->header.flags = compat ? EVENT_COMPAT : 0;                                                    \
    /* One more length than the table has, for the resolved path. */                               \
    e->size += ret >= 0 ? 2 : 0;                                                                   \
    push_s64(e, ret);

/* An absolute path speaks for itself: what it leads to is an empty parameter. */
#define OPEN_PROGRAM_END()                                                                         \
    if (ret >= 0 && given == RELATIVE && o.file) {                                                 \
        e->resolve = &o.file->f_path;                                                              \
        e->resolve_flag = EVENT_RESOLVED_PATH;                                                     \
        return EVENT_FINISH(context, e, SLOT_RESOLVE);                                             \
    }                                                                                              \
    if (ret >= 0) {                                                                                \
        e->header.param_count++;                                                                   \
        push_empty(e);                                                                             \
    }                                                                                              \
    return EVENT_FINISH(context, e, SLOT_SUBMIT);

INLINE int open_rejected(struct scratch *e) {
    event_reject(e);
    return 0;
}

SEC("tp_btf/sys_exit") int sys_open(u64 *context) {
    OPEN_PROGRAM_START(3, 6, ARG1(regs))
    enum given given = push_wanted_path(e, c, (void *)ARG0(regs), accept);
    if (given == UNWANTED)
        return open_rejected(e);
    struct opened o;
    look_at(&o, task, ret);
    push_u32(e, file_flags(flags) | o.flags);
    push_u32(e, file_mode(flags, ARG2(regs)));
    push_u32(e, o.device);
    push_u64(e, o.number);
    OPEN_PROGRAM_END()
}

SEC("tp_btf/sys_exit") int sys_openat(u64 *context) {
    OPEN_PROGRAM_START(307, 7, ARG2(regs))
    push_s64(e, (s32)ARG0(regs));
    enum given given = push_wanted_path(e, c, (void *)ARG1(regs), accept);
    if (given == UNWANTED)
        return open_rejected(e);
    struct opened o;
    look_at(&o, task, ret);
    push_u32(e, file_flags(flags) | o.flags);
    push_u32(e, file_mode(flags, ARG3(regs)));
    push_u32(e, o.device);
    push_u64(e, o.number);
    OPEN_PROGRAM_END()
}

struct open_how {
    u64 flags;
    u64 mode;
    u64 resolve;
};

INLINE struct open_how open_how(const void *from) {
    struct open_how how = {};
    bpf_probe_read_user(&how, sizeof(how), from);
    return how;
}

SEC("tp_btf/sys_exit") int sys_openat2(u64 *context) {
    struct open_how how;
    OPEN_PROGRAM_START(327, 8, (how = open_how((void *)ARG2(regs)), how.flags))
    push_s64(e, (s32)ARG0(regs));
    enum given given = push_wanted_path(e, c, (void *)ARG1(regs), accept);
    if (given == UNWANTED)
        return open_rejected(e);
    struct opened o;
    look_at(&o, task, ret);
    push_u32(e, file_flags(flags) | o.flags);
    push_u32(e, file_mode(flags, how.mode));
    /* Falco's bits: RESOLVE_BENEATH 1, IN_ROOT 2, NO_MAGICLINKS 4, NO_SYMLINKS 8, NO_XDEV 16,
     * CACHED 32; the kernel's are 8, 16, 2, 4, 1, 32. */
    u64 r = how.resolve;
    push_u32(e, (r & 8 ? 1 : 0) | (r & 16 ? 2 : 0) | (r & 2 ? 4 : 0) | (r & 4 ? 8 : 0) |
                    (r & 1 ? 16 : 0) | (r & 32));
    push_u32(e, o.device);
    push_u64(e, o.number);
    OPEN_PROGRAM_END()
}

SEC("tp_btf/sys_exit") int sys_creat(u64 *context) {
    OPEN_PROGRAM_START(59, 6, K_WRONLY | K_CREAT | K_TRUNC)
    enum given given = push_wanted_path(e, c, (void *)ARG0(regs), accept);
    if (given == UNWANTED)
        return open_rejected(e);
    struct opened o;
    look_at(&o, task, ret);
    push_u32(e, ARG1(regs) & 07777);
    push_u32(e, o.device);
    push_u64(e, o.number);
    push_u16(e, o.flags >> 15);
    OPEN_PROGRAM_END()
}

/* The path is the kernel's: the caller gave a handle. */
SYSCALL(open_by_handle_at, 337, FAMILY_OPEN, 6) {
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    struct opened o;
    look_at(&o, task, ret);
    push_u32(e, file_flags(ARG2(regs)) | o.flags);
    if (o.file) {
        struct fs_struct *fs = task->fs;
        push_path(e, &o.file->f_path, &fs->root);
    } else {
        push_empty(e);
    }
    push_u32(e, o.device);
    push_u64(e, o.number);
}
