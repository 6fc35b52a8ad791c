//! Slows down guessing of passwords, by address and by user name.
//!
//! Only a wrong password counts and only a password is slowed: a token or session has 256 random
//! bits, so a stranger behind the same address cannot keep a working client out.

use std::{collections::HashMap, net::IpAddr};

use crate::limits;

#[derive(Debug, Default)]
pub(crate) struct Throttle {
    failures: HashMap<Key, Failures>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    User(String),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last_ms: u64,
    blocked_until_ms: u64,
}

impl Throttle {
    /// Milliseconds to wait before another password is looked at; 0 when none.
    pub(crate) fn wait_ms(&self, peer: Option<IpAddr>, user: &str, now_ms: u64) -> u64 {
        keys(peer, user)
            .filter_map(|key| self.failures.get(&key))
            .map(|failures| failures.blocked_until_ms.saturating_sub(now_ms))
            .max()
            .unwrap_or(0)
    }

    pub(crate) fn failed(&mut self, peer: Option<IpAddr>, user: &str, now_ms: u64) {
        for key in keys(peer, user) {
            if !self.failures.contains_key(&key) && self.failures.len() >= limits::THROTTLED_MAX {
                self.make_room(now_ms);
            }
            let free = match key {
                Key::Address(_) => limits::ADDRESS_FAILURES_FREE,
                Key::User(_) => limits::USER_FAILURES_FREE,
            };
            let entry = self.failures.entry(key).or_insert(Failures {
                count: 0,
                last_ms: now_ms,
                blocked_until_ms: 0,
            });
            if now_ms.saturating_sub(entry.last_ms) > limits::THROTTLE_MEMORY_MS {
                entry.count = 0;
            }
            entry.count = entry.count.saturating_add(1);
            entry.last_ms = now_ms;
            if entry.count >= free {
                let doublings = (entry.count - free).min(16);
                let wait = (1_000_u64 << doublings).min(limits::THROTTLE_WAIT_MS_MAX);
                entry.blocked_until_ms = now_ms.saturating_add(wait);
            }
        }
    }

    pub(crate) fn succeeded(&mut self, peer: Option<IpAddr>, user: &str) {
        for key in keys(peer, user) {
            self.failures.remove(&key);
        }
    }

    /// Forgets what is old, and if nothing is, the longest unseen.
    fn make_room(&mut self, now_ms: u64) {
        self.failures.retain(|_, entry| now_ms.saturating_sub(entry.last_ms) <= limits::THROTTLE_MEMORY_MS);
        if self.failures.len() < limits::THROTTLED_MAX {
            return;
        }
        let oldest = self.failures.iter().min_by_key(|(_, entry)| entry.last_ms).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            self.failures.remove(&oldest);
        }
    }
}

/// An IPv6 client owns its /64, so that is what is counted.
fn keys(peer: Option<IpAddr>, user: &str) -> impl Iterator<Item = Key> + use<> {
    let address = peer.map(|peer| match peer.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(std::net::Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    });
    let name = user.chars().take(limits::NAME_CHARS_MAX).collect();
    address.map(Key::Address).into_iter().chain([Key::User(name)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    #[test]
    fn an_address_waits_longer_with_each_failure_up_to_a_bound() {
        let mut throttle = Throttle::default();
        for _ in 1..limits::ADDRESS_FAILURES_FREE {
            throttle.failed(PEER, "a", 0);
        }
        assert_eq!(throttle.wait_ms(PEER, "a", 0), 0);
        throttle.failed(PEER, "a", 0);
        assert_eq!(throttle.wait_ms(PEER, "other", 0), 1_000);
        throttle.failed(PEER, "a", 0);
        assert_eq!(throttle.wait_ms(PEER, "a", 500), 1_500);
        for _ in 0..50 {
            throttle.failed(PEER, "a", 0);
        }
        assert_eq!(throttle.wait_ms(PEER, "a", 0), limits::THROTTLE_WAIT_MS_MAX);
        throttle.succeeded(PEER, "a");
        assert_eq!(throttle.wait_ms(PEER, "a", 0), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let mut throttle = Throttle::default();
        for index in 0..limits::THROTTLED_MAX + 100 {
            throttle.failed(None, &format!("user{index}"), index as u64);
        }
        assert_eq!(throttle.failures.len(), limits::THROTTLED_MAX);
    }
}
