/* chdir and fchdir, with the directory the process is in afterwards as the resolved path; chroot. */
#include "path.h"

/* After success, the new working directory follows the parameters of the table. */
INLINE void resolve_cwd(struct scratch *s, struct task_struct *task, s64 ret) {
    if (ret != 0)
        return;
    struct fs_struct *fs = task->fs;
    s->resolve = &fs->pwd;
    s->resolve_flag = EVENT_RESOLVED_PATH;
    s->size += 2;
}

SYSCALL(chdir, 95, FAMILY_PROCESS, 2) {
    resolve_cwd(e, task, ret);
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
}

SYSCALL(fchdir, 97, FAMILY_PROCESS, 2) {
    resolve_cwd(e, task, ret);
    push_s64(e, ret);
    push_s64(e, (s32)ARG0(regs));
}

SYSCALL(chroot, 267, FAMILY_PROCESS, 2) {
    base(e, task, AT_FDCWD, (void *)ARG0(regs));
    push_s64(e, ret);
    push_user_text(e, (void *)ARG0(regs));
}
