//! Our own log: one line an event, on standard error; and how a process says why it ends.

use std::process::ExitCode;

use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Starts logging; `QUAYWATCH_LOG` sets the level (`info` without it), as `level` or
/// `part=level,…`.
pub(crate) fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("QUAYWATCH_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false);
    // A second start in one process (a test) keeps the first.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// Says why a process ends that may do better when it is started again.
pub(crate) fn try_again(error: &anyhow::Error) -> ExitCode {
    eprintln!("quaywatch: {error:#}");
    ExitCode::from(crate::supervisor::EXIT_TRY_AGAIN)
}
