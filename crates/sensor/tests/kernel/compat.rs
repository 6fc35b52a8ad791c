//! Calls of 32-bit programs, by `int 0x80` and by its socketcall, and of the x32 ABI where the
//! kernel has it.

#![cfg(target_arch = "x86_64")]

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use crate::watch::{Seen, Watch, config, everything, skipped};

/// A program without a C library. `ebx`, `ecx`, `edx` are the arguments, `eax` the number.
const PROGRAM: &str = r#"
    .globl _start
    .data
path:   .asciz "/nosuch/compat"
folder: .asciz "compat-folder"
address: .byte 2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0
socket_arguments: .long 2, 2, 0
connect_arguments: .long 0, address, 16
    .text
_start:
    movl $5, %eax            # open
    movl $path, %ebx
    xorl %ecx, %ecx
    int $0x80
    movl $10, %eax           # unlink
    movl $folder, %ebx
    int $0x80
    movl $213, %eax          # setuid32
    xorl %ebx, %ebx
    int $0x80
    movl $26, %eax           # ptrace
    movl $16, %ebx
    movl $-1, %ecx
    int $0x80
    movl $102, %eax          # socketcall: socket
    movl $1, %ebx
    movl $socket_arguments, %ecx
    int $0x80
    movl %eax, connect_arguments
    movl $102, %eax          # socketcall: connect
    movl $3, %ebx
    movl $connect_arguments, %ecx
    int $0x80
    movl $11, %eax           # execve, fails
    movl $path, %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    int $0x80
    movl $1, %eax            # exit
    xorl %ebx, %ebx
    int $0x80
"#;

/// Assembles and links; `None` when this machine cannot.
fn build(folder: &std::path::Path) -> Option<std::path::PathBuf> {
    let at = |name: &str| folder.join(name);
    fs::write(at("p.s"), PROGRAM).unwrap();
    let run = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    let is_built = run(Command::new("as").args(["--32", "-o"]).args([at("p.o"), at("p.s")]))
        && run(Command::new("ld").args(["-m", "elf_i386", "-o"]).args([at("p"), at("p.o")]));
    if !is_built {
        return None;
    }
    fs::set_permissions(at("p"), fs::Permissions::from_mode(0o755)).unwrap();
    Some(at("p"))
}

#[test]
fn a_32_bit_program_is_seen_like_any_other() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(program) = build(folder.path()) else {
        println!("skipped: no assembler or linker for 32-bit programs");
        return;
    };
    let mut watch = Watch::start(&config());
    watch.sensor().set_interest(&everything()).unwrap();
    let mut child = match Command::new(program).current_dir(folder.path()).spawn() {
        Ok(child) => child,
        Err(error) => {
            println!("skipped: this kernel runs no 32-bit programs ({error})");
            return;
        }
    };
    let pid = child.id();
    child.wait().unwrap();
    let mut events: Vec<Seen> = Vec::new();
    let seen = std::cell::RefCell::new(&mut events);
    watch.wait_for(|event| {
        if event.tid == pid {
            seen.borrow_mut().push(event.clone());
        }
        event.tid == pid && event.name == "procexit"
    });
    let find = |name: &str| {
        let all: Vec<String> = events.iter().map(ToString::to_string).collect();
        events.iter().rfind(|event| event.name == name).unwrap_or_else(|| panic!("no {name} in {all:#?}"))
    };
    assert_eq!((find("open").number("fd"), find("open").text("name").as_str()), (-2, "/nosuch/compat"));
    let unlink = find("unlink");
    assert_eq!((unlink.number("res"), unlink.text("path").as_str()), (-2, "compat-folder"));
    assert_eq!(unlink.base.as_deref(), folder.path().canonicalize().unwrap().to_str());
    assert_eq!((find("setuid").number("res"), find("setuid").number("uid")), (0, 0));
    assert_eq!((find("ptrace").number("request"), find("ptrace").number("pid")), (11, -1));
    let socket = find("socket");
    assert_eq!((socket.number("domain"), socket.number("type")), (2, 2));
    let connect = find("connect");
    assert_eq!(connect.number("fd"), socket.number("fd"));
    assert_eq!(connect.bytes("addr"), [&[2, 127, 0, 0, 1][..], &9u16.to_le_bytes()].concat());
    assert_eq!(
        (find("execve").number("res"), find("execve").text("filename").as_str()),
        (-2, "/nosuch/compat")
    );
}
