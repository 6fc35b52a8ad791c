//! Which host is whose: who has it keeps it, else the eldest gets it.

use std::{collections::HashMap, time::Instant};

use crate::limits::{CLAIM_KEPT, CLAIMS_MAX};

/// Owners of hosts, remembered for a while after they are gone.
#[derive(Debug, Default)]
pub(crate) struct Claims(HashMap<String, Claim>);

#[derive(Debug, Clone)]
struct Claim {
    identity: String,
    seen: Instant,
}

impl Claims {
    /// Gives hosts out. `wanted` names hosts and who wants them, the eldest first; the answer is
    /// each host's owner.
    pub(crate) fn settle(&mut self, wanted: &[(String, String)], now: Instant) -> HashMap<String, String> {
        self.0.retain(|_, claim| now.saturating_duration_since(claim.seen) < CLAIM_KEPT);
        for (host, identity) in wanted {
            if let Some(claim) = self.0.get_mut(host).filter(|claim| claim.identity == *identity) {
                claim.seen = now;
            }
        }
        for (host, identity) in wanted {
            if !self.0.contains_key(host) && self.0.len() < CLAIMS_MAX {
                self.0.insert(host.clone(), Claim { identity: identity.clone(), seen: now });
            }
        }
        self.0.iter().map(|(host, claim)| (host.clone(), claim.identity.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn hosts_stay_with_their_owner() {
        let mut claims = Claims::default();
        let start = Instant::now();
        let want = |names: &[&str]| -> Vec<(String, String)> {
            names.iter().map(|name| ("a.org".to_owned(), (*name).to_owned())).collect()
        };
        let owner = |claims: &mut Claims, names: &[&str], seconds| {
            claims.settle(&want(names), start + Duration::from_secs(seconds)).get("a.org").cloned()
        };
        assert_eq!(owner(&mut claims, &["old", "young"], 0).as_deref(), Some("old"));
        // Made anew, it is the younger one, and still the owner.
        assert_eq!(owner(&mut claims, &["young"], 10).as_deref(), Some("old"));
        assert_eq!(owner(&mut claims, &["young", "old"], 20).as_deref(), Some("old"));
        // Gone for good.
        assert_eq!(owner(&mut claims, &["young"], 79).as_deref(), Some("old"));
        assert_eq!(owner(&mut claims, &["young"], 81).as_deref(), Some("young"));
    }
}
