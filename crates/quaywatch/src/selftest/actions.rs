//! What the selftest does in its container.

use super::applet;

/// One harmless thing that the default rules must see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Action {
    /// What it is called in the report.
    pub(crate) name: &'static str,
    /// What is run.
    pub(crate) command: &'static [&'static str],
    /// `proc.name` of the alert.
    pub(crate) process: &'static str,
    /// With a terminal, as a person would.
    pub(crate) terminal: bool,
}

/// In the order in which they are done.
pub(crate) const ACTIONS: [Action; 3] = [
    Action {
        name: "package manager",
        command: &["/bin/apk"],
        process: applet::PACKAGE_MANAGER,
        terminal: false,
    },
    Action { name: "shell", command: &["/bin/sh"], process: applet::SHELL, terminal: true },
    Action {
        name: "write below /etc",
        command: &["/bin/touch", "/etc/quaywatch-selftest"],
        process: applet::TOUCH,
        terminal: false,
    },
];
