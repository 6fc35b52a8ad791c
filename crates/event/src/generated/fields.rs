//! One of Falco's tables. Made by `cargo xtask codegen` from conformance/falco/tables: do not edit.

use crate::field::{ArgumentRule, Field, FieldId};
use crate::ValueType;

/// Field ids by name: `proc.name` is `id::PROC_NAME`.
pub mod id {
    use super::FieldId;
    /// `evt.num`.
    pub const EVT_NUM: FieldId = FieldId(0);
    /// `evt.time`.
    pub const EVT_TIME: FieldId = FieldId(1);
    /// `evt.time.s`.
    pub const EVT_TIME_S: FieldId = FieldId(2);
    /// `evt.time.iso8601`.
    pub const EVT_TIME_ISO8601: FieldId = FieldId(3);
    /// `evt.datetime`.
    pub const EVT_DATETIME: FieldId = FieldId(4);
    /// `evt.datetime.s`.
    pub const EVT_DATETIME_S: FieldId = FieldId(5);
    /// `evt.rawtime`.
    pub const EVT_RAWTIME: FieldId = FieldId(6);
    /// `evt.rawtime.s`.
    pub const EVT_RAWTIME_S: FieldId = FieldId(7);
    /// `evt.rawtime.ns`.
    pub const EVT_RAWTIME_NS: FieldId = FieldId(8);
    /// `evt.reltime`.
    pub const EVT_RELTIME: FieldId = FieldId(9);
    /// `evt.reltime.s`.
    pub const EVT_RELTIME_S: FieldId = FieldId(10);
    /// `evt.reltime.ns`.
    pub const EVT_RELTIME_NS: FieldId = FieldId(11);
    /// `evt.pluginname`.
    pub const EVT_PLUGINNAME: FieldId = FieldId(12);
    /// `evt.plugininfo`.
    pub const EVT_PLUGININFO: FieldId = FieldId(13);
    /// `evt.source`.
    pub const EVT_SOURCE: FieldId = FieldId(14);
    /// `evt.is_async`.
    pub const EVT_IS_ASYNC: FieldId = FieldId(15);
    /// `evt.asynctype`.
    pub const EVT_ASYNCTYPE: FieldId = FieldId(16);
    /// `evt.hostname`.
    pub const EVT_HOSTNAME: FieldId = FieldId(17);
    /// `evt.deltatime`.
    pub const EVT_DELTATIME: FieldId = FieldId(18);
    /// `evt.deltatime.s`.
    pub const EVT_DELTATIME_S: FieldId = FieldId(19);
    /// `evt.deltatime.ns`.
    pub const EVT_DELTATIME_NS: FieldId = FieldId(20);
    /// `evt.type`.
    pub const EVT_TYPE: FieldId = FieldId(21);
    /// `evt.type.is`.
    pub const EVT_TYPE_IS: FieldId = FieldId(22);
    /// `syscall.type`.
    pub const SYSCALL_TYPE: FieldId = FieldId(23);
    /// `evt.category`.
    pub const EVT_CATEGORY: FieldId = FieldId(24);
    /// `evt.cpu`.
    pub const EVT_CPU: FieldId = FieldId(25);
    /// `evt.args`.
    pub const EVT_ARGS: FieldId = FieldId(26);
    /// `evt.arg`.
    pub const EVT_ARG: FieldId = FieldId(27);
    /// `evt.rawarg`.
    pub const EVT_RAWARG: FieldId = FieldId(28);
    /// `evt.info`.
    pub const EVT_INFO: FieldId = FieldId(29);
    /// `evt.buffer`.
    pub const EVT_BUFFER: FieldId = FieldId(30);
    /// `evt.buflen`.
    pub const EVT_BUFLEN: FieldId = FieldId(31);
    /// `evt.res`.
    pub const EVT_RES: FieldId = FieldId(32);
    /// `evt.rawres`.
    pub const EVT_RAWRES: FieldId = FieldId(33);
    /// `evt.failed`.
    pub const EVT_FAILED: FieldId = FieldId(34);
    /// `evt.is_io`.
    pub const EVT_IS_IO: FieldId = FieldId(35);
    /// `evt.is_io_read`.
    pub const EVT_IS_IO_READ: FieldId = FieldId(36);
    /// `evt.is_io_write`.
    pub const EVT_IS_IO_WRITE: FieldId = FieldId(37);
    /// `evt.io_dir`.
    pub const EVT_IO_DIR: FieldId = FieldId(38);
    /// `evt.is_wait`.
    pub const EVT_IS_WAIT: FieldId = FieldId(39);
    /// `evt.is_syslog`.
    pub const EVT_IS_SYSLOG: FieldId = FieldId(40);
    /// `evt.count`.
    pub const EVT_COUNT: FieldId = FieldId(41);
    /// `evt.count.error`.
    pub const EVT_COUNT_ERROR: FieldId = FieldId(42);
    /// `evt.count.error.file`.
    pub const EVT_COUNT_ERROR_FILE: FieldId = FieldId(43);
    /// `evt.count.error.net`.
    pub const EVT_COUNT_ERROR_NET: FieldId = FieldId(44);
    /// `evt.count.error.memory`.
    pub const EVT_COUNT_ERROR_MEMORY: FieldId = FieldId(45);
    /// `evt.count.error.other`.
    pub const EVT_COUNT_ERROR_OTHER: FieldId = FieldId(46);
    /// `evt.count.exit`.
    pub const EVT_COUNT_EXIT: FieldId = FieldId(47);
    /// `evt.around`.
    pub const EVT_AROUND: FieldId = FieldId(48);
    /// `evt.abspath`.
    pub const EVT_ABSPATH: FieldId = FieldId(49);
    /// `evt.is_open_read`.
    pub const EVT_IS_OPEN_READ: FieldId = FieldId(50);
    /// `evt.is_open_write`.
    pub const EVT_IS_OPEN_WRITE: FieldId = FieldId(51);
    /// `evt.is_open_exec`.
    pub const EVT_IS_OPEN_EXEC: FieldId = FieldId(52);
    /// `evt.is_open_create`.
    pub const EVT_IS_OPEN_CREATE: FieldId = FieldId(53);
    /// `proc.exe`.
    pub const PROC_EXE: FieldId = FieldId(54);
    /// `proc.pexe`.
    pub const PROC_PEXE: FieldId = FieldId(55);
    /// `proc.aexe`.
    pub const PROC_AEXE: FieldId = FieldId(56);
    /// `proc.exepath`.
    pub const PROC_EXEPATH: FieldId = FieldId(57);
    /// `proc.pexepath`.
    pub const PROC_PEXEPATH: FieldId = FieldId(58);
    /// `proc.aexepath`.
    pub const PROC_AEXEPATH: FieldId = FieldId(59);
    /// `proc.name`.
    pub const PROC_NAME: FieldId = FieldId(60);
    /// `proc.pname`.
    pub const PROC_PNAME: FieldId = FieldId(61);
    /// `proc.aname`.
    pub const PROC_ANAME: FieldId = FieldId(62);
    /// `proc.args`.
    pub const PROC_ARGS: FieldId = FieldId(63);
    /// `proc.aargs`.
    pub const PROC_AARGS: FieldId = FieldId(64);
    /// `proc.cmdline`.
    pub const PROC_CMDLINE: FieldId = FieldId(65);
    /// `proc.pcmdline`.
    pub const PROC_PCMDLINE: FieldId = FieldId(66);
    /// `proc.acmdline`.
    pub const PROC_ACMDLINE: FieldId = FieldId(67);
    /// `proc.cmdnargs`.
    pub const PROC_CMDNARGS: FieldId = FieldId(68);
    /// `proc.cmdlenargs`.
    pub const PROC_CMDLENARGS: FieldId = FieldId(69);
    /// `proc.exeline`.
    pub const PROC_EXELINE: FieldId = FieldId(70);
    /// `proc.env`.
    pub const PROC_ENV: FieldId = FieldId(71);
    /// `proc.aenv`.
    pub const PROC_AENV: FieldId = FieldId(72);
    /// `proc.cwd`.
    pub const PROC_CWD: FieldId = FieldId(73);
    /// `proc.loginshellid`.
    pub const PROC_LOGINSHELLID: FieldId = FieldId(74);
    /// `proc.tty`.
    pub const PROC_TTY: FieldId = FieldId(75);
    /// `proc.pid`.
    pub const PROC_PID: FieldId = FieldId(76);
    /// `proc.ppid`.
    pub const PROC_PPID: FieldId = FieldId(77);
    /// `proc.apid`.
    pub const PROC_APID: FieldId = FieldId(78);
    /// `proc.vpid`.
    pub const PROC_VPID: FieldId = FieldId(79);
    /// `proc.pvpid`.
    pub const PROC_PVPID: FieldId = FieldId(80);
    /// `proc.sid`.
    pub const PROC_SID: FieldId = FieldId(81);
    /// `proc.sname`.
    pub const PROC_SNAME: FieldId = FieldId(82);
    /// `proc.sid.exe`.
    pub const PROC_SID_EXE: FieldId = FieldId(83);
    /// `proc.sid.exepath`.
    pub const PROC_SID_EXEPATH: FieldId = FieldId(84);
    /// `proc.vpgid`.
    pub const PROC_VPGID: FieldId = FieldId(85);
    /// `proc.vpgid.name`.
    pub const PROC_VPGID_NAME: FieldId = FieldId(86);
    /// `proc.vpgid.exe`.
    pub const PROC_VPGID_EXE: FieldId = FieldId(87);
    /// `proc.vpgid.exepath`.
    pub const PROC_VPGID_EXEPATH: FieldId = FieldId(88);
    /// `proc.pgid`.
    pub const PROC_PGID: FieldId = FieldId(89);
    /// `proc.pgid.name`.
    pub const PROC_PGID_NAME: FieldId = FieldId(90);
    /// `proc.pgid.exe`.
    pub const PROC_PGID_EXE: FieldId = FieldId(91);
    /// `proc.pgid.exepath`.
    pub const PROC_PGID_EXEPATH: FieldId = FieldId(92);
    /// `proc.duration`.
    pub const PROC_DURATION: FieldId = FieldId(93);
    /// `proc.ppid.duration`.
    pub const PROC_PPID_DURATION: FieldId = FieldId(94);
    /// `proc.pid.ts`.
    pub const PROC_PID_TS: FieldId = FieldId(95);
    /// `proc.ppid.ts`.
    pub const PROC_PPID_TS: FieldId = FieldId(96);
    /// `proc.is_exe_writable`.
    pub const PROC_IS_EXE_WRITABLE: FieldId = FieldId(97);
    /// `proc.is_exe_upper_layer`.
    pub const PROC_IS_EXE_UPPER_LAYER: FieldId = FieldId(98);
    /// `proc.is_exe_lower_layer`.
    pub const PROC_IS_EXE_LOWER_LAYER: FieldId = FieldId(99);
    /// `proc.is_exe_from_memfd`.
    pub const PROC_IS_EXE_FROM_MEMFD: FieldId = FieldId(100);
    /// `proc.is_sid_leader`.
    pub const PROC_IS_SID_LEADER: FieldId = FieldId(101);
    /// `proc.is_vpgid_leader`.
    pub const PROC_IS_VPGID_LEADER: FieldId = FieldId(102);
    /// `proc.is_pgid_leader`.
    pub const PROC_IS_PGID_LEADER: FieldId = FieldId(103);
    /// `proc.exe_ino`.
    pub const PROC_EXE_INO: FieldId = FieldId(104);
    /// `proc.exe_ino.ctime`.
    pub const PROC_EXE_INO_CTIME: FieldId = FieldId(105);
    /// `proc.exe_ino.mtime`.
    pub const PROC_EXE_INO_MTIME: FieldId = FieldId(106);
    /// `proc.exe_ino.ctime_duration_proc_start`.
    pub const PROC_EXE_INO_CTIME_DURATION_PROC_START: FieldId = FieldId(107);
    /// `proc.exe_ino.ctime_duration_pidns_start`.
    pub const PROC_EXE_INO_CTIME_DURATION_PIDNS_START: FieldId = FieldId(108);
    /// `proc.pidns_init_start_ts`.
    pub const PROC_PIDNS_INIT_START_TS: FieldId = FieldId(109);
    /// `thread.cap_permitted`.
    pub const THREAD_CAP_PERMITTED: FieldId = FieldId(110);
    /// `thread.cap_inheritable`.
    pub const THREAD_CAP_INHERITABLE: FieldId = FieldId(111);
    /// `thread.cap_effective`.
    pub const THREAD_CAP_EFFECTIVE: FieldId = FieldId(112);
    /// `proc.fdopencount`.
    pub const PROC_FDOPENCOUNT: FieldId = FieldId(113);
    /// `proc.fdlimit`.
    pub const PROC_FDLIMIT: FieldId = FieldId(114);
    /// `proc.fdusage`.
    pub const PROC_FDUSAGE: FieldId = FieldId(115);
    /// `proc.vmsize`.
    pub const PROC_VMSIZE: FieldId = FieldId(116);
    /// `proc.vmrss`.
    pub const PROC_VMRSS: FieldId = FieldId(117);
    /// `proc.vmswap`.
    pub const PROC_VMSWAP: FieldId = FieldId(118);
    /// `thread.pfmajor`.
    pub const THREAD_PFMAJOR: FieldId = FieldId(119);
    /// `thread.pfminor`.
    pub const THREAD_PFMINOR: FieldId = FieldId(120);
    /// `thread.tid`.
    pub const THREAD_TID: FieldId = FieldId(121);
    /// `thread.ismain`.
    pub const THREAD_ISMAIN: FieldId = FieldId(122);
    /// `thread.vtid`.
    pub const THREAD_VTID: FieldId = FieldId(123);
    /// `thread.exectime`.
    pub const THREAD_EXECTIME: FieldId = FieldId(124);
    /// `thread.totexectime`.
    pub const THREAD_TOTEXECTIME: FieldId = FieldId(125);
    /// `thread.cgroups`.
    pub const THREAD_CGROUPS: FieldId = FieldId(126);
    /// `thread.cgroup`.
    pub const THREAD_CGROUP: FieldId = FieldId(127);
    /// `proc.nthreads`.
    pub const PROC_NTHREADS: FieldId = FieldId(128);
    /// `proc.nchilds`.
    pub const PROC_NCHILDS: FieldId = FieldId(129);
    /// `thread.cpu`.
    pub const THREAD_CPU: FieldId = FieldId(130);
    /// `thread.cpu.user`.
    pub const THREAD_CPU_USER: FieldId = FieldId(131);
    /// `thread.cpu.system`.
    pub const THREAD_CPU_SYSTEM: FieldId = FieldId(132);
    /// `thread.vmsize`.
    pub const THREAD_VMSIZE: FieldId = FieldId(133);
    /// `thread.vmrss`.
    pub const THREAD_VMRSS: FieldId = FieldId(134);
    /// `proc.stdin.type`.
    pub const PROC_STDIN_TYPE: FieldId = FieldId(135);
    /// `proc.stdout.type`.
    pub const PROC_STDOUT_TYPE: FieldId = FieldId(136);
    /// `proc.stderr.type`.
    pub const PROC_STDERR_TYPE: FieldId = FieldId(137);
    /// `proc.stdin.name`.
    pub const PROC_STDIN_NAME: FieldId = FieldId(138);
    /// `proc.stdout.name`.
    pub const PROC_STDOUT_NAME: FieldId = FieldId(139);
    /// `proc.stderr.name`.
    pub const PROC_STDERR_NAME: FieldId = FieldId(140);
    /// `user.uid`.
    pub const USER_UID: FieldId = FieldId(141);
    /// `user.name`.
    pub const USER_NAME: FieldId = FieldId(142);
    /// `user.homedir`.
    pub const USER_HOMEDIR: FieldId = FieldId(143);
    /// `user.shell`.
    pub const USER_SHELL: FieldId = FieldId(144);
    /// `user.loginuid`.
    pub const USER_LOGINUID: FieldId = FieldId(145);
    /// `user.loginname`.
    pub const USER_LOGINNAME: FieldId = FieldId(146);
    /// `group.gid`.
    pub const GROUP_GID: FieldId = FieldId(147);
    /// `group.name`.
    pub const GROUP_NAME: FieldId = FieldId(148);
    /// `fd.num`.
    pub const FD_NUM: FieldId = FieldId(149);
    /// `fd.type`.
    pub const FD_TYPE: FieldId = FieldId(150);
    /// `fd.typechar`.
    pub const FD_TYPECHAR: FieldId = FieldId(151);
    /// `fd.name`.
    pub const FD_NAME: FieldId = FieldId(152);
    /// `fd.directory`.
    pub const FD_DIRECTORY: FieldId = FieldId(153);
    /// `fd.filename`.
    pub const FD_FILENAME: FieldId = FieldId(154);
    /// `fd.ip`.
    pub const FD_IP: FieldId = FieldId(155);
    /// `fd.cip`.
    pub const FD_CIP: FieldId = FieldId(156);
    /// `fd.sip`.
    pub const FD_SIP: FieldId = FieldId(157);
    /// `fd.lip`.
    pub const FD_LIP: FieldId = FieldId(158);
    /// `fd.rip`.
    pub const FD_RIP: FieldId = FieldId(159);
    /// `fd.port`.
    pub const FD_PORT: FieldId = FieldId(160);
    /// `fd.cport`.
    pub const FD_CPORT: FieldId = FieldId(161);
    /// `fd.sport`.
    pub const FD_SPORT: FieldId = FieldId(162);
    /// `fd.lport`.
    pub const FD_LPORT: FieldId = FieldId(163);
    /// `fd.rport`.
    pub const FD_RPORT: FieldId = FieldId(164);
    /// `fd.l4proto`.
    pub const FD_L4PROTO: FieldId = FieldId(165);
    /// `fd.sockfamily`.
    pub const FD_SOCKFAMILY: FieldId = FieldId(166);
    /// `fd.is_server`.
    pub const FD_IS_SERVER: FieldId = FieldId(167);
    /// `fd.uid`.
    pub const FD_UID: FieldId = FieldId(168);
    /// `fd.containername`.
    pub const FD_CONTAINERNAME: FieldId = FieldId(169);
    /// `fd.containerdirectory`.
    pub const FD_CONTAINERDIRECTORY: FieldId = FieldId(170);
    /// `fd.proto`.
    pub const FD_PROTO: FieldId = FieldId(171);
    /// `fd.cproto`.
    pub const FD_CPROTO: FieldId = FieldId(172);
    /// `fd.sproto`.
    pub const FD_SPROTO: FieldId = FieldId(173);
    /// `fd.lproto`.
    pub const FD_LPROTO: FieldId = FieldId(174);
    /// `fd.rproto`.
    pub const FD_RPROTO: FieldId = FieldId(175);
    /// `fd.net`.
    pub const FD_NET: FieldId = FieldId(176);
    /// `fd.cnet`.
    pub const FD_CNET: FieldId = FieldId(177);
    /// `fd.snet`.
    pub const FD_SNET: FieldId = FieldId(178);
    /// `fd.lnet`.
    pub const FD_LNET: FieldId = FieldId(179);
    /// `fd.rnet`.
    pub const FD_RNET: FieldId = FieldId(180);
    /// `fd.connected`.
    pub const FD_CONNECTED: FieldId = FieldId(181);
    /// `fd.name_changed`.
    pub const FD_NAME_CHANGED: FieldId = FieldId(182);
    /// `fd.cip.name`.
    pub const FD_CIP_NAME: FieldId = FieldId(183);
    /// `fd.sip.name`.
    pub const FD_SIP_NAME: FieldId = FieldId(184);
    /// `fd.lip.name`.
    pub const FD_LIP_NAME: FieldId = FieldId(185);
    /// `fd.rip.name`.
    pub const FD_RIP_NAME: FieldId = FieldId(186);
    /// `fd.dev`.
    pub const FD_DEV: FieldId = FieldId(187);
    /// `fd.dev.major`.
    pub const FD_DEV_MAJOR: FieldId = FieldId(188);
    /// `fd.dev.minor`.
    pub const FD_DEV_MINOR: FieldId = FieldId(189);
    /// `fd.ino`.
    pub const FD_INO: FieldId = FieldId(190);
    /// `fd.nameraw`.
    pub const FD_NAMERAW: FieldId = FieldId(191);
    /// `fd.types`.
    pub const FD_TYPES: FieldId = FieldId(192);
    /// `fd.is_upper_layer`.
    pub const FD_IS_UPPER_LAYER: FieldId = FieldId(193);
    /// `fd.is_lower_layer`.
    pub const FD_IS_LOWER_LAYER: FieldId = FieldId(194);
    /// `fs.path.name`.
    pub const FS_PATH_NAME: FieldId = FieldId(195);
    /// `fs.path.nameraw`.
    pub const FS_PATH_NAMERAW: FieldId = FieldId(196);
    /// `fs.path.source`.
    pub const FS_PATH_SOURCE: FieldId = FieldId(197);
    /// `fs.path.sourceraw`.
    pub const FS_PATH_SOURCERAW: FieldId = FieldId(198);
    /// `fs.path.target`.
    pub const FS_PATH_TARGET: FieldId = FieldId(199);
    /// `fs.path.targetraw`.
    pub const FS_PATH_TARGETRAW: FieldId = FieldId(200);
    /// `fdlist.nums`.
    pub const FDLIST_NUMS: FieldId = FieldId(201);
    /// `fdlist.names`.
    pub const FDLIST_NAMES: FieldId = FieldId(202);
    /// `fdlist.cips`.
    pub const FDLIST_CIPS: FieldId = FieldId(203);
    /// `fdlist.sips`.
    pub const FDLIST_SIPS: FieldId = FieldId(204);
    /// `fdlist.cports`.
    pub const FDLIST_CPORTS: FieldId = FieldId(205);
    /// `fdlist.sports`.
    pub const FDLIST_SPORTS: FieldId = FieldId(206);
    /// `container.id`.
    pub const CONTAINER_ID: FieldId = FieldId(207);
    /// `container.full_id`.
    pub const CONTAINER_FULL_ID: FieldId = FieldId(208);
    /// `container.name`.
    pub const CONTAINER_NAME: FieldId = FieldId(209);
    /// `container.image`.
    pub const CONTAINER_IMAGE: FieldId = FieldId(210);
    /// `container.image.id`.
    pub const CONTAINER_IMAGE_ID: FieldId = FieldId(211);
    /// `container.type`.
    pub const CONTAINER_TYPE: FieldId = FieldId(212);
    /// `container.privileged`.
    pub const CONTAINER_PRIVILEGED: FieldId = FieldId(213);
    /// `container.mounts`.
    pub const CONTAINER_MOUNTS: FieldId = FieldId(214);
    /// `container.mount`.
    pub const CONTAINER_MOUNT: FieldId = FieldId(215);
    /// `container.mount.source`.
    pub const CONTAINER_MOUNT_SOURCE: FieldId = FieldId(216);
    /// `container.mount.dest`.
    pub const CONTAINER_MOUNT_DEST: FieldId = FieldId(217);
    /// `container.mount.mode`.
    pub const CONTAINER_MOUNT_MODE: FieldId = FieldId(218);
    /// `container.mount.rdwr`.
    pub const CONTAINER_MOUNT_RDWR: FieldId = FieldId(219);
    /// `container.mount.propagation`.
    pub const CONTAINER_MOUNT_PROPAGATION: FieldId = FieldId(220);
    /// `container.image.repository`.
    pub const CONTAINER_IMAGE_REPOSITORY: FieldId = FieldId(221);
    /// `container.image.tag`.
    pub const CONTAINER_IMAGE_TAG: FieldId = FieldId(222);
    /// `container.image.digest`.
    pub const CONTAINER_IMAGE_DIGEST: FieldId = FieldId(223);
    /// `container.healthcheck`.
    pub const CONTAINER_HEALTHCHECK: FieldId = FieldId(224);
    /// `container.liveness_probe`.
    pub const CONTAINER_LIVENESS_PROBE: FieldId = FieldId(225);
    /// `container.readiness_probe`.
    pub const CONTAINER_READINESS_PROBE: FieldId = FieldId(226);
    /// `container.start_ts`.
    pub const CONTAINER_START_TS: FieldId = FieldId(227);
    /// `container.duration`.
    pub const CONTAINER_DURATION: FieldId = FieldId(228);
    /// `container.ip`.
    pub const CONTAINER_IP: FieldId = FieldId(229);
    /// `container.cni.json`.
    pub const CONTAINER_CNI_JSON: FieldId = FieldId(230);
    /// `container.host_pid`.
    pub const CONTAINER_HOST_PID: FieldId = FieldId(231);
    /// `container.host_network`.
    pub const CONTAINER_HOST_NETWORK: FieldId = FieldId(232);
    /// `container.host_ipc`.
    pub const CONTAINER_HOST_IPC: FieldId = FieldId(233);
    /// `container.label`.
    pub const CONTAINER_LABEL: FieldId = FieldId(234);
    /// `container.labels`.
    pub const CONTAINER_LABELS: FieldId = FieldId(235);
    /// `proc.is_container_healthcheck`.
    pub const PROC_IS_CONTAINER_HEALTHCHECK: FieldId = FieldId(236);
    /// `proc.is_container_liveness_probe`.
    pub const PROC_IS_CONTAINER_LIVENESS_PROBE: FieldId = FieldId(237);
    /// `proc.is_container_readiness_probe`.
    pub const PROC_IS_CONTAINER_READINESS_PROBE: FieldId = FieldId(238);
    /// `k8s.pod.name`.
    pub const K8S_POD_NAME: FieldId = FieldId(239);
    /// `k8s.ns.name`.
    pub const K8S_NS_NAME: FieldId = FieldId(240);
    /// `k8s.pod.id`.
    pub const K8S_POD_ID: FieldId = FieldId(241);
    /// `k8s.pod.uid`.
    pub const K8S_POD_UID: FieldId = FieldId(242);
    /// `k8s.pod.sandbox_id`.
    pub const K8S_POD_SANDBOX_ID: FieldId = FieldId(243);
    /// `k8s.pod.full_sandbox_id`.
    pub const K8S_POD_FULL_SANDBOX_ID: FieldId = FieldId(244);
    /// `k8s.pod.label`.
    pub const K8S_POD_LABEL: FieldId = FieldId(245);
    /// `k8s.pod.labels`.
    pub const K8S_POD_LABELS: FieldId = FieldId(246);
    /// `k8s.pod.ip`.
    pub const K8S_POD_IP: FieldId = FieldId(247);
    /// `k8s.pod.cni.json`.
    pub const K8S_POD_CNI_JSON: FieldId = FieldId(248);
    /// `k8s.rc.name`.
    pub const K8S_RC_NAME: FieldId = FieldId(249);
    /// `k8s.rc.id`.
    pub const K8S_RC_ID: FieldId = FieldId(250);
    /// `k8s.rc.label`.
    pub const K8S_RC_LABEL: FieldId = FieldId(251);
    /// `k8s.rc.labels`.
    pub const K8S_RC_LABELS: FieldId = FieldId(252);
    /// `k8s.svc.name`.
    pub const K8S_SVC_NAME: FieldId = FieldId(253);
    /// `k8s.svc.id`.
    pub const K8S_SVC_ID: FieldId = FieldId(254);
    /// `k8s.svc.label`.
    pub const K8S_SVC_LABEL: FieldId = FieldId(255);
    /// `k8s.svc.labels`.
    pub const K8S_SVC_LABELS: FieldId = FieldId(256);
    /// `k8s.ns.id`.
    pub const K8S_NS_ID: FieldId = FieldId(257);
    /// `k8s.ns.label`.
    pub const K8S_NS_LABEL: FieldId = FieldId(258);
    /// `k8s.ns.labels`.
    pub const K8S_NS_LABELS: FieldId = FieldId(259);
    /// `k8s.rs.name`.
    pub const K8S_RS_NAME: FieldId = FieldId(260);
    /// `k8s.rs.id`.
    pub const K8S_RS_ID: FieldId = FieldId(261);
    /// `k8s.rs.label`.
    pub const K8S_RS_LABEL: FieldId = FieldId(262);
    /// `k8s.rs.labels`.
    pub const K8S_RS_LABELS: FieldId = FieldId(263);
    /// `k8s.deployment.name`.
    pub const K8S_DEPLOYMENT_NAME: FieldId = FieldId(264);
    /// `k8s.deployment.id`.
    pub const K8S_DEPLOYMENT_ID: FieldId = FieldId(265);
    /// `k8s.deployment.label`.
    pub const K8S_DEPLOYMENT_LABEL: FieldId = FieldId(266);
    /// `k8s.deployment.labels`.
    pub const K8S_DEPLOYMENT_LABELS: FieldId = FieldId(267);
}

