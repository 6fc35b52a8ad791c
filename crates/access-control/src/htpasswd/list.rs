//! The list: names and hashes, and whether a request is one of them.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    guard::{PasswordGuard, unix_now_ms},
    hash::Hash,
};
use crate::{Denied, limits};

/// Users of one list.
#[derive(Debug, Clone)]
pub struct Htpasswd {
    /// Stands in front of names where they are counted: equal names of two lists are two users.
    scope: String,
    users: Vec<(String, Hash)>,
}

/// A line that is no user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("user {user:?}: {message}: {help}")]
pub struct LineProblem {
    /// The name, or what stands in its place.
    pub user: String,
    /// What is wrong.
    pub message: &'static str,
    /// How to mend it.
    pub help: &'static str,
}

impl Htpasswd {
    /// Reads lines `name:hash`; blank ones and comments are passed over, of equal names the first
    /// counts. What cannot be read is a problem and no user.
    pub fn parse<'a>(scope: &str, lines: impl IntoIterator<Item = &'a str>) -> (Htpasswd, Vec<LineProblem>) {
        let mut users: Vec<(String, Hash)> = Vec::new();
        let mut problems = Vec::new();
        for line in lines {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let mut problem = |user: &str, message, help| {
                let user = user.chars().take(limits::NAME_CHARS_MAX).collect();
                problems.push(LineProblem { user, message, help });
            };
            let Some((name, hash)) = line.split_once(':') else {
                problem(
                    "",
                    "a user without a colon",
                    "write name:hash, as `htpasswd -nbB NAME PASSWORD` prints it",
                );
                continue;
            };
            if users.len() >= limits::USERS_MAX {
                problem(name, "too many users in one list", "at most 256 are read");
                break;
            }
            match Hash::parse(hash) {
                Ok(_) if users.iter().any(|(known, _)| known == name) => {}
                Ok(hash) => users.push((name.to_owned(), hash)),
                Err((message, help)) => problem(name, message, help),
            }
        }
        (Htpasswd { scope: scope.to_owned(), users }, problems)
    }

    /// No user at all: nobody could ever pass.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The verdict where it costs nothing: nothing presented, or verified a moment ago.
    pub fn quick(
        &self,
        guard: &PasswordGuard,
        authorization: Option<&str>,
    ) -> Option<Result<String, Denied>> {
        let Some(header) = authorization else { return Some(Err(Denied::Missing)) };
        let Some((name, password)) = basic(header) else { return Some(Err(Denied::Wrong)) };
        let (known, hash) = self.users.iter().find(|(known, _)| *known == name)?;
        let print = guard.verified.lock().fingerprint(&self.counted(known), hash.text(), &password);
        guard.verified.lock().contains(&print, unix_now_ms()).then_some(Ok(name))
    }

    /// The user's name. May cost a bcrypt (tens of milliseconds): call it on a thread that may
    /// block.
    ///
    /// # Errors
    /// [`Denied`], never `Forbidden`.
    pub fn verify(
        &self,
        guard: &PasswordGuard,
        authorization: Option<&str>,
        peer: Option<IpAddr>,
    ) -> Result<String, Denied> {
        if let Some(verdict) = self.quick(guard, authorization) {
            return verdict;
        }
        let (name, password) = authorization.and_then(basic).ok_or(Denied::Wrong)?;
        let now_ms = unix_now_ms();
        let counted = self.counted(&name);
        let wait_ms = guard.wait_ms(peer, &counted, now_ms);
        if wait_ms > 0 {
            return Err(Denied::Throttled { retry_after_s: wait_ms.div_ceil(1000) });
        }
        let known = self.users.iter().find(|(known, _)| *known == name).map(|(_, hash)| hash);
        // An unknown user costs what the first one would.
        let nobody = self.users.first().map(|(_, hash)| hash.nobody());
        let right = known.or(nobody.as_ref()).is_some_and(|hash| hash.verify(&password));
        match known {
            Some(hash) if right => {
                guard.throttle.lock().succeeded(peer, &counted);
                let mut verified = guard.verified.lock();
                let print = verified.fingerprint(&counted, hash.text(), &password);
                verified.insert(print, now_ms);
                Ok(name)
            }
            _ => {
                guard.throttle.lock().failed(peer, &counted, now_ms);
                Err(Denied::Wrong)
            }
        }
    }

    fn counted(&self, name: &str) -> String {
        format!("{}\0{name}", self.scope)
    }
}

/// Name and password of a `Basic` header.
fn basic(header: &str) -> Option<(String, String)> {
    if header.len() > limits::CREDENTIAL_BYTES_MAX {
        return None;
    }
    let (scheme, value) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, password: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
    }

    #[test]
    fn hashes_of_htpasswd_are_verified() {
        // Made with `htpasswd -nb{m,s,B}` and `openssl passwd -1`.
        let check = |line: &str, password: &str| {
            let (list, problems) = Htpasswd::parse("t", [line]);
            assert_eq!(problems, [], "{line}");
            let guard = PasswordGuard::default();
            assert_eq!(
                list.verify(&guard, Some(&header("test", password)), None),
                Ok("test".to_owned()),
                "{line}"
            );
            assert_eq!(list.quick(&guard, Some(&header("test", password))), Some(Ok("test".to_owned())));
            assert_eq!(
                list.verify(&guard, Some(&header("test", "wrong")), None),
                Err(Denied::Wrong),
                "{line}"
            );
            assert_eq!(
                list.verify(&guard, Some(&header("else", password)), None),
                Err(Denied::Wrong),
                "{line}"
            );
            assert_eq!(list.verify(&guard, None, None), Err(Denied::Missing));
        };
        check("test:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/", "test");
        check("test:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", "test");
        check("test:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC", "myPassword");
    }

    #[test]
    fn an_unknown_user_costs_what_a_known_one_does() {
        for line in ["a:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC"] {
            let (list, _) = Htpasswd::parse("t", [line]);
            let hash = &list.users[0].1;
            let time = |hash: &Hash| {
                let begin = std::time::Instant::now();
                (0..5).for_each(|_| assert!(!hash.verify("wrong")));
                begin.elapsed()
            };
            // The dummy must be hashed at all, not be refused at a glance (a factor of a thousand).
            assert!(time(&hash.nobody()) * 10 > time(hash));
        }
    }

    #[test]
    fn lines_that_are_no_user_are_named() {
        let check = |line: &str, expected: &str| {
            let (list, problems) = Htpasswd::parse("t", [line]);
            assert!(list.is_empty(), "{line}");
            assert!(problems[0].to_string().contains(expected), "{problems:?}");
        };
        check("a:$$apr1$$H6uskkkW$$IgXLP6ewTrSuBkTrqE8wj/", "doubled");
        check("a", "colon");
        check("a:secret", "no hash");
        check("a:$apr1$H6uskkkW", "cut");
        check("a:$2y$31$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC", "cost");
        assert!(Htpasswd::parse("t", ["# c", " "]).1.is_empty());
    }

    #[test]
    fn a_hundred_wrong_passwords_take_minutes() {
        let (list, _) = Htpasswd::parse("t", ["a:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="]);
        let guard = PasswordGuard::default();
        let peer = Some(IpAddr::from([192, 0, 2, 1]));
        let looked_at = (0..100)
            .filter(|n| {
                list.verify(&guard, Some(&header("a", &format!("wrong{n}"))), peer) == Err(Denied::Wrong)
            })
            .count();
        assert!(looked_at <= 10, "{looked_at}");
    }
}
