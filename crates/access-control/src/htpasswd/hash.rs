//! One stored hash, and whether a password is behind it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::{Digest as _, Sha1};

use super::md5_crypt::md5_crypt;
use crate::limits::BCRYPT_COST_MAX;

#[derive(Debug, Clone)]
pub(super) enum Hash {
    Sha1(String),
    Bcrypt(String),
    Md5 { magic: String, salt: String, hash: String },
}

impl Hash {
    /// Reads a hash; the error is what is wrong and how to mend it.
    pub(super) fn parse(text: &str) -> Result<Hash, (&'static str, &'static str)> {
        if text.starts_with("$$") {
            return Err((
                "every $ of the hash is doubled",
                "write single $: only Compose files double them, and Compose takes the doubling back",
            ));
        }
        if let Some(hash) = text.strip_prefix("{SHA}") {
            return match STANDARD.decode(hash) {
                Ok(bytes) if bytes.len() == 20 => Ok(Hash::Sha1(hash.to_owned())),
                _ => Err((
                    "the SHA1 hash is not 20 bytes in base64",
                    "make it with `htpasswd -nbs NAME PASSWORD`",
                )),
            };
        }
        if ["$2a$", "$2b$", "$2x$", "$2y$"].iter().any(|magic| text.starts_with(magic)) {
            let cost = text.get(4..6).and_then(|cost| cost.parse::<u32>().ok());
            return match cost {
                Some(4..=BCRYPT_COST_MAX) if text.len() == 60 && text.is_ascii() => {
                    Ok(Hash::Bcrypt(text.to_owned()))
                }
                Some(4..=BCRYPT_COST_MAX) | None => {
                    Err(("the bcrypt hash is cut or damaged", "make it with `htpasswd -nbB NAME PASSWORD`"))
                }
                Some(_) => {
                    Err(("the bcrypt cost is not between 4 and 14", "make it with a cost of 10 to 12"))
                }
            };
        }
        let parts: Vec<&str> = text.split('$').collect();
        match parts.as_slice() {
            ["", magic @ ("apr1" | "1"), salt, hash] if hash.len() == 22 => Ok(Hash::Md5 {
                magic: format!("${magic}$"),
                salt: (*salt).to_owned(),
                hash: (*hash).to_owned(),
            }),
            ["", "apr1" | "1", ..] => Err((
                "the MD5 hash is cut or damaged",
                "make it with `htpasswd -nbm NAME PASSWORD`; was a $ eaten by a shell?",
            )),
            _ => Err((
                "this is no hash that is understood",
                "bcrypt, apr1 and {SHA} are: `htpasswd -nbB NAME PASSWORD` makes one",
            )),
        }
    }

    /// A hash of the same cost that no password has.
    pub(super) fn nobody(&self) -> Hash {
        match self {
            Hash::Sha1(_) => Hash::Sha1("AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned()),
            Hash::Bcrypt(hash) => {
                let head = hash.get(..7).unwrap_or("$2y$10$");
                Hash::Bcrypt(format!("{head}{}", ".".repeat(53)))
            }
            Hash::Md5 { magic, salt, .. } => Hash::Md5 {
                magic: magic.clone(),
                salt: salt.clone(),
                hash: "......................".to_owned(),
            },
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Hash::Sha1(hash) | Hash::Bcrypt(hash) | Hash::Md5 { hash, .. } => hash,
        }
    }

    pub(super) fn verify(&self, password: &str) -> bool {
        match self {
            Hash::Sha1(hash) => equal(STANDARD.encode(Sha1::digest(password)).as_bytes(), hash.as_bytes()),
            // Compares in constant time itself; longer passwords are cut at 72 bytes, as everywhere.
            Hash::Bcrypt(hash) => bcrypt::verify(password, hash).unwrap_or(false),
            Hash::Md5 { magic, salt, hash } => {
                let made = md5_crypt(password.as_bytes(), magic.as_bytes(), salt.as_bytes());
                equal(made.as_bytes(), hash.as_bytes())
            }
        }
    }
}

/// In a time that depends on the lengths alone.
fn equal(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0_u8, |sum, (x, y)| std::hint::black_box(sum | (x ^ y)));
    a.len() == b.len() && difference == 0
}
