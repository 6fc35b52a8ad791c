/* What successful and failed exec events share. */
#ifndef QUAYWATCH_EXEC_H
#define QUAYWATCH_EXEC_H

#include "task.h"

enum { EXE_WRITABLE = 1, EXE_UPPER_LAYER = 2, EXE_FROM_MEMFD = 4, EXE_LOWER_LAYER = 8 };

/* tid to cgroups. */
INLINE void push_exec_identity(struct scratch *s, struct task_struct *task) {
    push_s64(s, task->pid);
    push_s64(s, task->tgid);
    push_s64(s, task->real_parent->tgid);
    push_cwd(s, task);
    push_resources(s, task, task->mm);
    push_cgroups(s, task);
}

INLINE void push_environment(struct scratch *s, struct mm_struct *mm) {
    unsigned long start = READ(mm, env_start), end = READ(mm, env_end);
    push_user_bytes(s, (void *)start, end > start ? end - start : 0, 1);
}

/* Whether the caller may write to the file, by its mode bits and owner (Falco's is_exe_writable
 * without access lists; the super-user may write to anything). */
INLINE int writable(struct inode *inode, const struct cred *cred) {
    u32 mode = READ(inode, i_mode), uid = READ(cred, fsuid.val);
    /* CAP_DAC_OVERRIDE */
    if (READ(cred, cap_effective).val & 2)
        return 1;
    if (READ(inode, i_uid.val) == uid)
        return (mode & 0200) != 0;
    if (READ(inode, i_gid.val) == READ(cred, fsgid.val))
        return (mode & 0020) != 0;
    return (mode & 0002) != 0;
}

INLINE int from_memfd(struct dentry *dentry) {
    if (READ(dentry, d_parent) != dentry)
        return 0;
    struct qstr name = READ(dentry, d_name);
    char text[6] = {};
    bpf_probe_read_kernel(text, sizeof(text), name.name);
    return text[0] == 'm' && text[1] == 'e' && text[2] == 'm' && text[3] == 'f' && text[4] == 'd' &&
           text[5] == ':';
}

INLINE u32 exec_flags(struct file *file, struct inode *inode, const struct cred *cred) {
    u32 flags = 0;
    if (writable(inode, cred))
        flags |= EXE_WRITABLE;
    int layer = overlay_layer(inode);
    if (layer == LAYER_UPPER)
        flags |= EXE_UPPER_LAYER;
    if (layer == LAYER_LOWER)
        flags |= EXE_LOWER_LAYER;
    if (from_memfd(READ(file, f_path.dentry)))
        flags |= EXE_FROM_MEMFD;
    return flags;
}

#define NS_PER_SECOND 1000000000ull
/* Since 6.13 the top bit of an inode's nanoseconds says that somebody has asked for them. */
#define NSEC_MASK 0x7fffffff

INLINE u64 timespec_ns(struct timespec64 time) {
    return time.tv_sec * NS_PER_SECOND + (time.tv_nsec & NSEC_MASK);
}

INLINE u64 inode_ctime(struct inode *inode) {
    if (FIELD_EXISTS(((struct inode *)0)->i_ctime_sec))
        return READ(inode, i_ctime_sec) * NS_PER_SECOND + (READ(inode, i_ctime_nsec) & NSEC_MASK);
    struct inode___underscored *underscored = (void *)inode;
    if (FIELD_EXISTS(((struct inode___underscored *)0)->__i_ctime))
        return timespec_ns(READ(underscored, __i_ctime));
    struct inode___plain *plain = (void *)inode;
    return timespec_ns(READ(plain, i_ctime));
}

INLINE u64 inode_mtime(struct inode *inode) {
    if (FIELD_EXISTS(((struct inode *)0)->i_mtime_sec))
        return READ(inode, i_mtime_sec) * NS_PER_SECOND + READ(inode, i_mtime_nsec);
    struct inode___underscored *underscored = (void *)inode;
    if (FIELD_EXISTS(((struct inode___underscored *)0)->__i_mtime))
        return timespec_ns(READ(underscored, __i_mtime));
    struct inode___plain *plain = (void *)inode;
    return timespec_ns(READ(plain, i_mtime));
}

INLINE u32 terminal(struct task_struct *task) {
    struct tty_struct *tty = task->signal->tty;
    if (!tty)
        return 0;
    struct tty_driver *driver = READ(tty, driver);
    u32 major = READ(driver, major), minor = READ(driver, minor_start) + READ(tty, index);
    return (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

/* tty to gid. */
INLINE void push_exec_tail(struct scratch *s, struct task_struct *task) {
    const struct cred *cred = task->cred;
    struct mm_struct *mm = task->mm;
    struct file *file = READ(mm, exe_file);
    struct inode *inode = READ(file, f_inode);
    /* PIDTYPE_PGID */
    struct pid *group = task->signal->pids[2];

    push_u32(s, terminal(task));
    push_s64(s, innermost_number(group));
    u32 login = 0xffffffff;
    if (FIELD_EXISTS(((struct task_struct *)0)->loginuid))
        login = task->loginuid.val;
    push_u32(s, login);
    push_u32(s, exec_flags(file, inode, cred));
    push_u64(s, READ(cred, cap_inheritable).val);
    push_u64(s, READ(cred, cap_permitted).val);
    push_u64(s, READ(cred, cap_effective).val);
    push_u64(s, READ(inode, i_ino));
    push_u64(s, inode_ctime(inode));
    push_u64(s, inode_mtime(inode));
    push_u32(s, cred->euid.val);
    struct fs_struct *fs = task->fs;
    push_path(s, &file->f_path, &fs->root);
    push_s64(s, READ(group, numbers[0].nr));
    push_u32(s, cred->egid.val);
}

#endif
