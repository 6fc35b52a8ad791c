//! `quaywatch selftest`.

use std::{process::ExitCode, time::Duration};

use access_control::Role;
use anyhow::{Context as _, Result};

use super::{command::Common, doctor::Output, user};
use crate::{config::Config, selftest};

/// The selftest's own token is void after this, even if it could not be revoked.
const TOKEN_SECONDS: u64 = 600;

/// Make harmless alerts in a throwaway container and follow each through every hop
#[derive(Debug, clap::Args)]
pub(crate) struct Selftest {
    #[command(flatten)]
    common: Common,
    /// Query as this user, with the password on standard input, instead of a token made for the test
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Form of the answer
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
}

impl Selftest {
    /// 0 when every hop works.
    pub(crate) fn run(self) -> Result<ExitCode> {
        super::log_to_stderr();
        let config = self.common.load()?;
        let login = Login::prepare(&config, self.user.as_deref())?;
        let options = selftest::Options { authorization: login.authorization.clone() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let report = runtime.block_on(selftest::run(&config, &options));
        login.give_back(&config)?;
        match self.output {
            Output::Json => println!("{}", serde_json::to_string_pretty(&report)?),
            Output::Text => println!("{report}"),
        }
        Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// How the query hop logs in, and what must be revoked afterwards.
struct Login {
    authorization: Option<String>,
    token: Option<String>,
}

impl Login {
    fn prepare(config: &Config, user: Option<&str>) -> Result<Login> {
        if let Some(user) = user {
            let password = user::password()?;
            let pair = format!("{user}:{password}");
            let header = format!("Basic {}", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, pair));
            return Ok(Login { authorization: Some(header), token: None });
        }
        if !config.auth {
            return Ok(Login { authorization: None, token: None });
        }
        let access = user::open(config).context("the selftest needs a token: run it as root")?;
        let name = format!("selftest-{}", std::process::id());
        let secret = access.add_token(&name, Role::Reader, Some(Duration::from_secs(TOKEN_SECONDS)))?;
        user::give_to_hub(config)?;
        Ok(Login { authorization: Some(format!("Bearer {secret}")), token: Some(name) })
    }

    fn give_back(self, config: &Config) -> Result<()> {
        if let Some(token) = self.token {
            user::open(config)?.remove_token(&token)?;
            user::give_to_hub(config)?;
        }
        Ok(())
    }
}
