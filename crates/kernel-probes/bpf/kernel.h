/* The few kernel types the probes look into. Only the named members matter: offsets are put in
 * from the running kernel's BTF when the probes are loaded. A type whose name ends in ___word is
 * the same kernel type as it was in other versions. */
#ifndef QUAYWATCH_KERNEL_H
#define QUAYWATCH_KERNEL_H

#include "abi.h"

/* Eight bytes in every version, under changing member names: read as a whole. */
typedef struct {
    u64 val;
} kernel_cap_t;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
    u32 val;
} kuid_t;
typedef struct {
    u32 val;
} kgid_t;

#if defined(__TARGET_ARCH_x86)
struct thread_info {
    u32 status;
};
#else
struct thread_info {
    unsigned long flags;
};
#endif

struct ns_common {
    u32 inum;
};
struct mnt_namespace {
    struct ns_common ns;
};
struct task_struct;
struct pid_namespace {
    struct ns_common ns;
    struct task_struct *child_reaper;
};
struct user_namespace;
struct uts_namespace;
struct ipc_namespace;
struct net;
struct cgroup_namespace;
struct nsproxy {
    struct uts_namespace *uts_ns;
    struct ipc_namespace *ipc_ns;
    struct mnt_namespace *mnt_ns;
    struct pid_namespace *pid_ns_for_children;
    struct net *net_ns;
    struct cgroup_namespace *cgroup_ns;
};
struct upid {
    int nr;
    struct pid_namespace *ns;
};
struct pid {
    unsigned int level;
    struct upid numbers[1];
};

struct timespec64 {
    s64 tv_sec;
    long tv_nsec;
};
struct file_system_type {
    const char *name;
};
struct super_block {
    u32 s_dev;
    unsigned long s_magic;
};
struct inode {
    u16 i_mode;
    kuid_t i_uid;
    kgid_t i_gid;
    struct super_block *i_sb;
    unsigned long i_ino;
    s64 i_mtime_sec;
    s64 i_ctime_sec;
    u32 i_mtime_nsec;
    u32 i_ctime_nsec;
};
/* 6.6 to 6.10 */
struct inode___underscored {
    struct timespec64 __i_ctime;
    struct timespec64 i_mtime;
    struct timespec64 __i_mtime;
};
/* before 6.6 */
struct inode___plain {
    struct timespec64 i_ctime;
    struct timespec64 i_mtime;
};
struct qstr {
    u32 len;
    const unsigned char *name;
};
struct dentry {
    struct dentry *d_parent;
    struct qstr d_name;
    struct inode *d_inode;
};
struct vfsmount {
    struct dentry *mnt_root;
};
struct mount {
    struct mount *mnt_parent;
    struct dentry *mnt_mountpoint;
    struct vfsmount mnt;
};
struct path {
    struct vfsmount *mnt;
    struct dentry *dentry;
};
struct file {
    u32 f_mode;
    unsigned int f_flags;
    struct path f_path;
    struct inode *f_inode;
    void *private_data;
};
struct fdtable {
    unsigned int max_fds;
    struct file **fd;
};
struct files_struct {
    struct fdtable *fdt;
};
struct fs_struct {
    struct path root;
    struct path pwd;
};

struct tty_driver {
    int major;
    int minor_start;
};
struct tty_struct {
    struct tty_driver *driver;
    int index;
};
struct rlimit {
    unsigned long rlim_cur;
};
struct signal_struct {
    struct pid *pids[4];
    struct tty_struct *tty;
    struct rlimit rlim[16];
};

struct percpu_counter {
    s64 count;
};
struct mm_struct {
    unsigned long total_vm;
    unsigned long arg_start;
    unsigned long arg_end;
    unsigned long env_start;
    unsigned long env_end;
    struct percpu_counter rss_stat[4];
    struct file *exe_file;
};
/* before 6.2 */
struct mm_rss_stat___plain {
    s64 count[4];
};
struct mm_struct___plain {
    struct mm_rss_stat___plain rss_stat;
};

struct cred {
    kuid_t uid;
    kgid_t gid;
    kuid_t euid;
    kgid_t egid;
    kuid_t fsuid;
    kgid_t fsgid;
    kernel_cap_t cap_inheritable;
    kernel_cap_t cap_permitted;
    kernel_cap_t cap_effective;
    struct user_namespace *user_ns;
};

struct kernfs_node {
    struct kernfs_node *__parent;
    const char *name;
    u64 id;
};
/* before 6.15 */
struct kernfs_node___plain {
    struct kernfs_node *parent;
};
struct cgroup_subsys {
    const char *name;
};
struct cgroup;
struct cgroup_subsys_state {
    struct cgroup *cgroup;
    struct cgroup_subsys *ss;
};
struct cgroup {
    struct kernfs_node *kn;
};
struct css_set {
    struct cgroup_subsys_state *subsys[16];
    struct cgroup *dfl_cgrp;
};

