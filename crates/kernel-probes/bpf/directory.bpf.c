/* chdir and fchdir, with the directory the process is in afterwards as the resolved path; chroot. */
#include "path.h"

/* Set up for the parameters of the table and, after success, the new working directory. */
INLINE void push_new_cwd(struct scratch *s, struct task_struct *task) {
    struct fs_struct *fs = task->fs;
    push_path(s, &fs->pwd, &fs->root);
    s->header.param_count++;
    s->header.flags |= EVENT_RESOLVED_PATH;
}

SYSCALL(chdir, 95, FAMILY_PROCESS, 2) {
    e->size += ret == 0 ? 2 : 0;
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    if (ret == 0)
        push_new_cwd(e, task);
    return 0;
}

SYSCALL(fchdir, 97, FAMILY_PROCESS, 2) {
    e->size += ret == 0 ? 2 : 0;
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
    if (ret == 0)
        push_new_cwd(e, task);
    return 0;
}

SYSCALL(chroot, 267, FAMILY_PROCESS, 2) {
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
    return 0;
}
