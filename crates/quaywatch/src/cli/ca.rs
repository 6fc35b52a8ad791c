//! `quaywatch ca`: the local certificate authority.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;

use super::command::Common;

/// Show the certificate of the local authority
#[derive(Debug, clap::Args)]
pub(crate) struct Ca {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the certificate that browsers and clients should trust (PEM)
    Show,
}

impl Ca {
    /// Ends with an error before the first start, when there is no authority yet.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let config = self.common.load()?;
        let Action::Show = self.action;
        let folder = config.certificates_dir();
        match certificates::LocalAuthority::shown(&folder)? {
            Some(pem) => print!("{pem}"),
            None => bail!("no authority in {} yet: it is made when the hub first starts", folder.display()),
        }
        Ok(ExitCode::SUCCESS)
    }
}