/// All documented fields; the index is the id.
#[rustfmt::skip]
pub static FIELDS: [Field; 268] = [
    Field { id: FieldId(0), name: "evt.num", value_type: ValueType::Uint64, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(1), name: "evt.time", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(2), name: "evt.time.s", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(3), name: "evt.time.iso8601", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(4), name: "evt.datetime", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(5), name: "evt.datetime.s", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(6), name: "evt.rawtime", value_type: ValueType::Abstime, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(7), name: "evt.rawtime.s", value_type: ValueType::Abstime, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(8), name: "evt.rawtime.ns", value_type: ValueType::Abstime, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(9), name: "evt.reltime", value_type: ValueType::Reltime, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(10), name: "evt.reltime.s", value_type: ValueType::Reltime, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(11), name: "evt.reltime.ns", value_type: ValueType::Reltime, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(12), name: "evt.pluginname", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(13), name: "evt.plugininfo", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(14), name: "evt.source", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(15), name: "evt.is_async", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(16), name: "evt.asynctype", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(17), name: "evt.hostname", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(18), name: "evt.deltatime", value_type: ValueType::Reltime, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(19), name: "evt.deltatime.s", value_type: ValueType::Reltime, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(20), name: "evt.deltatime.ns", value_type: ValueType::Reltime, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(21), name: "evt.type", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(22), name: "evt.type.is", value_type: ValueType::Uint32, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: false }), class: "evt" },
    Field { id: FieldId(23), name: "syscall.type", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(24), name: "evt.category", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(25), name: "evt.cpu", value_type: ValueType::Int16, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(26), name: "evt.args", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(27), name: "evt.arg", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: false }), class: "evt" },
    Field { id: FieldId(28), name: "evt.rawarg", value_type: ValueType::Dynamic, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: false }), class: "evt" },
    Field { id: FieldId(29), name: "evt.info", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(30), name: "evt.buffer", value_type: ValueType::Bytebuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(31), name: "evt.buflen", value_type: ValueType::Uint64, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(32), name: "evt.res", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(33), name: "evt.rawres", value_type: ValueType::Int64, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(34), name: "evt.failed", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(35), name: "evt.is_io", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(36), name: "evt.is_io_read", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(37), name: "evt.is_io_write", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(38), name: "evt.io_dir", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(39), name: "evt.is_wait", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(40), name: "evt.is_syslog", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(41), name: "evt.count", value_type: ValueType::Uint32, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(42), name: "evt.count.error", value_type: ValueType::Uint32, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(43), name: "evt.count.error.file", value_type: ValueType::Uint32, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(44), name: "evt.count.error.net", value_type: ValueType::Uint32, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(45), name: "evt.count.error.memory", value_type: ValueType::Uint32, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(46), name: "evt.count.error.other", value_type: ValueType::Uint32, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(47), name: "evt.count.exit", value_type: ValueType::Uint32, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(48), name: "evt.around", value_type: ValueType::Uint64, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: false }), class: "evt" },
    Field { id: FieldId(49), name: "evt.abspath", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: false }), class: "evt" },
    Field { id: FieldId(50), name: "evt.is_open_read", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(51), name: "evt.is_open_write", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(52), name: "evt.is_open_exec", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(53), name: "evt.is_open_create", value_type: ValueType::Bool, is_list: false, argument: None, class: "evt" },
    Field { id: FieldId(54), name: "proc.exe", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(55), name: "proc.pexe", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(56), name: "proc.aexe", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: false, index: false, key: false }), class: "process" },
    Field { id: FieldId(57), name: "proc.exepath", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(58), name: "proc.pexepath", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(59), name: "proc.aexepath", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: false, index: false, key: false }), class: "process" },
    Field { id: FieldId(60), name: "proc.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(61), name: "proc.pname", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(62), name: "proc.aname", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: false, index: false, key: false }), class: "process" },
    Field { id: FieldId(63), name: "proc.args", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: false, index: false, key: false }), class: "process" },
    Field { id: FieldId(64), name: "proc.aargs", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: false, index: false, key: false }), class: "process" },
    Field { id: FieldId(65), name: "proc.cmdline", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(66), name: "proc.pcmdline", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(67), name: "proc.acmdline", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: false, index: false, key: false }), class: "process" },
    Field { id: FieldId(68), name: "proc.cmdnargs", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(69), name: "proc.cmdlenargs", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(70), name: "proc.exeline", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(71), name: "proc.env", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: false, index: false, key: false }), class: "process" },
    Field { id: FieldId(72), name: "proc.aenv", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: false, index: false, key: false }), class: "process" },
    Field { id: FieldId(73), name: "proc.cwd", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(74), name: "proc.loginshellid", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(75), name: "proc.tty", value_type: ValueType::Uint32, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(76), name: "proc.pid", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(77), name: "proc.ppid", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(78), name: "proc.apid", value_type: ValueType::Int64, is_list: false, argument: Some(ArgumentRule { required: false, index: false, key: false }), class: "process" },
    Field { id: FieldId(79), name: "proc.vpid", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(80), name: "proc.pvpid", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(81), name: "proc.sid", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(82), name: "proc.sname", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(83), name: "proc.sid.exe", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(84), name: "proc.sid.exepath", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(85), name: "proc.vpgid", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(86), name: "proc.vpgid.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(87), name: "proc.vpgid.exe", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(88), name: "proc.vpgid.exepath", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(89), name: "proc.pgid", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(90), name: "proc.pgid.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(91), name: "proc.pgid.exe", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(92), name: "proc.pgid.exepath", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(93), name: "proc.duration", value_type: ValueType::Reltime, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(94), name: "proc.ppid.duration", value_type: ValueType::Reltime, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(95), name: "proc.pid.ts", value_type: ValueType::Reltime, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(96), name: "proc.ppid.ts", value_type: ValueType::Reltime, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(97), name: "proc.is_exe_writable", value_type: ValueType::Bool, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(98), name: "proc.is_exe_upper_layer", value_type: ValueType::Bool, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(99), name: "proc.is_exe_lower_layer", value_type: ValueType::Bool, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(100), name: "proc.is_exe_from_memfd", value_type: ValueType::Bool, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(101), name: "proc.is_sid_leader", value_type: ValueType::Bool, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(102), name: "proc.is_vpgid_leader", value_type: ValueType::Bool, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(103), name: "proc.is_pgid_leader", value_type: ValueType::Bool, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(104), name: "proc.exe_ino", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(105), name: "proc.exe_ino.ctime", value_type: ValueType::Abstime, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(106), name: "proc.exe_ino.mtime", value_type: ValueType::Abstime, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(107), name: "proc.exe_ino.ctime_duration_proc_start", value_type: ValueType::Abstime, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(108), name: "proc.exe_ino.ctime_duration_pidns_start", value_type: ValueType::Abstime, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(109), name: "proc.pidns_init_start_ts", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(110), name: "thread.cap_permitted", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(111), name: "thread.cap_inheritable", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(112), name: "thread.cap_effective", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(113), name: "proc.fdopencount", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(114), name: "proc.fdlimit", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(115), name: "proc.fdusage", value_type: ValueType::Double, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(116), name: "proc.vmsize", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(117), name: "proc.vmrss", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(118), name: "proc.vmswap", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(119), name: "thread.pfmajor", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(120), name: "thread.pfminor", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(121), name: "thread.tid", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(122), name: "thread.ismain", value_type: ValueType::Bool, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(123), name: "thread.vtid", value_type: ValueType::Int64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(124), name: "thread.exectime", value_type: ValueType::Reltime, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(125), name: "thread.totexectime", value_type: ValueType::Reltime, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(126), name: "thread.cgroups", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(127), name: "thread.cgroup", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: false }), class: "process" },
    Field { id: FieldId(128), name: "proc.nthreads", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(129), name: "proc.nchilds", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(130), name: "thread.cpu", value_type: ValueType::Double, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(131), name: "thread.cpu.user", value_type: ValueType::Double, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(132), name: "thread.cpu.system", value_type: ValueType::Double, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(133), name: "thread.vmsize", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(134), name: "thread.vmrss", value_type: ValueType::Uint64, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(135), name: "proc.stdin.type", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(136), name: "proc.stdout.type", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(137), name: "proc.stderr.type", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(138), name: "proc.stdin.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(139), name: "proc.stdout.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(140), name: "proc.stderr.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "process" },
    Field { id: FieldId(141), name: "user.uid", value_type: ValueType::Uint32, is_list: false, argument: None, class: "user" },
    Field { id: FieldId(142), name: "user.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "user" },
    Field { id: FieldId(143), name: "user.homedir", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "user" },
    Field { id: FieldId(144), name: "user.shell", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "user" },
    Field { id: FieldId(145), name: "user.loginuid", value_type: ValueType::Int64, is_list: false, argument: None, class: "user" },
    Field { id: FieldId(146), name: "user.loginname", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "user" },
    Field { id: FieldId(147), name: "group.gid", value_type: ValueType::Uint32, is_list: false, argument: None, class: "group" },
    Field { id: FieldId(148), name: "group.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "group" },
    Field { id: FieldId(149), name: "fd.num", value_type: ValueType::Int64, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(150), name: "fd.type", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(151), name: "fd.typechar", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(152), name: "fd.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(153), name: "fd.directory", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(154), name: "fd.filename", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(155), name: "fd.ip", value_type: ValueType::Ipaddr, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(156), name: "fd.cip", value_type: ValueType::Ipaddr, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(157), name: "fd.sip", value_type: ValueType::Ipaddr, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(158), name: "fd.lip", value_type: ValueType::Ipaddr, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(159), name: "fd.rip", value_type: ValueType::Ipaddr, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(160), name: "fd.port", value_type: ValueType::Port, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(161), name: "fd.cport", value_type: ValueType::Port, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(162), name: "fd.sport", value_type: ValueType::Port, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(163), name: "fd.lport", value_type: ValueType::Port, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(164), name: "fd.rport", value_type: ValueType::Port, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(165), name: "fd.l4proto", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(166), name: "fd.sockfamily", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(167), name: "fd.is_server", value_type: ValueType::Bool, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(168), name: "fd.uid", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(169), name: "fd.containername", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(170), name: "fd.containerdirectory", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(171), name: "fd.proto", value_type: ValueType::Port, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(172), name: "fd.cproto", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(173), name: "fd.sproto", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(174), name: "fd.lproto", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(175), name: "fd.rproto", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(176), name: "fd.net", value_type: ValueType::Ipnet, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(177), name: "fd.cnet", value_type: ValueType::Ipnet, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(178), name: "fd.snet", value_type: ValueType::Ipnet, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(179), name: "fd.lnet", value_type: ValueType::Ipnet, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(180), name: "fd.rnet", value_type: ValueType::Ipnet, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(181), name: "fd.connected", value_type: ValueType::Bool, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(182), name: "fd.name_changed", value_type: ValueType::Bool, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(183), name: "fd.cip.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(184), name: "fd.sip.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(185), name: "fd.lip.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(186), name: "fd.rip.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(187), name: "fd.dev", value_type: ValueType::Int32, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(188), name: "fd.dev.major", value_type: ValueType::Int32, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(189), name: "fd.dev.minor", value_type: ValueType::Int32, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(190), name: "fd.ino", value_type: ValueType::Int64, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(191), name: "fd.nameraw", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(192), name: "fd.types", value_type: ValueType::Charbuf, is_list: true, argument: Some(ArgumentRule { required: false, index: false, key: false }), class: "fd" },
    Field { id: FieldId(193), name: "fd.is_upper_layer", value_type: ValueType::Bool, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(194), name: "fd.is_lower_layer", value_type: ValueType::Bool, is_list: false, argument: None, class: "fd" },
    Field { id: FieldId(195), name: "fs.path.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fs.path" },
    Field { id: FieldId(196), name: "fs.path.nameraw", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fs.path" },
    Field { id: FieldId(197), name: "fs.path.source", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fs.path" },
    Field { id: FieldId(198), name: "fs.path.sourceraw", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fs.path" },
    Field { id: FieldId(199), name: "fs.path.target", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fs.path" },
    Field { id: FieldId(200), name: "fs.path.targetraw", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fs.path" },
    Field { id: FieldId(201), name: "fdlist.nums", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fdlist" },
    Field { id: FieldId(202), name: "fdlist.names", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fdlist" },
    Field { id: FieldId(203), name: "fdlist.cips", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fdlist" },
    Field { id: FieldId(204), name: "fdlist.sips", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fdlist" },
    Field { id: FieldId(205), name: "fdlist.cports", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fdlist" },
    Field { id: FieldId(206), name: "fdlist.sports", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "fdlist" },
    Field { id: FieldId(207), name: "container.id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(208), name: "container.full_id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(209), name: "container.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(210), name: "container.image", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(211), name: "container.image.id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(212), name: "container.type", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(213), name: "container.privileged", value_type: ValueType::Bool, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(214), name: "container.mounts", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(215), name: "container.mount", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: true, key: true }), class: "container (plugin)" },
    Field { id: FieldId(216), name: "container.mount.source", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: true, key: true }), class: "container (plugin)" },
    Field { id: FieldId(217), name: "container.mount.dest", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: true, key: true }), class: "container (plugin)" },
    Field { id: FieldId(218), name: "container.mount.mode", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: true, key: true }), class: "container (plugin)" },
    Field { id: FieldId(219), name: "container.mount.rdwr", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: true, key: true }), class: "container (plugin)" },
    Field { id: FieldId(220), name: "container.mount.propagation", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: true, key: true }), class: "container (plugin)" },
    Field { id: FieldId(221), name: "container.image.repository", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(222), name: "container.image.tag", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(223), name: "container.image.digest", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(224), name: "container.healthcheck", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(225), name: "container.liveness_probe", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(226), name: "container.readiness_probe", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(227), name: "container.start_ts", value_type: ValueType::Abstime, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(228), name: "container.duration", value_type: ValueType::Reltime, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(229), name: "container.ip", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(230), name: "container.cni.json", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(231), name: "container.host_pid", value_type: ValueType::Bool, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(232), name: "container.host_network", value_type: ValueType::Bool, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(233), name: "container.host_ipc", value_type: ValueType::Bool, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(234), name: "container.label", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: true }), class: "container (plugin)" },
    Field { id: FieldId(235), name: "container.labels", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(236), name: "proc.is_container_healthcheck", value_type: ValueType::Bool, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(237), name: "proc.is_container_liveness_probe", value_type: ValueType::Bool, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(238), name: "proc.is_container_readiness_probe", value_type: ValueType::Bool, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(239), name: "k8s.pod.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(240), name: "k8s.ns.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(241), name: "k8s.pod.id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(242), name: "k8s.pod.uid", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(243), name: "k8s.pod.sandbox_id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(244), name: "k8s.pod.full_sandbox_id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(245), name: "k8s.pod.label", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: true }), class: "container (plugin)" },
    Field { id: FieldId(246), name: "k8s.pod.labels", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(247), name: "k8s.pod.ip", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(248), name: "k8s.pod.cni.json", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(249), name: "k8s.rc.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(250), name: "k8s.rc.id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(251), name: "k8s.rc.label", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: true }), class: "container (plugin)" },
    Field { id: FieldId(252), name: "k8s.rc.labels", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(253), name: "k8s.svc.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(254), name: "k8s.svc.id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(255), name: "k8s.svc.label", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: true }), class: "container (plugin)" },
    Field { id: FieldId(256), name: "k8s.svc.labels", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(257), name: "k8s.ns.id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(258), name: "k8s.ns.label", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: true }), class: "container (plugin)" },
    Field { id: FieldId(259), name: "k8s.ns.labels", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(260), name: "k8s.rs.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(261), name: "k8s.rs.id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(262), name: "k8s.rs.label", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: true }), class: "container (plugin)" },
    Field { id: FieldId(263), name: "k8s.rs.labels", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(264), name: "k8s.deployment.name", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(265), name: "k8s.deployment.id", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
    Field { id: FieldId(266), name: "k8s.deployment.label", value_type: ValueType::Charbuf, is_list: false, argument: Some(ArgumentRule { required: true, index: false, key: true }), class: "container (plugin)" },
    Field { id: FieldId(267), name: "k8s.deployment.labels", value_type: ValueType::Charbuf, is_list: false, argument: None, class: "container (plugin)" },
];
