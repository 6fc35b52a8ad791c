//! The throwaway container: an image made from this very binary, removed at the end.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use bollard::{
    API_DEFAULT_VERSION, Docker, body_full,
    models::{ContainerCreateBody, ExecConfig, HostConfig},
    query_parameters::{
        CreateContainerOptionsBuilder, CreateImageOptionsBuilder, RemoveContainerOptionsBuilder,
        RemoveImageOptionsBuilder,
    },
};
use futures_util::StreamExt as _;

use super::{actions::Action, applet};

const REQUEST_SECONDS_MAX: u64 = 30;
/// Name of the image and beginning of the container's name.
const IMAGE: &str = "quaywatch-selftest";

/// A running container that is removed by [`Throwaway::remove`].
pub(crate) struct Throwaway {
    docker: Docker,
    image: String,
    /// Its name.
    pub(crate) name: String,
    /// 64 hex digits.
    pub(crate) id: String,
}

impl Throwaway {
    /// Makes image and container on the first runtime that answers.
    pub(crate) async fn start(sockets: &[PathBuf]) -> Result<Throwaway> {
        let docker = connect(sockets).await?;
        let tag = uuid::Uuid::new_v4().simple().to_string();
        let tag = tag.get(..12).unwrap_or(&tag).to_owned();
        let image = format!("{IMAGE}:{tag}");
        let options = CreateImageOptionsBuilder::default().from_src("-").repo(IMAGE).tag(&tag).build();
        let mut progress = docker.create_image(Some(options), Some(body_full(image_layer()?.into())), None);
        while let Some(step) = progress.next().await {
            step.context("the runtime does not import the selftest's image")?;
        }
        let name = format!("{IMAGE}-{tag}");
        let body = ContainerCreateBody {
            image: Some(image.clone()),
            cmd: Some(vec![format!("/bin/{}", applet::WAIT)]),
            network_disabled: Some(true),
            host_config: Some(HostConfig { network_mode: Some("none".to_owned()), ..HostConfig::default() }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::default().name(&name).build();
        let created =
            docker.create_container(Some(options), body).await.context("cannot create a container")?;
        let throwaway = Throwaway { docker, image, name, id: created.id };
        let started = throwaway.docker.start_container(&throwaway.id, None).await;
        if let Err(error) = started {
            throwaway.remove().await;
            bail!("cannot start the selftest's container (this needs the static release binary): {error}");
        }
        Ok(throwaway)
    }

    /// Starts an action in the container and does not wait for its end.
    pub(crate) async fn act(&self, action: &Action) -> Result<()> {
        let config = ExecConfig {
            cmd: Some(action.command.iter().map(|&part| part.to_owned()).collect()),
            tty: Some(action.terminal),
            attach_stdin: Some(action.terminal),
            ..ExecConfig::default()
        };
        let exec = self.docker.create_exec(&self.id, config).await.context("cannot prepare a process")?;
        let start =
            bollard::exec::StartExecOptions { detach: true, tty: action.terminal, output_capacity: None };
        self.docker
            .start_exec(&exec.id, Some(start))
            .await
            .context("cannot start a process in the container")?;
        Ok(())
    }

    /// Removes container and image; what cannot be removed is named.
    pub(crate) async fn remove(self) {
        let options = RemoveContainerOptionsBuilder::default().force(true).build();
        if let Err(error) = self.docker.remove_container(&self.id, Some(options)).await {
            tracing::warn!(container = self.name, %error, "not removed");
        }
        let options = RemoveImageOptionsBuilder::default().force(true).build();
        if let Err(error) = self.docker.remove_image(&self.image, Some(options), None).await {
            tracing::warn!(image = self.image, %error, "not removed");
        }
    }
}

async fn connect(sockets: &[PathBuf]) -> Result<Docker> {
    let mut reasons = Vec::new();
    for socket in sockets {
        let path = socket.to_string_lossy();
        match Docker::connect_with_socket(&path, REQUEST_SECONDS_MAX, API_DEFAULT_VERSION) {
            Ok(docker) => match docker.ping().await {
                Ok(_) => return Ok(docker),
                Err(error) => reasons.push(format!("{path}: {error}")),
            },
            Err(error) => reasons.push(format!("{path}: {error}")),
        }
    }
    bail!("no container runtime answers; start Docker or Podman ({})", reasons.join("; "))
}

/// A tar archive with this binary under every applet's name, and an empty /etc.
fn image_layer() -> Result<Vec<u8>> {
    let binary = std::fs::read("/proc/self/exe").context("cannot read this program")?;
    let mut archive = tar::Builder::new(Vec::new());
    for folder in ["bin/", "dev/", "etc/", "proc/", "sys/", "tmp/"] {
        let mut header = header(0, tar::EntryType::Directory, 0o755);
        archive.append_data(&mut header, folder, std::io::empty())?;
    }
    let mut names = applet::ALL.iter();
    let first = names.next().copied().unwrap_or(applet::WAIT);
    let mut file = header(binary.len() as u64, tar::EntryType::Regular, 0o755);
    archive.append_data(&mut file, format!("bin/{first}"), binary.as_slice())?;
    for name in names {
        let mut link = header(0, tar::EntryType::Link, 0o755);
        archive.append_link(&mut link, format!("bin/{name}"), format!("bin/{first}"))?;
    }
    Ok(archive.into_inner()?)
}

fn header(size: u64, kind: tar::EntryType, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(0);
    header
}
