//! The label `service_name`, which Loki adds to streams that lack it.

/// Labels it is taken from, the first that is present.
const SOURCES: &[&str] = &[
    "service",
    "app",
    "application",
    "app_name",
    "name",
    "app_kubernetes_io_name",
    "container",
    "container_name",
    "k8s_container_name",
    "component",
    "workload",
    "job",
    "k8s_job_name",
];

/// Where there is no such label.
pub(super) const UNKNOWN: &str = "unknown_service";

/// Whether a label names a service.
pub(super) fn is_source(name: &str) -> bool {
    SOURCES.contains(&name)
}

/// All such labels, the most telling first.
pub(crate) fn sources() -> &'static [&'static str] {
    SOURCES
}

/// The name for a stream, `None` when it has one.
pub(super) fn discover(labels: &[(String, String)]) -> Option<String> {
    let value = |wanted: &str| {
        labels
            .iter()
            .find(|(name, value)| name == wanted && !value.is_empty())
            .map(|(_, value)| value.clone())
    };
    if value("service_name").is_some() {
        return None;
    }
    Some(SOURCES.iter().find_map(|source| value(source)).unwrap_or_else(|| UNKNOWN.to_owned()))
}
