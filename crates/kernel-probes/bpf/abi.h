/* What the probes and the sensor agree on. crates/kernel-probes/src/abi.rs is the same in Rust;
 * a test compares both through the object's BTF. Sizes and offsets are part of the object's hash,
 * so a sensor never adopts pinned probes with another layout. */
#ifndef QUAYWATCH_ABI_H
#define QUAYWATCH_ABI_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

/* System call numbers the dispatcher knows (x86-64 ends below 480, arm64 too). */
#define SYSCALL_COUNT 512
/* Places of the dispatcher's table, behind every system call, of programs that end an event. */
#define SLOT_SUBMIT 510
#define SLOT_RESOLVE 511
/* Processes whose system calls are not reported: the sensor itself and the hub. */
#define IGNORED_COUNT 8
/* Longest text of one parameter, final NUL included. */
#define TEXT_BYTES 4096
/* Bytes of one event's parameters, their lengths included. */
#define DATA_BYTES 65536
/* First bytes of a path that the prefix automaton may look at. */
#define PREFIX_BYTES 64
/* Path prefix automaton: states times byte classes. Both are powers of two. */
#define PREFIX_STATES 2048
#define PREFIX_CLASSES 64

/* Who is asking: counters are kept per family. */
enum family {
    FAMILY_OTHER = 0,
    FAMILY_EXEC = 1,
    FAMILY_CLONE = 2,
    FAMILY_EXIT = 3,
    FAMILY_OPEN = 4,
    FAMILY_CONNECT = 5,
    FAMILY_SOCKET = 6,
    FAMILY_FILE = 7,
    FAMILY_PROCESS = 8,
    FAMILY_KERNEL = 9,
    FAMILY_COUNT = 16,
};

/* Why an event, or a part of it, did not arrive. */
enum loss {
    LOSS_RING_FULL = 0,
    LOSS_TOO_LARGE = 1,
    /* The event arrived without one of its parameters: user memory was not there. */
    LOSS_USER_FAULT = 2,
    /* Another event was being built on this CPU. */
    LOSS_RECURSION = 3,
    /* The syscall is wanted but no program is in the table. */
    LOSS_NO_PROGRAM = 4,
    /* A 32-bit system call on a 64-bit kernel: its numbers are others. */
    LOSS_COMPAT = 5,
    LOSS_COUNT = 8,
};

/* Whose system calls are wanted; the low two bits of interest.syscalls[nr]. */
enum scope {
    SCOPE_NONE = 0,
    SCOPE_CONTAINERS = 1,
    SCOPE_EVERYONE = 2,
};

/* interest.open_flags */
enum open_interest {
    OPEN_READ_ALL = 1,
    OPEN_WRITE_ALL = 2,
    OPEN_FAILED = 4,
    OPEN_READ_PREFIX = 8,
    OPEN_WRITE_PREFIX = 16,
};

/* Bits of one step of the prefix automaton beside the next state. */
enum prefix_step {
    STEP_STATE = 0x0fff,
    STEP_ACCEPT_READ = 0x4000,
    STEP_ACCEPT_WRITE = 0x8000,
};

/* event_header.flags */
enum event_flag {
    /* The last parameter is the path the kernel resolved. */
    EVENT_RESOLVED_PATH = 1,
};

/* The sizes above, where the object's BTF shows them. */
enum abi_size {
    ABI_SYSCALL_COUNT = SYSCALL_COUNT,
    ABI_SLOT_SUBMIT = SLOT_SUBMIT,
    ABI_SLOT_RESOLVE = SLOT_RESOLVE,
    ABI_IGNORED_COUNT = IGNORED_COUNT,
    ABI_TEXT_BYTES = TEXT_BYTES,
    ABI_DATA_BYTES = DATA_BYTES,
    ABI_PREFIX_BYTES = PREFIX_BYTES,
    ABI_PREFIX_STATES = PREFIX_STATES,
    ABI_PREFIX_CLASSES = PREFIX_CLASSES,
};

/* Never filled: a member of a map's value, so that these types are in the BTF for the test. */
struct abi_numbers {
    enum family family;
    enum loss loss;
    enum scope scope;
    enum open_interest open_interest;
    enum prefix_step prefix_step;
    enum event_flag event_flag;
    enum abi_size abi_size;
};

/* Start of every record of the ring; param_count little-endian u16 lengths and the parameters'
 * bytes follow. All ids are those of the initial namespaces unless the name says otherwise. */
struct event_header {
    u64 timestamp_ns; /* since boot, suspend included */
    u64 start_time_ns; /* of the thread group leader, same clock */
    u64 cgroup_id;
    u32 length; /* header included */
    u32 tid;
    u32 pid;
    u32 parent_pid;
    u32 uid;
    u32 gid;
    u32 mount_namespace;
    u32 pid_namespace;
    u32 namespace_pid;
    u16 code;
    u16 param_count;
    u16 cpu;
    u16 flags;
    u32 reserved;
};

/* One generation of what is wanted. */
struct interest {
    u8 syscalls[SYSCALL_COUNT]; /* scope | family << 2 */
    u32 open_flags;
    u32 reserved;
};

/* One generation of path prefixes: a byte automaton. State 0 is dead, state 1 the start. */
struct prefixes {
    u8 classes[256];
    u16 steps[PREFIX_STATES * PREFIX_CLASSES];
};

/* Written by the sensor; `generation` is flipped last. */
struct config {
    u32 generation;
    u32 reserved;
    u32 ignored[IGNORED_COUNT];
};

/* Who made these maps; `state` is written by the sensor only. */
struct state {
    u64 abi_hash;
    u64 epoch;
    u64 losses_reported;
    u64 ring_bytes;
};

/* One per CPU. seen = shipped + filtered + lost of those reasons that lose whole events. */
struct counters {
    u64 seen[FAMILY_COUNT];
    u64 shipped[FAMILY_COUNT];
    u64 filtered[FAMILY_COUNT];
    u64 lost[LOSS_COUNT * FAMILY_COUNT];
};

#endif
