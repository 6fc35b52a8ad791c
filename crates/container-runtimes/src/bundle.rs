//! Containers as their bundles describe them: the `config.json` that containerd, CRI-O and Podman
//! hand to the program that starts a container. It is there before the first process runs, so the
//! first event of a container has its metadata without asking anybody; and no gRPC client is needed.
//!
//! Docker's containers have one too (namespace `moby`), without name and image: those come from
//! Docker's API, so these are not looked at here.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use serde::Deserialize;

use crate::{
    Container, ContainerId, Mount, Runtime, State,
    inspect::{set_image, set_labels},
    limits::{BUNDLE_BYTES_MAX, HASH_CHARS, MOUNTS_MAX, NAMESPACES_MAX},
};

/// containerd's tasks: a folder per namespace, in it one per container.
const CONTAINERD: &str = "run/containerd/io.containerd.runtime.v2.task";
/// CRI-O's and Podman's containers.
const STORAGE: &str = "run/containers/storage/overlay-containers";

/// What of the OCI runtime specification is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    annotations: HashMap<String, String>,
    mounts: Vec<SpecMount>,
    process: SpecProcess,
    linux: SpecLinux,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpecMount {
    destination: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    options: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpecProcess {
    capabilities: SpecCapabilities,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpecCapabilities {
    bounding: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SpecLinux {
    namespaces: Vec<SpecNamespace>,
    masked_paths: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpecNamespace {
    #[serde(rename = "type")]
    kind: String,
}

/// The container with this id, when some runtime below `root` has a bundle for it.
pub(crate) fn find(root: &Path, id: &ContainerId) -> Option<Container> {
    // The id becomes part of a path: nothing but digits may.
    if id.full().len() != HASH_CHARS || !id.full().bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let (path, runtime) = place(root, id)?;
    let modified = fs::metadata(&path).and_then(|about| about.modified()).ok();
    let created = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let mut text = Vec::new();
    File::open(&path).ok()?.take(BUNDLE_BYTES_MAX).read_to_end(&mut text).ok()?;
    let spec: Spec = match serde_json::from_slice(&text) {
        Ok(spec) => spec,
        Err(error) => {
            tracing::debug!(path = %path.display(), %error, "a container's bundle cannot be read");
            return None;
        }
    };
    let mut container = describe(id.clone(), runtime, spec);
    container.created_ns = created.and_then(|time| u64::try_from(time.as_nanos()).ok());
    container.started_ns = container.created_ns;
    Some(container)
}

fn place(root: &Path, id: &ContainerId) -> Option<(PathBuf, Runtime)> {
    let storage = root.join(STORAGE).join(id.full()).join("userdata/config.json");
    if storage.is_file() {
        return Some((storage, Runtime::CriO));
    }
    let namespaces = fs::read_dir(root.join(CONTAINERD)).ok()?;
    namespaces
        .filter_map(Result::ok)
        .take(NAMESPACES_MAX)
        .filter(|namespace| namespace.file_name() != "moby")
        .map(|namespace| namespace.path().join(id.full()).join("config.json"))
        .find(|path| path.is_file())
        .map(|path| (path, Runtime::Containerd))
}

fn describe(id: ContainerId, runtime: Runtime, spec: Spec) -> Container {
    let annotation = |names: &[&str]| names.iter().find_map(|name| spec.annotations.get(*name)).cloned();
    let is_crio = spec.annotations.keys().any(|name| name.starts_with("io.kubernetes.cri-o."));
    let runtime = if runtime == Runtime::CriO && !is_crio { Runtime::Podman } else { runtime };
    let mut container = Container::bare(id, runtime);
    // Podman's name and image are told by its socket, where there is one.
    container.complete = runtime != Runtime::Podman;
    container.state = State::Running;
    container.name = annotation(&[
        "io.kubernetes.cri.container-name",
        "io.kubernetes.container.name",
        "io.kubernetes.cri-o.Name",
        "nerdctl/name",
        "io.container.manager.name",
    ]);
    let image = annotation(&[
        "io.kubernetes.cri.image-name",
        "io.kubernetes.cri-o.ImageName",
        "io.kubernetes.cri-o.Image",
        "nerdctl/image-ref",
        "org.opencontainers.image.ref.name",
    ]);
    if let Some(image) = image {
        set_image(&mut container, &image, None);
    }
    set_labels(&mut container, labels(&spec));
    let shares = |kind: &str| !spec.linux.namespaces.iter().any(|namespace| namespace.kind == kind);
    container.host_pid = Some(shares("pid"));
    container.host_network = Some(shares("network"));
    container.host_ipc = Some(shares("ipc"));
    // No specification says so: a privileged one has every right and sees all of /proc and /sys.
    let may_administer = spec.process.capabilities.bounding.iter().any(|name| name == "CAP_SYS_ADMIN");
    container.privileged = Some(may_administer && spec.linux.masked_paths.is_empty());
    let binds = spec.mounts.into_iter().filter(|mount| mount.kind == "bind" || mount.source.starts_with('/'));
    container.mounts = binds.take(MOUNTS_MAX).map(mount).collect();
    container
}

fn mount(found: SpecMount) -> Mount {
    let propagation = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];
    let named = found.options.iter().find(|option| propagation.contains(&option.as_str()));
    Mount {
        propagation: named.cloned().unwrap_or_default(),
        writable: !found.options.iter().any(|option| option == "ro"),
        source: found.source,
        destination: found.destination,
        mode: String::new(),
    }
}

/// Labels of the container; pod and namespace under the names that Kubernetes gives them.
fn labels(spec: &Spec) -> HashMap<String, String> {
    let mut labels: HashMap<String, String> = HashMap::new();
    for name in ["io.kubernetes.cri-o.Labels", "nerdctl/labels"] {
        let told: Option<HashMap<String, String>> =
            spec.annotations.get(name).and_then(|text| serde_json::from_str(text).ok());
        labels.extend(told.unwrap_or_default());
    }
    for (annotation, label) in [
        ("io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"),
        ("io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"),
        ("io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"),
        ("io.kubernetes.cri.container-name", "io.kubernetes.container.name"),
        ("io.kubernetes.pod.namespace", "io.kubernetes.pod.namespace"),
        ("io.kubernetes.pod.name", "io.kubernetes.pod.name"),
        ("io.kubernetes.pod.uid", "io.kubernetes.pod.uid"),
        ("io.kubernetes.container.name", "io.kubernetes.container.name"),
    ] {
        if let Some(value) = spec.annotations.get(annotation) {
            labels.insert(label.to_owned(), value.clone());
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "2c663a2c4b7e48e96ae52882c231e10c9822c5288bba4efba028a653f35aaaef";

    /// A container from a bundle at `place` below a root of its own.
    fn found(place: &str, config: &str) -> Option<Container> {
        let root = std::env::temp_dir().join(format!(
            "quaywatch-bundle-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        let path = root.join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, config).unwrap();
        let found = find(&root, &ContainerId::new(ID));
        fs::remove_dir_all(root).unwrap();
        found
    }

    #[test]
    fn a_pod_of_containerd() {
        let config = r#"{
            "annotations": {
                "io.kubernetes.cri.container-name": "web", "io.kubernetes.cri.image-name": "docker.io/library/nginx:1.27",
                "io.kubernetes.cri.sandbox-name": "web-0", "io.kubernetes.cri.sandbox-namespace": "shop"},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                       {"destination": "/data", "type": "bind", "source": "/srv", "options": ["rbind", "rprivate", "ro"]}],
            "process": {"capabilities": {"bounding": ["CAP_CHOWN"]}},
            "linux": {"namespaces": [{"type": "pid"}, {"type": "ipc"}], "maskedPaths": ["/proc/kcore"]}}"#;
        let container = found(&format!("{CONTAINERD}/k8s.io/{ID}/config.json"), config).unwrap();
        assert_eq!((container.runtime, container.name.as_deref()), (Runtime::Containerd, Some("web")));
        assert_eq!(container.image_repository.as_deref(), Some("docker.io/library/nginx"));
        assert_eq!(container.image_tag.as_deref(), Some("1.27"));
        assert_eq!((container.pod_name().is_some(), container.pod_namespace().is_some()), (true, true));
        assert_eq!((container.privileged, container.host_network), (Some(false), Some(true)));
        assert_eq!(container.mounts.len(), 1);
        assert_eq!((container.mounts[0].source.as_str(), container.mounts[0].writable), ("/srv", false));
        assert!(container.complete && container.created_ns.is_some());
    }

    #[test]
    fn cri_o_and_podman_share_a_place() {
        let place = format!("{STORAGE}/{ID}/userdata/config.json");
        let crio = r#"{"annotations": {"io.kubernetes.cri-o.Name": "k8s_web", "io.kubernetes.cri-o.ImageName": "quay.io/a/b:2",
            "io.kubernetes.cri-o.Labels": "{\"io.kubernetes.pod.name\":\"web-0\",\"app\":\"shop\"}"},
            "process": {"capabilities": {"bounding": ["CAP_SYS_ADMIN"]}}}"#;
        let container = found(&place, crio).unwrap();
        assert_eq!((container.runtime, container.privileged), (Runtime::CriO, Some(true)));
        assert_eq!(container.labels.get("app").map(String::as_str), Some("shop"));
        assert_eq!(found(&place, "{}").unwrap().runtime, Runtime::Podman);
    }

    #[test]
    fn what_is_no_bundle_is_none() {
        assert!(found(&format!("{CONTAINERD}/moby/{ID}/config.json"), "{}").is_none());
        assert!(found(&format!("{CONTAINERD}/default/{ID}/config.json"), "not json").is_none());
        assert!(find(Path::new("/"), &ContainerId::new("../../etc")).is_none());
    }
}
