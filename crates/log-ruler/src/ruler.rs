//! All groups of all tenants, and what is known of their last evaluation.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use http_client::{Client, Target};
use log_record::LogWriter;
use logql_engine::Engine;
use parking_lot::Mutex;
use telemetry::{Counter, Registry};

use crate::{
    alert::{Alert, AlertState},
    config::Config,
    evaluate::{self, LabelMap},
    folder,
    group::{Rule, RuleError, RuleGroup, RuleKind},
    kept::{self, Kept},
    limits,
    notify::Notifier,
    yaml,
};

/// Evaluates rules. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Ruler(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) engine: Arc<Engine>,
    pub(crate) writer: Arc<dyn LogWriter>,
    pub(crate) groups: Mutex<Groups>,
    pub(crate) notifier: Notifier,
    pub(crate) client: Client,
    pub(crate) remote_write: Option<Target>,
    pub(crate) metrics: Metrics,
}

pub(crate) struct Metrics {
    pub(crate) evaluations: Counter,
    pub(crate) failures: Counter,
    pub(crate) recorded: Counter,
    pub(crate) lost: Counter,
}

/// Groups by tenant and namespace.
pub(crate) type Groups = BTreeMap<String, BTreeMap<String, Namespace>>;

#[derive(Default)]
pub(crate) struct Namespace {
    /// The file of the configuration it comes from.
    file: Option<PathBuf>,
    pub(crate) groups: Vec<Arc<Live>>,
}

/// A group and its state.
pub(crate) struct Live {
    pub(crate) group: RuleGroup,
    pub(crate) run: Mutex<Run>,
}

/// What one group's evaluations left behind.
#[derive(Default)]
pub(crate) struct Run {
    /// The instant of the last evaluation; 0 before the first.
    pub(crate) last_ns: i64,
    pub(crate) seconds: f64,
    pub(crate) busy: bool,
    /// One per rule.
    pub(crate) rules: Vec<RuleRun>,
}

/// What one rule's evaluations left behind.
#[derive(Default)]
pub(crate) struct RuleRun {
    pub(crate) last_ns: i64,
    pub(crate) seconds: f64,
    pub(crate) error: String,
    pub(crate) alerts: BTreeMap<LabelMap, Alert>,
}

/// A group as the API shows it.
#[derive(Debug, Clone)]
pub struct GroupStatus {
    /// Its namespace.
    pub namespace: String,
    /// The group.
    pub group: RuleGroup,
    /// Seconds between evaluations.
    pub interval_s: f64,
    /// The last one, nanoseconds since 1970; 0 before the first.
    pub last_evaluation_ns: i64,
    /// How long it took.
    pub evaluation_s: f64,
    /// One per rule.
    pub rules: Vec<RuleStatus>,
}

/// A rule as the API shows it.
#[derive(Debug, Clone)]
pub struct RuleStatus {
    /// The furthest of its alerts.
    pub state: AlertState,
    /// Pending and firing ones.
    pub alerts: Vec<Alert>,
    /// What went wrong last; empty when nothing did.
    pub last_error: String,
    /// The last evaluation, nanoseconds since 1970; 0 before the first.
    pub last_evaluation_ns: i64,
    /// How long it took.
    pub evaluation_s: f64,
}

impl Ruler {
    /// Loads rules and kept states; nothing is evaluated before [`Ruler::run`]. Needs a runtime.
    ///
    /// # Errors
    /// A URL or the TLS settings of the configuration are wrong.
    pub fn open(
        config: Config,
        engine: Arc<Engine>,
        writer: Arc<dyn LogWriter>,
        registry: &Registry,
    ) -> Result<Self, http_client::ConfigError> {
        let client = Client::new(&config.client)?;
        let alertmanagers = config
            .alertmanager_urls
            .iter()
            .map(|url| Target::parse(&format!("{}/api/v2/alerts", url.trim_end_matches('/'))))
            .collect::<Result<Vec<_>, _>>()?;
        let remote_write = config.remote_write_url.as_deref().map(Target::parse).transpose()?;
        let counter = |name, help| registry.counter(name, help, &[]);
        let metrics = Metrics {
            evaluations: counter("ruler_evaluations_total", "Rules that were evaluated."),
            failures: counter("ruler_failed_evaluations_total", "Evaluations that gave an error."),
            recorded: counter("ruler_samples_total", "Samples of recording rules that were stored or sent."),
            lost: counter("ruler_lost_samples_total", "Samples of recording rules nobody took."),
        };
        let now_ns = crate::schedule::now_ns();
        let mut groups = Groups::new();
        for (tenant, namespaces) in folder::read_all(&config.directory) {
            for (namespace, all) in namespaces {
                let live = all.into_iter().map(Live::new).collect();
                groups
                    .entry(tenant.clone())
                    .or_default()
                    .insert(namespace, Namespace { file: None, groups: live });
            }
        }
        take_up(&groups, kept::load(&config.directory, now_ns));
        let notifier = Notifier::start(client.clone(), alertmanagers, registry);
        let ruler = Ruler(Arc::new(Shared {
            config,
            engine,
            writer,
            groups: Mutex::new(groups),
            notifier,
            client,
            remote_write,
            metrics,
        }));
        ruler.reload_files();
        Ok(ruler)
    }

