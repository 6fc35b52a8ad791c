//! The life of an alert: inactive, pending, firing, resolved. Prometheus' state machine.

use std::collections::BTreeMap;

use crate::limits;

/// Where an alert is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Does not hold (any more).
    Inactive,
    /// Holds, not long enough yet.
    Pending,
    /// Fires.
    Firing,
}

impl AlertState {
    /// As the API prints it.
    pub fn name(self) -> &'static str {
        match self {
            AlertState::Inactive => "inactive",
            AlertState::Pending => "pending",
            AlertState::Firing => "firing",
        }
    }
}

/// One alert: a rule and a set of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// All labels, `alertname` among them.
    pub labels: BTreeMap<String, String>,
    /// Rendered.
    pub annotations: BTreeMap<String, String>,
    /// The sample.
    pub value: f64,
    /// Where it is.
    pub state: AlertState,
    /// Since when it holds, nanoseconds since 1970.
    pub active_at_ns: i64,
    /// Since when it fires.
    pub fired_at_ns: i64,
    /// When it stopped; 0 while it holds.
    pub resolved_at_ns: i64,
    /// Since when it no longer holds and fires all the same.
    pub(crate) keeps_since_ns: i64,
    /// When it was handed to the senders last.
    pub(crate) sent_at_ns: i64,
}

impl Alert {
    /// One that began to hold.
    pub(crate) fn new(
        labels: BTreeMap<String, String>,
        annotations: BTreeMap<String, String>,
        value: f64,
        now_ns: i64,
    ) -> Self {
        Alert {
            labels,
            annotations,
            value,
            state: AlertState::Pending,
            active_at_ns: now_ns,
            fired_at_ns: 0,
            resolved_at_ns: 0,
            keeps_since_ns: 0,
            sent_at_ns: 0,
        }
    }

    /// The rule's query gave it a sample.
    pub(crate) fn holds(
        &mut self,
        value: f64,
        annotations: BTreeMap<String, String>,
        now_ns: i64,
        hold_ns: i64,
    ) {
        if self.state == AlertState::Inactive {
            *self = Alert::new(std::mem::take(&mut self.labels), annotations, value, now_ns);
        } else {
            self.value = value;
            self.annotations = annotations;
            self.keeps_since_ns = 0;
        }
        if self.state == AlertState::Pending && now_ns.saturating_sub(self.active_at_ns) >= hold_ns {
            self.state = AlertState::Firing;
            self.fired_at_ns = now_ns;
        }
    }

    /// It gave none. `false` when the alert may be forgotten.
    pub(crate) fn ends(&mut self, now_ns: i64, keep_firing_ns: i64) -> bool {
        match self.state {
            AlertState::Pending => return false,
            AlertState::Inactive => {
                return now_ns.saturating_sub(self.resolved_at_ns) <= limits::RESOLVED_NS;
            }
            AlertState::Firing => {}
        }
        if keep_firing_ns > 0 {
            if self.keeps_since_ns == 0 {
                self.keeps_since_ns = now_ns;
            }
            if now_ns.saturating_sub(self.keeps_since_ns) < keep_firing_ns {
                return true;
            }
        }
        self.state = AlertState::Inactive;
        self.resolved_at_ns = now_ns;
        true
    }

    /// Whether the senders should hear of it now.
    pub(crate) fn is_due(&self, now_ns: i64, resend_ns: i64) -> bool {
        match self.state {
            AlertState::Pending => false,
            _ if self.resolved_at_ns > self.sent_at_ns => true,
            _ => self.sent_at_ns == 0 || self.sent_at_ns.saturating_add(resend_ns) <= now_ns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    fn alert(now: i64) -> Alert {
        Alert::new(BTreeMap::new(), BTreeMap::new(), 1.0, now)
    }

    #[test]
    fn fires_after_it_held_long_enough_and_resolves_once() {
        let mut alert = alert(0);
        alert.holds(1.0, BTreeMap::new(), 0, 60 * S);
        assert_eq!((alert.state, alert.is_due(0, 60 * S)), (AlertState::Pending, false));
        alert.holds(2.0, BTreeMap::new(), 60 * S, 60 * S);
        assert_eq!((alert.state, alert.is_due(60 * S, 60 * S)), (AlertState::Firing, true));
        alert.sent_at_ns = 60 * S;
        assert!(!alert.is_due(90 * S, 60 * S));
        assert!(alert.is_due(120 * S, 60 * S));
        assert!(alert.ends(130 * S, 0));
        assert_eq!((alert.state, alert.is_due(130 * S, 60 * S)), (AlertState::Inactive, true));
        assert!(!alert.ends(130 * S + limits::RESOLVED_NS + 1, 0));
        alert.holds(3.0, BTreeMap::new(), 200 * S, 60 * S);
        assert_eq!((alert.state, alert.active_at_ns), (AlertState::Pending, 200 * S));
    }

    #[test]
    fn pending_ones_are_forgotten_and_kept_ones_fire_on() {
        let mut pending = alert(0);
        assert!(!pending.ends(S, 0));
        let mut kept = alert(0);
        kept.holds(1.0, BTreeMap::new(), 0, 0);
        assert!(kept.ends(10 * S, 30 * S));
        assert_eq!(kept.state, AlertState::Firing);
        assert!(kept.ends(41 * S, 30 * S));
        assert_eq!(kept.state, AlertState::Inactive);
    }
}
