/* ptrace. Falco numbers the requests itself, and packs addr and data as a type byte with a value. */
#include "event.h"

INLINE u16 request_number(u64 request) {
    switch (request) {
    case 0 ... 8: /* TRACEME to KILL, each one higher */
        return request + 1;
    case 9: /* SINGLESTEP */
        return 10;
    case 12: /* GETREGS */
        return 26;
    case 13: /* SETREGS */
        return 27;
    case 14: /* GETFPREGS */
        return 28;
    case 15: /* SETFPREGS */
        return 29;
    case 16: /* ATTACH */
        return 11;
    case 17: /* DETACH */
        return 12;
    case 24: /* SYSCALL */
        return 13;
    case 0x4200: /* SETOPTIONS */
        return 14;
    case 0x4201: /* GETEVENTMSG */
        return 15;
    case 0x4202 ... 0x420b: /* GETSIGINFO to SETSIGMASK, in the same order */
        return request - 0x4202 + 16;
    default:
        return 0;
    }
}

INLINE void push_dynamic(struct scratch *s, u64 value) {
    u8 *place = push_place(s);
    *place = 0; /* an unsigned number */
    *(u64 *)(place + 1) = value;
    push_length(s, 9);
}

SYSCALL(ptrace, 169, FAMILY_PROCESS, 5) {
    push_s64(e, ret);
    push_dynamic(e, ret < 0 ? 0 : ARG2(regs));
    push_dynamic(e, ret < 0 ? 0 : ARG3(regs));
    push_u16(e, request_number(ARG0(regs)));
    push_s64(e, (s32)ARG1(regs));
}
