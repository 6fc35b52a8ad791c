//! What the health page and the log are told of the gateway.

use parking_lot::Mutex;
use serde_json::{Value, json};
use tls_gateway::{Notice, Severity, Table};

/// The gateway's state as others see it.
#[derive(Debug, Default)]
pub(crate) struct View(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    listening: Vec<String>,
    problems: Vec<String>,
    routes: Vec<Value>,
    notices: Vec<Notice>,
}

impl View {
    pub(super) fn listening(&self, text: String) {
        self.0.lock().listening.push(text);
    }

    pub(super) fn problem(&self, text: String) {
        self.0.lock().problems.push(text);
    }

    pub(super) fn update(&self, table: &Table, notices: Vec<Notice>) {
        let routes = table.routes().map(|(entry, route)| {
            json!({ "entry_point": entry, "name": route.name(), "rule": route.rule(), "service": route.service_name() })
        });
        let mut inner = self.0.lock();
        inner.routes = routes.collect();
        inner.notices = notices;
    }

    /// What is wrong, in words.
    pub(crate) fn problems(&self) -> Vec<String> {
        let inner = self.0.lock();
        let errors = inner.notices.iter().filter(|notice| notice.severity == Severity::Error);
        let errors = errors.map(|notice| {
            format!("gateway: {}: {}: {}; {}", notice.source, notice.subject, notice.message, notice.help)
        });
        inner.problems.iter().cloned().chain(errors).collect()
    }

    /// Everything, for the page.
    pub(crate) fn json(&self) -> Value {
        let inner = self.0.lock();
        json!({
            "listening": inner.listening,
            "problems": inner.problems,
            "routes": inner.routes,
            "notices": inner.notices,
        })
    }
}
