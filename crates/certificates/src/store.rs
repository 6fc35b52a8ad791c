//! All certificates of this installation, and which name gets which.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use parking_lot::{Mutex, RwLock};
use rustls::sign::CertifiedKey;
use telemetry::{Counter, Registry};

use crate::{
    CertificateError, Config, LocalAuthority, Resolver,
    given::Given,
    limits::{GIVEN_MAX, LEAF_DAYS, NAMES_MAX, RENEW_DAYS},
    names::own_names,
};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

/// The certificates. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Certificates(Arc<Inner>);

/// Where a name's certificate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// From a file the owner named.
    Given,
    /// From the local authority: browsers must trust it first.
    Local,
    /// Nobody asked for this name.
    Unknown,
}

pub(crate) struct Inner {
    authority: LocalAuthority,
    own_names: Vec<String>,
    given: RwLock<Vec<Given>>,
    /// Names of routes, beside the own ones.
    hosts: RwLock<HashSet<String>>,
    /// The certificate of the own names.
    own: Mutex<Issued>,
    /// Those of routes, by name.
    issued: Mutex<HashMap<String, Issued>>,
    notices: Mutex<Vec<String>>,
    issues: Counter,
    failures: Counter,
}

struct Issued {
    key: Arc<CertifiedKey>,
    renew_at_unix_s: i64,
}

impl Issued {
    fn new(key: Arc<CertifiedKey>, now_unix_s: i64) -> Issued {
        Issued { key, renew_at_unix_s: now_unix_s + (LEAF_DAYS - RENEW_DAYS) * DAY_S }
    }
}

impl Certificates {
    /// Reads the given certificates and the local authority of `folder`, which is made on the
    /// first start.
    ///
    /// # Errors
    /// A file that is named and cannot be used, or the folder of the authority.
    pub fn open(
        config: &Config,
        folder: &Path,
        host_name: &str,
        registry: &Registry,
    ) -> Result<Certificates, CertificateError> {
        if config.files.len() > GIVEN_MAX {
            return Err(CertificateError::TooMany { count: config.files.len(), limit: GIVEN_MAX });
        }
        let given = config.files.iter().map(Given::load).collect::<Result<Vec<_>, _>>()?;
        let authority = LocalAuthority::open(folder, host_name)?;
        let own_names = own_names(host_name, &config.names);
        // Made now, so that a handshake can always be answered.
        let own = Issued::new(authority.issue(&own_names)?, now_unix_s());
        let inner = Inner {
            authority,
            own_names,
            own: Mutex::new(own),
            given: RwLock::new(given),
            hosts: RwLock::default(),
            issued: Mutex::default(),
            notices: Mutex::default(),
            issues: registry.counter(
                "certificates_issued_certificates_total",
                "Certificates that the local authority made.",
                &[],
            ),
            failures: registry.counter(
                "certificates_failed_certificates_total",
                "Names that no certificate could be made for, and files that could not be read again.",
                &[],
            ),
        };
        Ok(Certificates(Arc::new(inner)))
    }

    /// For a rustls server.
    pub fn resolver(&self) -> Arc<Resolver> {
        Arc::new(Resolver(Arc::clone(&self.0)))
    }

    /// The authority's certificate, PEM, for who wants to trust it.
    pub fn authority_pem(&self) -> &str {
        self.0.authority.certificate_pem()
    }

    /// Names under which this host itself is reached, the likeliest first.
    pub fn own_names(&self) -> &[String] {
        &self.0.own_names
    }

    /// The names of routes: from now on these, and no others, get a certificate of the local
    /// authority when no given one fits. More than [`NAMES_MAX`] are left out, with a notice.
    pub fn set_hosts(&self, hosts: impl IntoIterator<Item = String>) {
        let hosts: HashSet<String> =
            hosts.into_iter().map(|host| host.to_ascii_lowercase()).take(NAMES_MAX).collect();
        self.0.issued.lock().retain(|name, _| hosts.contains(name));
        *self.0.hosts.write() = hosts;
    }

    /// Where the certificate of a name comes from.
    pub fn served(&self, name: &str) -> Served {
        let name = name.to_ascii_lowercase();
        if self.0.given(&name).is_some() {
            Served::Given
        } else if self.0.is_known(&name) {
            Served::Local
        } else {
            Served::Unknown
        }
    }

    /// Reads changed files again. A new state that cannot be used leaves the old one in force,
    /// with a notice. Call it every few seconds.
    pub fn refresh(&self) {
        let mut given = self.0.given.write();
        let mut notices = Vec::new();
        for one in given.iter_mut() {
            if one.changed() {
                match Given::load(&one.files) {
                    Ok(loaded) => {
                        tracing::info!(file = %one.files.certificate.display(), "read a new certificate");
                        *one = loaded;
                    }
                    Err(error) => {
                        self.0.failures.increment();
                        notices.push(format!("{error}; the certificate read before stays in force"));
                    }
                }
            }
            let days = (one.not_after_unix_s - now_unix_s()).div_euclid(DAY_S);
            let file = one.files.certificate.display();
            if days < 0 {
                notices.push(format!("{file}: expired {} days ago; put a new one in its place", -days));
            } else if days < RENEW_DAYS {
                notices.push(format!("{file}: expires in {days} days"));
            }
        }
        *self.0.notices.lock() = notices;
    }

    /// What the owner should know: certificates that end soon, files that cannot be read again.
    pub fn notices(&self) -> Vec<String> {
        self.0.notices.lock().clone()
    }
}

