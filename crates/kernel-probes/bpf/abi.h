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
#define SLOT_DESCRIBE 509
#define SLOT_AGAIN 508
/* Place of the program for every call that has none of its own, and of calls that exist only for
 * 32-bit programs. */
#define SLOT_GENERIC 507
#define SLOT_UMOUNT 506
#define SLOT_SENDMMSG 505
#define SLOT_RECVMMSG 504
#define SLOT_PARENT 503
/* Bit of the numbers of programs of the x32 ABI, and where its own calls begin. */
#define X32_BIT 0x40000000
#define X32_FIRST 512
#define X32_COUNT 64
/* In numbers.compat: nobody knows this call. */
#define COMPAT_UNKNOWN 0xffff
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
    /* Reading and writing data, memory, asking: much of it, each worth little. */
    FAMILY_READ = 10,
    FAMILY_WRITE = 11,
    FAMILY_MEMORY = 12,
    FAMILY_QUERY = 13,
    FAMILY_GENERIC = 14,
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
    /* A 32-bit system call whose number nobody knows here. */
    LOSS_COMPAT = 5,
    /* The ring had little room left, and the rest of it is kept for what matters more. */
    LOSS_SHED = 6,
    LOSS_COUNT = 8,
};

/* Beside scope (2 bits) and family (4 bits above) in interest.syscalls[nr]. */
enum entry {
    ENTRY_NO_SUCCESS = 1 << 6,
    ENTRY_NO_FAILURE = 1 << 7,
    /* Some 32-bit call with this number may be wanted. */
    ENTRY_COMPAT = 1 << 8,
    /* Not from sockets that are connected, nor to the address that the last message went to. */
    ENTRY_NO_CONNECTED = 1 << 9,
    ENTRY_NO_SAME_PEER = 1 << 10,
    /* Only sockets of the families in interest.socket_families. */
    ENTRY_SOME_FAMILIES = 1 << 11,
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
    /* The last two parameters say what the descriptor of the call leads to. */
    EVENT_DESCRIPTOR = 2,
    /* A 32-bit system call. */
    EVENT_COMPAT = 4,
    /* The last parameter is the directory that the first relative path of the call starts from. */
    EVENT_BASE = 8,
};

/* Bits of the third byte of a described descriptor, behind its letter and its protocol. */
enum descriptor_bit {
    DESCRIPTOR_CONNECTED = 1,
    DESCRIPTOR_LISTENING = 2,
    /* The message went where the one before it went. */
    DESCRIPTOR_SAME_PEER = 4,
};

/* The sizes above, where the object's BTF shows them. */
enum abi_size {
    ABI_SYSCALL_COUNT = SYSCALL_COUNT,
    ABI_SLOT_SUBMIT = SLOT_SUBMIT,
    ABI_SLOT_RESOLVE = SLOT_RESOLVE,
    ABI_SLOT_DESCRIBE = SLOT_DESCRIBE,
    ABI_SLOT_AGAIN = SLOT_AGAIN,
    ABI_SLOT_GENERIC = SLOT_GENERIC,
    ABI_SLOT_UMOUNT = SLOT_UMOUNT,
    ABI_SLOT_SENDMMSG = SLOT_SENDMMSG,
    ABI_SLOT_RECVMMSG = SLOT_RECVMMSG,
    ABI_SLOT_PARENT = SLOT_PARENT,
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
    enum entry entry;
    enum descriptor_bit descriptor_bit;
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
    u16 syscalls[SYSCALL_COUNT]; /* scope | family << 2 | enum entry */
    u64 socket_families; /* a bit each */
    u32 open_flags;
    u32 reserved;
};

/* Facts about numbers, written once when the probes are loaded. */
struct numbers {
    /* Native numbers of 32-bit calls; behind them those of the x32 ABI's own. */
    u16 compat[SYSCALL_COUNT + X32_COUNT];
    /* Falco's system call codes, for generic events. */
    u16 codes[SYSCALL_COUNT];
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
