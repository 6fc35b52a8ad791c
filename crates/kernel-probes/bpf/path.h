/* Paths as the kernel knows them, seen from the task's own root directory. */
#ifndef QUAYWATCH_PATH_H
#define QUAYWATCH_PATH_H

#include "event.h"

/* Steps of one walk: components and mount crossings together. Deeper paths lose their head. */
#define PATH_STEPS 96

/* Pushes the path of (mount, dentry). It is built backwards into the end of s->path. */
INLINE void push_path(struct scratch *s, struct path *at, struct path *root) {
    struct vfsmount *mount = READ(at, mnt);
    struct dentry *dentry = READ(at, dentry);
    struct vfsmount *root_mount = READ(root, mnt);
    struct dentry *root_dentry = READ(root, dentry);
    struct dentry *mount_root = READ(mount, mnt_root);

    s->work = 0;
    for (int step = 0; step < PATH_STEPS; step++) {
        if (dentry == root_dentry && mount == root_mount)
            break;
        struct dentry *parent = READ(dentry, d_parent);
        if (dentry == mount_root) {
            struct mount *inner =
                (void *)((u8 *)mount - __builtin_preserve_field_info(((struct mount *)0)->mnt, 0));
            struct mount *outer = READ(inner, mnt_parent);
            if (outer != inner) {
                dentry = READ(inner, mnt_mountpoint);
                mount = &outer->mnt;
                mount_root = READ(mount, mnt_root);
                continue;
            }
            /* The top of a detached or kernel-internal mount; a nameless root ends the path,
             * while memfd and the like have their name there. */
            struct qstr name = READ(dentry, d_name);
            u8 first = 0;
            bpf_probe_read_kernel(&first, 1, name.name);
            if (first == '/')
                break;
        }
        struct qstr name = READ(dentry, d_name);
        u32 length = name.len & 255;
        u32 used = s->work + length + 1;
        if (used >= TEXT_BYTES)
            break;
        s->work = used;
        u32 place = (TEXT_BYTES - used) & (TEXT_BYTES - 1);
        s->path[place] = '/';
        bpf_probe_read_kernel(&s->path[place + 1], length, name.name);
        if (parent == dentry)
            break;
        dentry = parent;
    }
    u32 used = s->work & (TEXT_BYTES - 1);
    if (used == 0) {
        s->path[TEXT_BYTES - 1] = '/';
        used = 1;
    }
    u32 place = (TEXT_BYTES - used) & (TEXT_BYTES - 1);
    bpf_probe_read_kernel(push_place(s), used, &s->path[place]);
    u32 end = (s->size + used) & (2 * DATA_BYTES - 1);
    if (end < DATA_BYTES + SLACK_BYTES)
        s->data[end] = 0;
    push_length(s, used + 1);
}

INLINE struct file *file_of_fd(struct task_struct *task, s64 fd) {
    struct fdtable *table = task->files->fdt;
    if (fd < 0 || fd >= table->max_fds)
        return NULL;
    struct file **slots = table->fd;
    struct file *file = NULL;
    bpf_probe_read_kernel(&file, sizeof(file), &slots[fd]);
    return file;
}

#define AT_FDCWD (-100)

/* Asks for the directory that `path` starts from when it is relative: before any push. What the
 * kernel used, while the caller and its descriptors are as they were. */
INLINE void base(struct scratch *s, struct task_struct *task, s32 directory, const void *path) {
    u8 first = '/';
    bpf_probe_read_user(&first, 1, path);
    if (first == '/' || s->resolve)
        return;
    if (directory == AT_FDCWD) {
        struct fs_struct *fs = task->fs;
        s->resolve = &fs->pwd;
    } else {
        struct file *file = file_of_fd(task, directory);
        if (!file)
            return;
        s->resolve = &file->f_path;
    }
    s->resolve_flag = EVENT_BASE;
    s->size += 2;
}

/* Device numbers as stat(2) gives them. */
INLINE u32 device_number(u32 kernel_device) {
    u32 major = kernel_device >> 20, minor = kernel_device & 0xfffff;
    return (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

#define OVERLAY_MAGIC 0x794c7630
enum overlay_layer { LAYER_NONE, LAYER_LOWER, LAYER_UPPER };

/* Where an overlayfs file lies. The overlay's inode is followed by its upper dentry; overlayfs
 * may be a module, so its own type is not always in the kernel's BTF. */
INLINE int layer_in_overlay(struct inode *inode) {
    struct dentry *upper = NULL;
    bpf_probe_read_kernel(&upper, sizeof(upper), (u8 *)inode + TYPE_SIZE(struct inode));
    return upper ? LAYER_UPPER : LAYER_LOWER;
}

INLINE int overlay_layer(struct inode *inode) {
    return READ(READ(inode, i_sb), s_magic) == OVERLAY_MAGIC ? layer_in_overlay(inode) : LAYER_NONE;
}

#endif
