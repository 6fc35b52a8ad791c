//! From a router's settings to a route and the entry points it is offered at.

use std::sync::Arc;

use super::{
    Route,
    build::{Made, Plan},
    names::Names,
};
use crate::{
    dynamic::{Origin, Router, Sourced},
    notice::{Notice, Severity},
    rule::{Hosts, Rule},
    server::Resources,
};

/// A table in the making.
pub(super) struct Assembly<'a> {
    pub(super) plan: &'a Plan,
    pub(super) resources: &'a Resources,
    pub(super) previous: Option<&'a Made>,
    pub(super) names: Names<'a>,
    pub(super) made: Made,
    pub(super) notices: Vec<Notice>,
}

impl<'a> Assembly<'a> {
    pub(super) fn note(
        &mut self,
        severity: Severity,
        source: &str,
        subject: &str,
        message: &str,
        help: &str,
    ) {
        self.notices.push(Notice::new(severity, source, subject, message, help));
    }

    /// The route and its entry points; `None` when it cannot be served: then the notice says why,
    /// and requests get what they would get without it.
    pub(super) fn router(
        &mut self,
        source: &'a Sourced,
        name: &str,
        router: &'a Router,
    ) -> Option<(Route, Vec<Arc<str>>)> {
        let subject = format!("router {name}");
        let fail = |this: &mut Self, message: &str, help: &str| {
            this.note(Severity::Error, &source.title, &subject, message, help);
        };
        let rule = match Rule::parse(&router.rule) {
            Ok(rule) => rule,
            Err(error) => {
                let message =
                    format!("{} (at character {} of {:?})", error.message, error.position, router.rule);
                fail(self, &message, &error.help);
                return None;
            }
        };
        if router.rule_syntax.eq_ignore_ascii_case("v2") {
            fail(
                self,
                "ruleSyntax v2 is not understood",
                "write the rule in the syntax of v3 and remove ruleSyntax",
            );
            return None;
        }
        if !self.may_claim(source, &subject, &rule) {
            return None;
        }
        let entries = self.entry_points(source, &subject, router)?;
        let service = match self.service(source, &router.service) {
            Ok(service) => service,
            Err((message, help)) => {
                fail(self, &message, &help);
                return None;
            }
        };
        let mut layers = Vec::new();
        for middleware in router.middlewares.iter() {
            if let Err((message, help)) = self.middleware(source, middleware, 0, &mut layers) {
                // Without its middleware the route would be open where it should not be.
                fail(self, &message, &help);
                return None;
            }
        }
        if router.tls.as_ref().is_some_and(|tls| !tls.cert_resolver.is_empty()) {
            let message = format!(
                "the certificate resolver {:?} is not asked: ACME is not built in yet",
                router.tls.as_ref().map(|tls| tls.cert_resolver.as_str()).unwrap_or_default()
            );
            let help = "the local authority serves it: install /.well-known/quaywatch/ca.pem in your devices, or give a certificate in gateway.certificates";
            self.note(Severity::Info, &source.title, &subject, &message, help);
        }
        if let Some(options) =
            router.tls.as_ref().map(|tls| tls.options.as_str()).filter(|name| !name.is_empty())
        {
            let message = format!("the TLS options {options:?} are not used");
            self.note(
                Severity::Warning,
                &source.title,
                &subject,
                &message,
                "TLS is Mozilla's intermediate profile everywhere",
            );
        }
        let priority = if router.priority == 0 { rule.default_priority() } else { router.priority };
        // Above this is ours.
        let priority = priority.min(i64::MAX - 1001);
        let provider = if source.origin == Origin::File { "file" } else { "docker" };
        let route =
            Route::new(format!("{name}@{provider}"), rule, priority, source.origin.clone(), layers, service);
        Some((route, entries))
    }

    /// A container's words never take a name of ours.
    fn may_claim(&mut self, source: &Sourced, subject: &str, rule: &Rule) -> bool {
        if !matches!(source.origin, Origin::Labels(_)) {
            return true;
        }
        let claimed = match rule.hosts() {
            Hosts::Exactly(hosts) => hosts,
            Hosts::Open => return true,
        };
        let own = claimed
            .iter()
            .find(|host| self.plan.own_hosts.contains(*host) || host.parse::<std::net::IpAddr>().is_ok());
        let Some(own) = own else { return true };
        let message = format!("the host {own:?} is Quaywatch's own");
        let help = "give the container a host of its own, or route this host to it in the file";
        self.note(Severity::Error, &source.title, subject, &message, help);
        false
    }

    fn entry_points(&mut self, source: &Sourced, subject: &str, router: &Router) -> Option<Vec<Arc<str>>> {
        let wanted = &router.entry_points;
        if wanted.is_empty() {
            // Without TLS only where it is asked for by name: everything else is redirected.
            return Some(
                self.plan
                    .entry_points
                    .iter()
                    .filter(|entry| entry.tls)
                    .map(|entry| Arc::clone(&entry.name))
                    .collect(),
            );
        }
        let mut found = Vec::new();
        for name in wanted.iter() {
            let known = self
                .plan
                .entry_points
                .iter()
                .find(|entry| *entry.name == **name || entry.aliases.contains(name));
            if let Some(entry) = known {
                if router.tls.is_some() && !entry.tls {
                    let message =
                        format!("the router asks for TLS, which the entry point {name:?} does not speak");
                    let help = "leave that entry point out: it redirects to https anyway";
                    self.note(Severity::Warning, &source.title, subject, &message, help);
                    continue;
                }
                found.push(Arc::clone(&entry.name));
                continue;
            }
            let names: Vec<String> = self
                .plan
                .entry_points
                .iter()
                .flat_map(|entry| {
                    std::iter::once(entry.name.to_string()).chain(entry.aliases.iter().cloned())
                })
                .collect();
            let near = names.iter().find(|known| known.eq_ignore_ascii_case(name));
            let help = match near {
                Some(known) => format!("case matters: write {known}"),
                None => format!(
                    "write one of {}, or add the name to gateway.https_names or gateway.http_names",
                    names.join(", ")
                ),
            };
            self.note(
                Severity::Error,
                &source.title,
                subject,
                &format!("the entry point {name:?} does not exist"),
                &help,
            );
        }
        if found.is_empty() {
            let help = "mend the entry points; until then requests for it get 404";
            self.note(
                Severity::Error,
                &source.title,
                subject,
                "no entry point is left, so the router is not served",
                help,
            );
            return None;
        }
        found.dedup();
        Some(found)
    }
}