impl Inner {
    /// The certificate a handshake gets.
    pub(crate) fn for_name(&self, name: Option<&str>) -> Arc<CertifiedKey> {
        let now = now_unix_s();
        let name = name.map(str::to_ascii_lowercase);
        if let Some(name) = &name {
            if let Some(key) = self.given(name) {
                return key;
            }
            if self.hosts.read().contains(name)
                && !self.own_names.contains(name)
                && let Some(key) = self.issued(name, now)
            {
                return key;
            }
        }
        self.own(now)
    }

    fn own(&self, now: i64) -> Arc<CertifiedKey> {
        let mut own = self.own.lock();
        if now >= own.renew_at_unix_s {
            match self.issue(&self.own_names, now) {
                Some(issued) => *own = issued,
                // An old one beats none; asked again in an hour.
                None => own.renew_at_unix_s = now + HOUR_S,
            }
        }
        Arc::clone(&own.key)
    }

    fn issued(&self, name: &str, now: i64) -> Option<Arc<CertifiedKey>> {
        if let Some(issued) = self.issued.lock().get(name)
            && now < issued.renew_at_unix_s
        {
            return Some(Arc::clone(&issued.key));
        }
        let issued = self.issue(&[name.to_owned()], now)?;
        let key = Arc::clone(&issued.key);
        self.issued.lock().insert(name.to_owned(), issued);
        Some(key)
    }

    fn issue(&self, names: &[String], now: i64) -> Option<Issued> {
        match self.authority.issue(names) {
            Ok(key) => {
                self.issues.increment();
                Some(Issued::new(key, now))
            }
            Err(error) => {
                self.failures.increment();
                tracing::warn!(%error, "a certificate was not made");
                None
            }
        }
    }

    fn given(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let given = self.given.read();
        let best = given.iter().map(|one| (one.fits(name), one)).max_by_key(|(fits, _)| *fits);
        best.filter(|(fits, _)| *fits > 0).map(|(_, one)| Arc::clone(&one.key))
    }

    fn is_known(&self, name: &str) -> bool {
        self.own_names.iter().any(|own| own == name) || self.hosts.read().contains(name)
    }
}

fn now_unix_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use rustls::{
        RootCertStore,
        client::danger::ServerCertVerifier as _,
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    };

    use super::*;
    use crate::CertificateFiles;

    fn open(folder: &Path, config: &Config) -> Certificates {
        Certificates::open(config, &folder.join("certificates"), "nas", &Registry::default()).unwrap()
    }

    /// Verifies as a browser that trusts the authority does.
    fn verifies(certificates: &Certificates, asked: Option<&str>, name: &str) -> bool {
        let authority = CertificateDer::from_pem_slice(certificates.authority_pem().as_bytes()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(roots.into(), provider)
            .build()
            .unwrap();
        let key = certificates.0.for_name(asked);
        let (leaf, chain) = key.cert.split_first().unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier.verify_server_cert(leaf, chain, &name, &[], UnixTime::now()).is_ok()
    }

    #[test]
    fn names_are_served_by_the_local_authority_and_strangers_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let certificates = open(folder.path(), &Config::default());
        certificates.set_hosts(["Loki.lan.Example".to_owned()]);
        let check = |asked: Option<&str>, name: &str, expected: bool| {
            assert_eq!(verifies(&certificates, asked, name), expected, "{asked:?} {name}");
        };
        check(Some("loki.lan.example"), "loki.lan.example", true);
        check(Some("LOKI.lan.example"), "loki.lan.example", true);
        for own in ["nas", "nas.local", "localhost", "quaywatch.local"] {
            check(Some(own), own, true);
        }
        // By address there is no name in the handshake.
        check(None, "127.0.0.1", true);
        check(Some("stranger.example"), "stranger.example", false);
        assert_eq!(certificates.served("loki.lan.example"), Served::Local);
        assert_eq!(certificates.served("stranger.example"), Served::Unknown);
        let before = certificates.0.issues.value();
        for stranger in 0..100 {
            certificates.0.for_name(Some(&format!("{stranger}.example")));
        }
        assert_eq!(certificates.0.issues.value(), before);
    }

    #[test]
    fn the_authority_stays_and_its_key_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path(), &Config::default()).authority_pem().to_owned();
        assert_eq!(open(folder.path(), &Config::default()).authority_pem(), first);
        let key = folder.path().join("certificates/ca.key");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        // Half an authority is an error with the way out, never a new one.
        fs::write(&key, "nonsense").unwrap();
        let opened = Certificates::open(
            &Config::default(),
            &folder.path().join("certificates"),
            "nas",
            &Registry::default(),
        );
        let error = opened.err().unwrap().to_string();
        assert!(error.contains("ca.key") && error.contains("backup"), "{error}");
    }

    #[test]
    fn given_files_come_first_and_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let files = CertificateFiles {
            certificate: folder.path().join("given.pem"),
            key: folder.path().join("given.key"),
        };
        let write = |name: &str| {
            let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
            fs::write(&files.certificate, made.cert.pem()).unwrap();
            fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        };
        write("*.example.org");
        let config = Config { files: vec![files.clone()], ..Config::default() };
        let certificates = open(folder.path(), &config);
        assert_eq!(certificates.served("www.example.org"), Served::Given);
        assert_eq!(certificates.served("a.www.example.org"), Served::Unknown);
        write("other.example.net");
        certificates.refresh();
        assert_eq!(certificates.served("other.example.net"), Served::Given);
        // A bad file is named, and what was read before stays.
        fs::write(&files.key, "").unwrap();
        certificates.refresh();
        assert!(certificates.notices().iter().any(|notice| notice.contains("given.key")));
        assert_eq!(certificates.served("other.example.net"), Served::Given);
        // At the start it is an error.
        let opened =
            Certificates::open(&config, &folder.path().join("certificates"), "nas", &Registry::default());
        assert!(opened.err().unwrap().to_string().contains("given.key"));
    }
}