    /// Reads the files of the configuration again. Groups that did not change keep their state.
    pub(crate) fn reload_files(&self) {
        let read = folder::configured(&self.0.config.files);
        let kept = kept::load(&self.0.config.directory, crate::schedule::now_ns());
        let mut groups = self.0.groups.lock();
        let tenant = groups.entry(self.0.config.files_tenant.clone()).or_default();
        for path in &self.0.config.files {
            let name = folder::namespace_of(path);
            let Some(new) = read.get(&name) else { continue };
            let namespace = tenant.entry(name).or_default();
            let first = namespace.file.is_none();
            namespace.file = Some(path.clone());
            let old = std::mem::take(&mut namespace.groups);
            namespace.groups = new
                .iter()
                .map(|group| {
                    let same = old.iter().find(|live| live.group == *group);
                    same.cloned().unwrap_or_else(|| Live::new(group.clone()))
                })
                .collect();
            if first {
                take_up_namespace(namespace, &kept, |kept| {
                    kept.tenant == self.0.config.files_tenant && kept.namespace == folder::namespace_of(path)
                });
            }
        }
    }

    /// All groups of a tenant as YAML, by namespace.
    ///
    /// # Errors
    /// [`RuleError::NoGroups`].
    pub fn list(&self, tenant: &str, namespace: Option<&str>) -> Result<String, RuleError> {
        let groups = self.0.groups.lock();
        let all: BTreeMap<String, Vec<RuleGroup>> = groups
            .get(tenant)
            .into_iter()
            .flatten()
            .filter(|(name, found)| {
                namespace.is_none_or(|wanted| wanted == *name) && !found.groups.is_empty()
            })
            .map(|(name, found)| (name.clone(), found.groups.iter().map(|live| live.group.clone()).collect()))
            .collect();
        if all.is_empty() { Err(RuleError::NoGroups) } else { Ok(yaml::namespaces(&all)) }
    }

    /// One group as YAML.
    ///
    /// # Errors
    /// [`RuleError::Unknown`].
    pub fn get(&self, tenant: &str, namespace: &str, group: &str) -> Result<String, RuleError> {
        let groups = self.0.groups.lock();
        let found = groups
            .get(tenant)
            .and_then(|all| all.get(namespace))
            .and_then(|found| found.groups.iter().find(|live| live.group.name == group));
        found.map(|live| yaml::group(&live.group)).ok_or(RuleError::Unknown)
    }

    /// Adds a group, or replaces the one of that name. Durable when it returns; blocks.
    ///
    /// # Errors
    /// [`RuleError`].
    pub fn put(&self, tenant: &str, namespace: &str, yaml: &str) -> Result<(), RuleError> {
        let group = RuleGroup::parse(yaml)?;
        self.change(tenant, namespace, |groups| {
            let live = Live::new(group);
            match groups.iter_mut().find(|found| found.group.name == live.group.name) {
                Some(slot) => *slot = live,
                None => groups.push(live),
            }
            Ok(())
        })
    }

    /// Removes a group, or a namespace with all its groups. Blocks.
    ///
    /// # Errors
    /// [`RuleError`].
    pub fn remove(&self, tenant: &str, namespace: &str, group: Option<&str>) -> Result<(), RuleError> {
        self.change(tenant, namespace, |groups| {
            let before = groups.len();
            groups.retain(|live| group.is_some_and(|name| live.group.name != name));
            if groups.len() == before { Err(RuleError::Unknown) } else { Ok(()) }
        })
    }

