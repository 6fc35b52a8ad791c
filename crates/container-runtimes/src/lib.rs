//! Container metadata from Docker, Podman, containerd and CRI.
