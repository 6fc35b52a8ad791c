//! Control group paths as runtimes make them, version 1 and 2, and whose they are.

use proptest::prelude::*;

use super::*;

const A: &str = "2c663a2c4b7e48e96ae52882c231e10c9822c5288bba4efba028a653f35aaaef";
const B: &str = "99305eb869e884eb52afd94bf1dc7e36ca1ed7bb5d9ca8aeeec16e939ea5f118";

/// `A` and `B` in a path stand for two full ids; `expected` is `id runtime`, or `host`.
fn check(path: &str, expected: &str) {
    let path = path.replace("<A>", A).replace("<B>", B);
    let expected = expected.replace("<A>", A).replace("<B>", B);
    let found = match container_of_cgroup(path.as_bytes()) {
        Some((id, runtime)) => format!("{} {}", id.full(), runtime.name()),
        None => "host".to_owned(),
    };
    assert_eq!(found, expected, "{path}");
}

#[test]
fn docker() {
    check("/docker/<A>", "<A> docker");
    check("/docker/<A>/", "<A> docker");
    check("/docker/<A>/init.scope", "<A> docker");
    check("/docker/<A>/system.slice/nginx.service", "<A> docker");
    check("/system.slice/docker-<A>.scope", "<A> docker");
    check("/user.slice/user-1000.slice/user@1000.service/user.slice/docker-<A>.scope", "<A> docker");
    check("/my/own/parent/<A>", "<A> docker");
    check("/system.slice/system.slice:docker:<A>", "<A> docker");
    check("/ecs/e5a3c1d0-0000-4000-8000-000000000000/<A>", "<A> docker");
}

#[test]
fn docker_in_docker() {
    check("/docker/<A>/docker/<B>", "<B> docker");
    check("/system.slice/docker-<A>.scope/docker/<B>", "<B> docker");
    check("/docker/<A>/docker/buildkit/x1y2z3", "<A> docker");
}

#[test]
fn podman() {
    check("/machine.slice/libpod-<A>.scope", "<A> podman");
    check("/machine.slice/libpod-<A>.scope/container", "<A> podman");
    check("/machine.slice/libpod-<A>.scope/container/system.slice/cron.service", "<A> podman");
    check("/machine.slice/machine-libpod_pod_<B>.slice/libpod-<A>.scope", "<A> podman");
    check("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-<A>.scope", "<A> podman");
    check("/libpod_parent/libpod-<A>", "<A> podman");
    check("/libpod_parent/<A>", "<A> podman");
    check("/system.slice/web.service/libpod-payload-<A>", "<A> podman");
    check("/machine.slice/libpod-conmon-<A>.scope", "host");
    check("/libpod_parent/conmon", "host");
    check("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-conmon-<A>.scope", "host");
}

#[test]
fn podman_in_docker() {
    check("/docker/<A>/libpod_parent/libpod-<B>", "<B> podman");
    check("/docker/<A>/machine.slice/libpod-<B>.scope", "<B> podman");
    check("/docker/<A>/libpod_parent/libpod-conmon-<B>", "<A> docker");
}

#[test]
fn containerd_and_cri() {
    check(
        "/system.slice/containerd.service/kubepods-burstable-pod1a.slice:cri-containerd:<A>",
        "<A> containerd",
    );
    check(
        "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1a_2b.slice/cri-containerd-<A>.scope",
        "<A> containerd",
    );
    check("/kubepods/besteffort/pod9a3cb5d8-1c2d-11ea-8b8b-42010a800002/<A>", "<A> containerd");
    check("/kubepods/pod9a3cb5d8/<A>/nested", "<A> containerd");
    check(
        "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod1.slice/cri-containerd-<A>.scope",
        "<A> containerd",
    );
    check("/default/<A>", "<A> containerd");
    check("/k8s.io/<A>", "<A> containerd");
    check("/system.slice/nerdctl-<A>.scope", "<A> containerd");
    check("/user.slice/user-1000.slice/user@1000.service/user.slice/nerdctl-<A>.scope", "<A> containerd");
    check(
        "/ecs/97eb53f4925219d69e7facf8af581bc5/97eb53f4925219d69e7facf8af581bc5-1234567890",
        "97eb53f4925219d69e7facf8af581bc5-1234567890 containerd",
    );
    check("/kubepods.slice/kubepods-pod1.slice/docker-<A>.scope", "<A> docker");
}

#[test]
fn crio() {
    check(
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/crio-<A>.scope",
        "<A> cri-o",
    );
    check("/kubepods.slice/kubepods-pod1.slice/crio-<A>.scope/container", "<A> cri-o");
    check("/kubepods/burstable/pod1/crio-<A>", "<A> cri-o");
    check("/kubepods.slice/kubepods-pod1.slice/crio-conmon-<A>.scope", "host");
}

#[test]
fn lxc_and_nspawn() {
    check("/lxc.payload.web", "web lxc");
    check("/lxc.payload.web/system.slice/nginx.service", "web lxc");
    check("/lxc.payload/web/init.scope", "web lxc");
    check("/lxc/101", "101 lxc");
    check("/lxc/101/ns/system.slice/cron.service", "101 lxc");
    check("/lxc.monitor.web", "host");
    check("/lxc.monitor/101", "host");
    check("/lxc/101/ns/docker/<A>", "<A> docker");
    check("/machine.slice/machine-lxc\\x2d5153\\x2dweb.scope/libvirt", "web libvirt-lxc");
    check("/machine/web.libvirt-lxc", "web libvirt-lxc");
    check("/machine.slice/machine-debian\\x2d12.scope/payload/init.scope", "debian-12 systemd-nspawn");
    check("/machine.slice/systemd-nspawn@debian.service/payload/system.slice", "debian systemd-nspawn");
    check("/machine.slice/systemd-nspawn@debian.service/supervisor", "host");
    check("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/vcpu0", "host");
}

#[test]
fn unknown_runtimes_are_containers_still() {
    check("/system.slice/newthing-<A>.scope", "<A> unknown");
}

#[test]
fn the_host() {
    for path in [
        "",
        "/",
        "/init.scope",
        "/system.slice/docker.service",
        "/user.slice/user-1000.slice/session-3.scope",
        "/service_api/97eb53f4925219d69e7facf8af581bc5",
        "/system.slice/containerd.service",
        "/docker",
        "/docker/short",
        "/kubepods/besteffort/pod9a3cb5d8-1c2d-11ea-8b8b-42010a800002",
        "/kubepods.slice/kubepods-pod1.slice",
        "/system.slice/system-getty.slice/getty@tty1.service",
        "/a:b",
        "/machine.slice",
        "/lxc",
    ] {
        check(path, "host");
    }
    check(&format!("/docker/{}", A.to_ascii_uppercase()), "host");
}

#[test]
fn short_ids() {
    assert_eq!(ContainerId::new(A).short(), "2c663a2c4b7e");
    assert_eq!(ContainerId::new("a-rather-long-lxc-name").short(), "a-rather-long-lxc-name");
}

proptest! {
    #[test]
    fn any_bytes_are_survived(path in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = container_of_cgroup(&path);
    }

    #[test]
    fn any_words_are_survived(path in "(/|-|:|\\\\x|\\.scope|machine-|lxc|[0-9a-f]{64}|conmon|é){0,12}") {
        if let Some((id, _)) = container_of_cgroup(path.as_bytes()) {
            prop_assert!(!id.full().is_empty());
            prop_assert!(path.replace("\\x", "").len() >= id.short().len());
        }
    }
}
