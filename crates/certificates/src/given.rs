//! Certificates that the owner has: read from files, and again when those change.

use std::{fs, path::Path, sync::Arc, time::SystemTime};

use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

use crate::{CertificateError, CertificateFiles, private_file};

/// One certificate, ready to be served.
pub(crate) struct Given {
    pub(crate) files: CertificateFiles,
    pub(crate) key: Arc<CertifiedKey>,
    /// Lower case; `*.example.org` stands for one label.
    pub(crate) names: Vec<String>,
    /// Seconds since 1970.
    pub(crate) not_after_unix_s: i64,
    stamp: Stamp,
}

/// Tells one state of both files from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp([Option<(SystemTime, u64)>; 2]);

impl Stamp {
    pub(crate) fn of(files: &CertificateFiles) -> Stamp {
        let one = |path: &Path| {
            let about = fs::metadata(path).ok()?;
            Some((about.modified().ok()?, about.len()))
        };
        Stamp([one(&files.certificate), one(&files.key)])
    }
}

impl Given {
    pub(crate) fn load(files: &CertificateFiles) -> Result<Given, CertificateError> {
        let stamp = Stamp::of(files);
        let unusable =
            |path: &Path, reason: String| CertificateError::Unusable { path: path.to_owned(), reason };
        let pem = private_file::read(&files.certificate)?;
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| unusable(&files.certificate, format!("not PEM: {error}")))?;
        let Some(leaf) = chain.first() else {
            return Err(unusable(&files.certificate, "holds no certificate; PEM is expected".to_owned()));
        };
        let (names, not_after_unix_s) =
            read_leaf(leaf).map_err(|reason| unusable(&files.certificate, reason))?;
        let key = PrivateKeyDer::from_pem_slice(&private_file::read(&files.key)?)
            .map_err(|error| unusable(&files.key, format!("holds no private key: {error}")))?;
        let signing = rustls::crypto::ring::sign::any_supported_type(&key)
            .map_err(|error| unusable(&files.key, format!("a key of this kind is not supported: {error}")))?;
        let key = CertifiedKey::new(chain, signing);
        key.keys_match().map_err(|_| {
            unusable(&files.key, format!("is not the key of {}", files.certificate.display()))
        })?;
        Ok(Given { files: files.clone(), key: Arc::new(key), names, not_after_unix_s, stamp })
    }

    /// Whether the files are not the ones that were read.
    pub(crate) fn changed(&self) -> bool {
        Stamp::of(&self.files) != self.stamp
    }

    /// How well it fits a name: 2 exactly, 1 by a wildcard, 0 not.
    pub(crate) fn fits(&self, name: &str) -> u8 {
        let parent = name.split_once('.').map(|(_, parent)| parent);
        self.names
            .iter()
            .map(|own| match own.strip_prefix("*.") {
                _ if own == name => 2,
                Some(rest) if Some(rest) == parent => 1,
                _ => 0,
            })
            .max()
            .unwrap_or(0)
    }
}

/// The names of a certificate and its end.
fn read_leaf(leaf: &CertificateDer<'_>) -> Result<(Vec<String>, i64), String> {
    let (_, leaf) = parse_x509_certificate(leaf).map_err(|error| format!("not a certificate: {error}"))?;
    let alternative = leaf.subject_alternative_name().map_err(|error| error.to_string())?;
    let names: Vec<String> = alternative
        .iter()
        .flat_map(|extension| &extension.value.general_names)
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect();
    if names.is_empty() {
        return Err("names no host (subject alternative name): browsers would refuse it".to_owned());
    }
    Ok((names, leaf.validity().not_after.timestamp()))
}
