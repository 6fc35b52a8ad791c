//! Random secrets, their hashes, and comparisons that take the same time whatever differs.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};

use crate::AccessError;

/// A SHA-256.
pub(crate) type Digest = [u8; 32];

/// What every token of ours begins with, so that secret scanners can find a leaked one.
pub(crate) const TOKEN_PREFIX: &str = "qw_";

/// Symbols of the one-time code: no 0/O, 1/I/L or U, so that it can be read aloud.
const CODE_SYMBOLS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // ThreadRng is a CSPRNG seeded from the operating system.
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// 256 random bits for a URL, header or cookie.
pub(crate) fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// `XXXX-XXXX-XXXX`, 58 bits or more.
pub(crate) fn random_code() -> String {
    let mut code = String::with_capacity(14);
    for (index, byte) in random_bytes::<12>().into_iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            code.push('-');
        }
        // The modulo's bias costs less than 0.1 bit a symbol.
        let symbol = CODE_SYMBOLS.get(usize::from(byte) % CODE_SYMBOLS.len()).copied().unwrap_or(b'2');
        code.push(char::from(symbol));
    }
    code
}

/// What a person types for [`random_code`]: case and separators do not matter.
pub(crate) fn normal_code(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).take(64).collect()
}

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// Hash of several parts under a key, without ambiguity between the parts.
pub(crate) fn keyed_hash(key: &Digest, parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(key);
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let inner: Digest = hasher.finalize().into();
    Sha256::new().chain_update(key).chain_update(inner).finalize().into()
}

pub(crate) fn equal(a: &Digest, b: &Digest) -> bool {
    let difference = a.iter().zip(b).fold(0_u8, |sum, (x, y)| std::hint::black_box(sum | (x ^ y)));
    difference == 0
}

pub(crate) fn to_hex(digest: &Digest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn from_hex(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(digest)
}

/// argon2id with the crate's defaults (19 MiB, 2 passes), as a PHC string.
pub(crate) fn hash_password(password: &str) -> Result<String, AccessError> {
    let failed = |error: argon2::password_hash::Error| AccessError::Hashing(error.to_string());
    let salt = SaltString::encode_b64(&random_bytes::<16>()).map_err(failed)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

pub(crate) fn verify_password(password: &str, phc: &str) -> bool {
    PasswordHash::new(phc)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_typing() {
        let code = random_code();
        assert_eq!(code.len(), 14, "{code}");
        assert_eq!(normal_code(&format!(" {} ", code.to_lowercase().replace('-', " "))), normal_code(&code));
    }

    #[test]
    fn digests_survive_hex() {
        let digest = sha256(b"x");
        assert_eq!(from_hex(&to_hex(&digest)), Some(digest));
        assert_eq!(from_hex("zz"), None);
        assert!(equal(&digest, &digest));
        assert!(!equal(&digest, &sha256(b"y")));
    }

    #[test]
    fn parts_of_a_keyed_hash_do_not_run_together() {
        let key = random_bytes();
        assert_ne!(keyed_hash(&key, &[b"ab", b"c"]), keyed_hash(&key, &[b"a", b"bc"]));
    }
}
