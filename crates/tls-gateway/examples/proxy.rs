//! The gateway alone, for measuring: `proxy LISTEN UPSTREAM-URL CERTIFICATE KEY` serves TLS and
//! leads every host to one server.

#![forbid(unsafe_code)]

use std::{net::SocketAddr, sync::Arc};

use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use telemetry::Registry;
use tls_gateway::{
    AccessLog, Config, EntryPoint, EntryPointNames, Gateway, GatewayParts, Guards, Plan, Resources, bind,
    dynamic::{Http, LoadBalancer, Origin, Router, Server, Service, Sourced},
};

#[derive(Debug)]
struct One(Arc<CertifiedKey>);

impl ResolvesServerCert for One {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, url, certificate, key] = arguments.as_slice() else {
        return Err("usage: proxy LISTEN UPSTREAM-URL CERTIFICATE KEY".into());
    };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?;
    let key = rustls::crypto::ring::sign::any_supported_type(&PrivateKeyDer::from_pem_file(key)?)?;
    let certified = Arc::new(One(Arc::new(CertifiedKey::new(chain, key))));
    let mut http = Http::default();
    let server = Server { url: url.clone(), ..Server::default() };
    let balancer = LoadBalancer { servers: vec![server], ..LoadBalancer::default() };
    http.services.insert("app".to_owned(), Service { load_balancer: Some(balancer), weighted: None });
    let router =
        Router { rule: "PathPrefix(`/`)".to_owned(), service: "app".to_owned(), ..Router::default() };
    http.routers.insert("app".to_owned(), router);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let gateway = Gateway::new(GatewayParts {
            config: Config::default(),
            resolver_of: Box::new(move |_| certified.clone()),
            resources: Resources::new(Guards::new(access_control::Access::off())),
            log: AccessLog::off(),
            registry: Registry::default(),
        })?;
        let notices = gateway.apply(&Plan {
            sources: vec![Sourced { origin: Origin::File, title: "bench".to_owned(), http }],
            internal: Vec::new(),
            services: Default::default(),
            users: Default::default(),
            own_hosts: Default::default(),
            entry_points: vec![EntryPointNames { name: Arc::from("https"), aliases: Vec::new(), tls: true }],
        });
        if let Some(notice) = notices.first() {
            return Err(notice.message.clone().into());
        }
        let listening = bind(listen.parse::<SocketAddr>()?)?;
        gateway.serve(EntryPoint { name: Arc::from("https"), tls: true, listening }).await?;
        Ok(())
    })
}
