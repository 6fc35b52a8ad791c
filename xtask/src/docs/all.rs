//! Everything that is generated for readers, in one call.

use std::path::Path;

use anyhow::Result;

use super::{deploy, page};

/// Writes it all, or with `check` fails when a part is stale.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    deploy::run(root, check)?;
    page::run(root, check)
}