    fn change(
        &self,
        tenant: &str,
        namespace: &str,
        edit: impl FnOnce(&mut Vec<Arc<Live>>) -> Result<(), RuleError>,
    ) -> Result<(), RuleError> {
        let mut groups = self.0.groups.lock();
        let count: usize =
            groups.get(tenant).into_iter().flatten().map(|(_, found)| found.groups.len()).sum();
        let found = groups.get(tenant).and_then(|all| all.get(namespace));
        if let Some(path) = found.and_then(|found| found.file.as_ref()) {
            return Err(RuleError::ReadOnly(path.display().to_string()));
        }
        let mut changed = found.map(|found| found.groups.clone()).unwrap_or_default();
        let before = changed.len();
        edit(&mut changed)?;
        if changed.len() > before && count >= limits::GROUPS_MAX {
            return Err(RuleError::Invalid(format!(
                "per-user rule groups limit (limit: {} actual: {}) exceeded",
                limits::GROUPS_MAX,
                count + 1
            )));
        }
        let plain: Vec<RuleGroup> = changed.iter().map(|live| live.group.clone()).collect();
        folder::write(&self.0.config.directory, tenant, namespace, &plain)?;
        let all = groups.entry(tenant.to_owned()).or_default();
        if changed.is_empty() {
            all.remove(namespace);
        } else {
            all.insert(namespace.to_owned(), Namespace { file: None, groups: changed });
        }
        Ok(())
    }

    /// All groups of a tenant with their states.
    pub fn status(&self, tenant: &str) -> Vec<GroupStatus> {
        let default_ns = self.0.config.interval_ns();
        let groups = self.0.groups.lock();
        let mut all = Vec::new();
        for (namespace, found) in groups.get(tenant).into_iter().flatten() {
            for live in &found.groups {
                let run = live.run.lock();
                all.push(GroupStatus {
                    namespace: namespace.clone(),
                    group: live.group.clone(),
                    interval_s: live.group.interval_ns(default_ns) as f64 / 1e9,
                    last_evaluation_ns: run.last_ns,
                    evaluation_s: run.seconds,
                    rules: run.rules.iter().map(RuleRun::status).collect(),
                });
            }
        }
        all
    }

    /// Every alert that fires or is about to, to be taken up after a restart.
    pub(crate) fn keep(&self, now_ns: i64) {
        let mut all = Vec::new();
        let groups = self.0.groups.lock();
        for (tenant, namespaces) in groups.iter() {
            for (namespace, found) in namespaces {
                for live in &found.groups {
                    let run = live.run.lock();
                    for (rule, state) in live.group.rules.iter().zip(&run.rules) {
                        let active =
                            state.alerts.values().filter(|alert| alert.state != AlertState::Inactive);
                        all.extend(active.map(|alert| Kept {
                            tenant: tenant.clone(),
                            namespace: namespace.clone(),
                            group: live.group.name.clone(),
                            rule: rule.alert.clone(),
                            labels: alert.labels.clone(),
                            state: alert.state,
                            active_at_ns: alert.active_at_ns,
                            fired_at_ns: alert.fired_at_ns,
                        }));
                    }
                }
            }
        }
        drop(groups);
        kept::save(&self.0.config.directory, all, now_ns);
    }
}

impl RuleRun {
    fn status(&self) -> RuleStatus {
        RuleStatus {
            state: evaluate::furthest(self.alerts.values()),
            alerts: self
                .alerts
                .values()
                .filter(|alert| alert.state != AlertState::Inactive)
                .cloned()
                .collect(),
            last_error: self.error.clone(),
            last_evaluation_ns: self.last_ns,
            evaluation_s: self.seconds,
        }
    }
}

impl Live {
    fn new(group: RuleGroup) -> Arc<Self> {
        let rules = group.rules.iter().map(|_| RuleRun::default()).collect();
        Arc::new(Live { group, run: Mutex::new(Run { rules, ..Run::default() }) })
    }
}

fn take_up(groups: &Groups, kept: Vec<Kept>) {
    for (tenant, namespaces) in groups {
        for (name, namespace) in namespaces {
            take_up_namespace(namespace, &kept, |kept| kept.tenant == *tenant && kept.namespace == *name);
        }
    }
}

fn take_up_namespace(namespace: &Namespace, kept: &[Kept], ours: impl Fn(&Kept) -> bool) {
    for kept in kept.iter().filter(|kept| ours(kept)) {
        for live in namespace.groups.iter().filter(|live| live.group.name == kept.group) {
            let mut run = live.run.lock();
            let is_rule = |rule: &Rule| rule.kind() == RuleKind::Alerting && rule.alert == kept.rule;
            for (rule, state) in live.group.rules.iter().zip(run.rules.iter_mut()) {
                if is_rule(rule) {
                    state.alerts.insert(kept.labels.clone(), kept.alert());
                }
            }
        }
    }
}

impl Config {
    pub(crate) fn interval_ns(&self) -> i64 {
        i64::try_from(self.evaluation_interval_ms).unwrap_or(i64::MAX).saturating_mul(1_000_000)
    }

    pub(crate) fn resend_ns(&self) -> i64 {
        i64::try_from(self.resend_delay_ms).unwrap_or(i64::MAX).saturating_mul(1_000_000)
    }
}
