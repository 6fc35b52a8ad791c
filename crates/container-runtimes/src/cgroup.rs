//! From a control group path to a container id.
//!
//! Every runtime names the control group of a container after its id, each in its own way and
//! differently under cgroupfs and systemd. The path is read from its end, so the innermost of
//! nested containers wins; a component that is a runtime's own helper (conmon, the LXC monitor)
//! counts for nothing, so that the helper belongs to whoever runs it.

use crate::{
    ContainerId, Runtime,
    limits::{CGROUP_PATH_BYTES_MAX, HASH_CHARS, NAME_BYTES_MAX},
};

/// The container that a control group belongs to; `None` for the host. `path` is what follows
/// the second colon in `/proc/PID/cgroup`, of any hierarchy.
pub fn container_of_cgroup(path: &[u8]) -> Option<(ContainerId, Runtime)> {
    if path.len() > CGROUP_PATH_BYTES_MAX {
        return None;
    }
    let path = std::str::from_utf8(path).ok()?;
    let mut rest = path.trim_end_matches('/');
    while let Some((before, component)) = rest.rsplit_once('/') {
        let inside = path.get(rest.len()..).unwrap_or("").trim_start_matches('/');
        if let Some(found) = container_of_component(component, before, inside) {
            return Some(found);
        }
        rest = before;
    }
    None
}

/// What one component says. `before` is the path in front of it, `inside` what follows.
fn container_of_component(component: &str, before: &str, inside: &str) -> Option<(ContainerId, Runtime)> {
    if let Some((_, tail)) = component.split_once(':') {
        // `kubepods-pod1.slice:cri-containerd:<id>`: a unit name that cgroupfs took literally.
        let (prefix, id) = tail.split_once(':')?;
        return is_hash(id).then(|| (ContainerId::new(id), runtime_of_prefix(prefix)));
    }
    if is_hash(component) {
        return Some((ContainerId::new(component), runtime_of_parents(before)));
    }
    let unit = component.strip_suffix(".scope").unwrap_or(component);
    if let Some((prefix, id)) = unit.rsplit_once('-')
        && is_hash(id)
    {
        // `libpod-conmon-<id>`, `crio-conmon-<id>`: the monitor, outside of the container.
        let is_monitor = prefix.split('-').any(|word| word == "conmon" || word == "monitor");
        return (!is_monitor).then(|| (ContainerId::new(id), runtime_of_prefix(prefix)));
    }
    if is_fargate_id(component) && before.split('/').any(|parent| parent == "ecs") {
        return Some((ContainerId::new(component), Runtime::Containerd));
    }
    named_container(component, before, inside)
}

/// Containers whose control group bears their name: LXC, libvirt's LXC, systemd-nspawn.
fn named_container(component: &str, before: &str, inside: &str) -> Option<(ContainerId, Runtime)> {
    if let Some(name) = component.strip_prefix("lxc.payload.") {
        return named(name, Runtime::Lxc);
    }
    let parent = before.rsplit_once('/').map_or(before, |(_, parent)| parent);
    if parent == "lxc" || parent == "lxc.payload" {
        return named(component, Runtime::Lxc);
    }
    if let Some(name) = component.strip_suffix(".libvirt-lxc") {
        return named(name, Runtime::LibvirtLxc);
    }
    // The container manager itself lives in `supervisor`, beside `payload`.
    let supervises = inside.split('/').next() == Some("supervisor");
    if let Some(machine) = component.strip_prefix("machine-").and_then(|unit| unit.strip_suffix(".scope")) {
        let machine = unescape_unit(machine);
        if let Some(numbered) = machine.strip_prefix("lxc-") {
            // `lxc-<number>-<name>`, and libvirt's controller is in no deeper group.
            let (_, name) = numbered.split_once('-')?;
            return named(name, Runtime::LibvirtLxc);
        }
        if machine.starts_with("qemu-") || supervises {
            return None;
        }
        return named(&machine, Runtime::SystemdNspawn);
    }
    if let Some(name) =
        component.strip_prefix("systemd-nspawn@").and_then(|unit| unit.strip_suffix(".service"))
        && !supervises
    {
        return named(&unescape_unit(name), Runtime::SystemdNspawn);
    }
    None
}

fn named(name: &str, runtime: Runtime) -> Option<(ContainerId, Runtime)> {
    let fits = !name.is_empty() && name.len() <= NAME_BYTES_MAX;
    fits.then(|| (ContainerId::new(name), runtime))
}

fn is_hash(text: &str) -> bool {
    text.len() == HASH_CHARS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// `<32 hexadecimal digits>-<number>`.
fn is_fargate_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(task, number)| {
        task.len() == HASH_CHARS / 2
            && task.bytes().all(|b| b.is_ascii_hexdigit())
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

/// The word in front of an id: `docker-<id>.scope`.
fn runtime_of_prefix(prefix: &str) -> Runtime {
    match prefix {
        "docker" => Runtime::Docker,
        "libpod" | "libpod-payload" => Runtime::Podman,
        "cri-containerd" | "containerd" | "nerdctl" => Runtime::Containerd,
        "crio" => Runtime::CriO,
        _ => Runtime::Unknown,
    }
}

/// Whose bare `<id>` it is: the nearest parent that tells. Docker's is the rule
/// (`--cgroup-parent` may put it anywhere), as in Falco.
fn runtime_of_parents(before: &str) -> Runtime {
    for parent in before.rsplit('/') {
        match parent {
            "docker" => return Runtime::Docker,
            "libpod_parent" => return Runtime::Podman,
            // containerd's namespaces are the parents of its containers.
            "default" | "k8s.io" | "nerdctl" => return Runtime::Containerd,
            _ if parent.starts_with("kubepods") => return Runtime::Containerd,
            _ => {}
        }
    }
    Runtime::Docker
}

/// Undoes systemd's escapes in unit names: `\x2d` is a dash.
fn unescape_unit(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, escaped)) = rest.split_once("\\x") {
        out.push_str(before);
        let byte = escaped.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if byte.is_ascii() => {
                out.push(char::from(byte));
                rest = escaped.get(2..).unwrap_or("");
            }
            _ => {
                out.push_str("\\x");
                rest = escaped;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
#[path = "cgroup_tests.rs"]
mod tests;
