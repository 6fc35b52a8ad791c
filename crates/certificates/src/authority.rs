//! The local authority: made on the first start, trusted once by the owner's browsers, and from
//! then on the issuer of every name that has no certificate of its own.

use std::{fs, os::unix::fs::DirBuilderExt as _, path::Path, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use time::{Duration, OffsetDateTime};

use crate::{
    CertificateError,
    limits::{AUTHORITY_DAYS, BACKDATED_DAYS, LEAF_DAYS},
    private_file,
};

const CERTIFICATE_FILE: &str = "ca.pem";
const KEY_FILE: &str = "ca.key";

/// An authority for this installation alone.
pub struct LocalAuthority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    certificate_der: CertificateDer<'static>,
}

impl LocalAuthority {
    /// Reads the authority of `folder`, or makes one there: `ca.pem`, and `ca.key` with mode 0600.
    ///
    /// # Errors
    /// The folder cannot be written, or holds only one of the two files or a damaged one. A new
    /// authority is never made over an old one: browsers would have to trust it again.
    pub fn open(folder: &Path, host_name: &str) -> Result<LocalAuthority, CertificateError> {
        let (certificate_path, key_path) = (folder.join(CERTIFICATE_FILE), folder.join(KEY_FILE));
        let unusable =
            |path: &Path, reason: String| CertificateError::Unusable { path: path.to_owned(), reason };
        if !certificate_path.exists() && !key_path.exists() {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|source| CertificateError::File { path: folder.to_owned(), source })?;
            let (certificate, key) = make(host_name)?;
            // The key first: a certificate without its key is noticed, a key alone is harmless.
            private_file::write(&key_path, &key, 0o600)?;
            private_file::write(&certificate_path, &certificate, 0o644)?;
        }
        let certificate_pem = String::from_utf8(private_file::read(&certificate_path)?)
            .map_err(|_| unusable(&certificate_path, "not PEM".to_owned()))?;
        let key_pem = String::from_utf8(private_file::read(&key_path)?)
            .map_err(|_| unusable(&key_path, "not PEM".to_owned()))?;
        let mend = "restore it from a backup, or remove ca.pem and ca.key for a new authority";
        let key = KeyPair::from_pem(&key_pem)
            .map_err(|error| unusable(&key_path, format!("no private key ({error}); {mend}")))?;
        let certificate_der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|error| unusable(&certificate_path, format!("no certificate ({error}); {mend}")))?;
        let issuer = Issuer::from_ca_cert_der(&certificate_der, key)
            .map_err(|error| unusable(&certificate_path, format!("no authority ({error}); {mend}")))?;
        Ok(LocalAuthority { issuer, certificate_pem, certificate_der })
    }

    /// The certificate in `folder`, for who wants to trust it; nothing before the first start.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn shown(folder: &Path) -> Result<Option<String>, CertificateError> {
        let path = folder.join(CERTIFICATE_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = String::from_utf8(private_file::read(&path)?);
        text.map(Some).map_err(|_| CertificateError::Unusable { path, reason: "not PEM".to_owned() })
    }

    /// The authority's certificate, PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// A fresh key and certificate for these names and addresses, valid for
    /// [`LEAF_DAYS`] days.
    ///
    /// # Errors
    /// A name that no certificate can hold.
    pub fn issue(&self, names: &[String]) -> Result<Arc<CertifiedKey>, CertificateError> {
        let first = names.first().map_or("nobody", String::as_str);
        let failed = |reason: String| CertificateError::Issue { name: first.to_owned(), reason };
        let mut params = CertificateParams::new(names.to_vec()).map_err(|error| failed(error.to_string()))?;
        let now = OffsetDateTime::now_utc();
        params.not_before = now - Duration::days(BACKDATED_DAYS);
        params.not_after = now + Duration::days(LEAF_DAYS);
        params.distinguished_name = DistinguishedName::new();
        // The field holds 64 characters; who checks names reads the alternative names.
        params.distinguished_name.push(DnType::CommonName, first.chars().take(64).collect::<String>());
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key =
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| failed(error.to_string()))?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(|error| failed(error.to_string()))?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signing = rustls::crypto::ring::sign::any_supported_type(&key)
            .map_err(|error| failed(error.to_string()))?;
        // The root itself is sent along: it costs 500 bytes, and `openssl s_client` can show it.
        let chain = vec![certificate.der().clone(), self.certificate_der.clone()];
        Ok(Arc::new(CertifiedKey::new(chain, signing)))
    }
}

/// Certificate and key of a new authority, PEM.
fn make(host_name: &str) -> Result<(String, String), CertificateError> {
    let name = format!("Quaywatch authority of {host_name}");
    let failed =
        |error: rcgen::Error| CertificateError::Issue { name: name.clone(), reason: error.to_string() };
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(BACKDATED_DAYS);
    params.not_after = now + Duration::days(AUTHORITY_DAYS);
    params.distinguished_name = DistinguishedName::new();
    // Two installations of one host name are told apart in a browser's list.
    let tail: String = format!("{:04x}", rand::random::<u16>());
    params.distinguished_name.push(DnType::OrganizationName, "Quaywatch");
    params
        .distinguished_name
        .push(DnType::CommonName, format!("{} {tail}", name.chars().take(58).collect::<String>()));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok((certificate.pem(), key.serialize_pem()))
}
