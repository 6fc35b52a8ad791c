//! MD5-crypt with Apache's magic `$apr1$` and the old `$1$`: a thousand rounds of MD5.

use md5::{Digest as _, Md5};

const SYMBOLS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Longer salts are cut, as Apache does.
const SALT_BYTES_MAX: usize = 8;

/// The text after `$magic$salt$`.
pub(super) fn md5_crypt(password: &[u8], magic: &[u8], salt: &[u8]) -> String {
    let salt = salt.get(..SALT_BYTES_MAX).unwrap_or(salt);
    let inner = Md5::new().chain_update(password).chain_update(salt).chain_update(password).finalize();
    let mut outer = Md5::new().chain_update(password).chain_update(magic).chain_update(salt);
    for chunk in password.chunks(16) {
        outer.update(inner.get(..chunk.len()).unwrap_or_default());
    }
    let mut bits = password.len();
    while bits != 0 {
        if bits & 1 == 1 {
            outer.update([0]);
        } else {
            outer.update(password.get(..1).unwrap_or_default());
        }
        bits >>= 1;
    }
    let mut last: [u8; 16] = outer.finalize().into();
    for round in 0..1000 {
        let mut next = Md5::new();
        if round % 2 == 1 {
            next.update(password);
        } else {
            next.update(last);
        }
        if round % 3 != 0 {
            next.update(salt);
        }
        if round % 7 != 0 {
            next.update(password);
        }
        if round % 2 == 1 {
            next.update(last);
        } else {
            next.update(password);
        }
        last = next.finalize().into();
    }
    encoded(&last)
}

fn encoded(digest: &[u8; 16]) -> String {
    let at = |index: usize| u32::from(digest.get(index).copied().unwrap_or(0));
    let mut out = String::with_capacity(22);
    let mut put = |mut value: u32, count: usize| {
        for _ in 0..count {
            let symbol = SYMBOLS.get((value & 63) as usize).copied().unwrap_or(b'.');
            out.push(char::from(symbol));
            value >>= 6;
        }
    };
    for (a, b, c) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
        put(at(a) << 16 | at(b) << 8 | at(c), 4);
    }
    put(at(11), 2);
    out
}