struct sighand_struct;
struct completion;
struct list_head {
    struct list_head *next;
};
struct task_struct {
    struct thread_info thread_info;
    int exit_code;
    int pid;
    int tgid;
    struct task_struct *real_parent;
    struct task_struct *group_leader;
    struct list_head children;
    struct pid *thread_pid;
    struct completion *vfork_done;
    u64 start_boottime;
    unsigned long min_flt;
    unsigned long maj_flt;
    const struct cred *cred;
    char comm[16];
    struct fs_struct *fs;
    struct files_struct *files;
    struct nsproxy *nsproxy;
    struct signal_struct *signal;
    struct sighand_struct *sighand;
    kuid_t loginuid;
    struct css_set *cgroups;
    struct mm_struct *mm;
};
struct linux_binprm {
    struct file *file;
    const char *filename;
};

struct in6_addr {
    u8 bytes[16];
};
struct sock_common {
    unsigned char skc_state;
    u32 skc_daddr;
    u32 skc_rcv_saddr;
    u16 skc_dport;
    u16 skc_num;
    u16 skc_family;
    struct in6_addr skc_v6_daddr;
    struct in6_addr skc_v6_rcv_saddr;
};
struct sock {
    struct sock_common __sk_common;
    u32 sk_ack_backlog;
    u32 sk_max_ack_backlog;
    u16 sk_protocol;
    u16 sk_type;
};
struct socket {
    struct file *file;
    struct sock *sk;
};
struct inet_sock {
    u32 inet_saddr;
    u16 inet_sport;
};
struct sockaddr_un {
    char sun_path[108];
};
struct unix_address {
    struct sockaddr_un name[1];
};
struct unix_sock {
    struct unix_address *addr;
    struct sock *peer;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
    unsigned long bp;
    unsigned long bx;
    unsigned long r10;
    unsigned long r9;
    unsigned long r8;
    unsigned long cx;
    unsigned long dx;
    unsigned long si;
    unsigned long di;
    unsigned long orig_ax;
};
#else
struct pt_regs {
    u64 regs[31];
    u64 orig_x0;
    s32 syscallno;
};
#endif

/* Whether the kernel has a helper: 5.15 and later give the registers of any task. */
enum bpf_func_id {
    BPF_FUNC_task_pt_regs = 175,
};

#pragma clang attribute pop

/* 5.11 and later; typed, so members are read without a helper call. */
static struct task_struct *(*bpf_get_current_task_btf)(void) = (void *)158;

#define ENUM_VALUE_EXISTS(type, value) __builtin_preserve_enum_value(*(type *)value, 0)
static struct pt_regs *(*bpf_task_pt_regs)(struct task_struct *task) = (void *)175;

/* Arguments of the call: `compat` is what compat_arguments gave. The two loads are kept apart, since
 * the verifier does not let one load serve two kinds of pointers. */
#define ARG(native, number)                                                                        \
    ({                                                                                             \
        u64 argument_ = (native);                                                                  \
        FORGET(argument_);                                                                         \
        if (compat)                                                                                \
            argument_ = compat[number];                                                            \
        argument_;                                                                                 \
    })
#if defined(__TARGET_ARCH_x86)
#define NR_OPENAT 257
#define NR_CLONE 56
#define NR_CLONE3 435
#define NR_FORK 57
#define NR_VFORK 58
#define SYSCALL_NUMBER(regs) ((u32)(regs)->orig_ax)
#define ARG0(regs) ARG((regs)->di, 0)
#define ARG1(regs) ARG((regs)->si, 1)
#define ARG2(regs) ARG((regs)->dx, 2)
#define ARG3(regs) ARG((regs)->r10, 3)
#define ARG4(regs) ARG((regs)->r8, 4)
#define ARG5(regs) ARG((regs)->r9, 5)
/* TS_COMPAT of thread_info.status */
#define IS_COMPAT(task) ((task)->thread_info.status & 2)
#else
#define NR_OPENAT 56
#define NR_CLONE 220
#define NR_CLONE3 435
/* arm64 has no such calls. */
#define NR_FORK 1000
#define NR_VFORK 1001
#define SYSCALL_NUMBER(regs) ((u32)(regs)->syscallno)
#define ARG0(regs) ARG((regs)->orig_x0, 0)
#define ARG1(regs) ARG((regs)->regs[1], 1)
#define ARG2(regs) ARG((regs)->regs[2], 2)
#define ARG3(regs) ARG((regs)->regs[3], 3)
#define ARG4(regs) ARG((regs)->regs[4], 4)
#define ARG5(regs) ARG((regs)->regs[5], 5)
/* TIF_32BIT of thread_info.flags */
#define IS_COMPAT(task) ((task)->thread_info.flags & (1ul << 22))
#endif

#endif
