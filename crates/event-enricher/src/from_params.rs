//! What the parameters of clone and exec events tell of a process.

use std::sync::Arc;

use container_runtimes::container_of_cgroup;
use event::Event;

use crate::process::{Image, InContainer, Process, Usage, items};

/// The container that a list of `subsystem=path` leads to: that of the first path which has one.
pub(crate) fn container_of(cgroups: &[u8]) -> Option<Arc<InContainer>> {
    items(cgroups).find_map(|item| {
        // `name=systemd=/a`: the path starts behind the last equals sign in front of a slash.
        let start = item.windows(2).position(|pair| pair == b"=/")? + 1;
        let (id, runtime) = container_of_cgroup(item.get(start..)?)?;
        Some(Arc::new(InContainer { id, runtime }))
    })
}

/// Parameters that clone and exec events share.
pub(crate) fn take_identity(event: &Event<'_>, process: &mut Process) {
    let number = |name| event.number_param(name);
    let unsigned = |name| number(name).map(i64::cast_unsigned);
    let id = |name| number(name).and_then(|number| u32::try_from(number).ok());
    process.usage = Usage {
        descriptors_max: number("fdlimit"),
        major_faults: unsigned("pgft_maj"),
        minor_faults: unsigned("pgft_min"),
        size_kib: unsigned("vm_size"),
        resident_kib: unsigned("vm_rss"),
        swapped_kib: unsigned("vm_swap"),
    };
    if let Some(cwd) = event.text_param("cwd").filter(|cwd| !cwd.is_empty()) {
        process.cwd = Some(Arc::from(cwd));
    }
    process.uid = id("uid").or(process.uid);
    process.gid = id("gid").or(process.gid);
    process.vpid = id("vpid").or(process.vpid);
    process.pidns_start_ns = unsigned("pidns_init_start_ts").or(process.pidns_start_ns);
}

pub(crate) fn exec_image(event: &Event<'_>) -> Image {
    let text = |name| event.text_param(name).unwrap_or_default();
    let bytes = |name| event.param(name).unwrap_or_default();
    let unsigned = |name| event.number_param(name).map(i64::cast_unsigned);
    Image {
        comm: text("comm").into(),
        exe: text("exe").into(),
        exepath: Some(text("trusted_exepath")).filter(|path| !path.is_empty()).map(Box::from),
        args: bytes("args").into(),
        env: bytes("env").into(),
        flags: event.number_param("flags").and_then(|flags| u32::try_from(flags).ok()),
        inode: unsigned("exe_ino"),
        ctime_ns: unsigned("exe_ino_ctime"),
        mtime_ns: unsigned("exe_ino_mtime"),
        ..Image::default()
    }
}

/// The image of a new child: its parent's, unless that is not known or has another name (the
/// child of a named thread).
pub(crate) fn clone_image(event: &Event<'_>, inherited: Option<Arc<Image>>) -> Arc<Image> {
    let comm = event.text_param("comm").unwrap_or_default();
    match inherited {
        Some(image) if comm.is_empty() || *image.comm == *comm => image,
        Some(image) => Arc::new(image.renamed(comm)),
        None => Arc::new(Image {
            comm: comm.into(),
            exe: event.text_param("exe").unwrap_or_default().into(),
            args: event.param("args").unwrap_or_default().into(),
            ..Image::default()
        }),
    }
}
