//! The audit trail: logins, changes of users and refusals, as lines of the stream
//! `{job="quaywatch", source="audit"}` and in the log.
//!
//! Whoever tries a thousand passwords gets a line a minute with their number, not a thousand lines:
//! a stranger must not be able to fill the disk.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use access_control::{Access, AuditAction, AuditEvent};
use parking_lot::Mutex;
use serde::Serialize;

use super::own_lines::OwnLines;

/// Refusals of one kind that follow each other within this are one line.
const COLLAPSE: Duration = Duration::from_secs(60);
/// Addresses and names remembered for that. When there are more, the lines are merged under one.
const KINDS_MAX: usize = 1_024;

/// Refusals are told apart by address, name and reason.
type Kind = (Option<IpAddr>, String, String);

/// One line.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a AuditEvent,
    /// How many of this kind were left out since the last line.
    #[serde(skip_serializing_if = "is_zero")]
    repeated: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Writes what `access` tells from now on.
pub(crate) fn keep(access: &Access, lines: OwnLines) {
    let refusals = Mutex::new(HashMap::<Kind, (Instant, u64)>::new());
    access.on_audit(Box::new(move |event| {
        let repeated = match event.action {
            AuditAction::Refused => match collapse(&mut refusals.lock(), &event, Instant::now()) {
                Some(repeated) => repeated,
                None => return,
            },
            _ => 0,
        };
        let AuditEvent { action, user, peer, detail } = &event;
        tracing::info!(?action, user, ?peer, detail, repeated, "audit");
        if let Ok(line) = serde_json::to_string(&Line { event: &event, repeated }) {
            lines.send("audit", line);
        }
    }));
}

/// How many alike were left out before this one; nothing when this one is left out too.
fn collapse(refusals: &mut HashMap<Kind, (Instant, u64)>, event: &AuditEvent, now: Instant) -> Option<u64> {
    let mut kind = (event.peer, event.user.clone(), without_digits(&event.detail));
    if !refusals.contains_key(&kind) && refusals.len() >= KINDS_MAX {
        refusals.retain(|_, (last, _)| now.duration_since(*last) < COLLAPSE);
        if refusals.len() >= KINDS_MAX {
            kind = (None, String::new(), String::new());
        }
    }
    match refusals.get_mut(&kind) {
        Some((last, left_out)) if now.duration_since(*last) < COLLAPSE => {
            *left_out += 1;
            None
        }
        Some(known) => {
            let left_out = known.1;
            *known = (now, 0);
            Some(left_out)
        }
        None => {
            refusals.insert(kind, (now, 0));
            Some(0)
        }
    }
}

/// The seconds to wait differ from one refusal to the next; the reason does not.
fn without_digits(detail: &str) -> String {
    detail.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_is_a_line_a_minute() {
        let mut refusals = HashMap::new();
        let start = Instant::now();
        let event = |user: &str, detail: &str| AuditEvent {
            action: AuditAction::Refused,
            user: user.to_owned(),
            peer: None,
            detail: detail.to_owned(),
        };
        let wrong = event("ann", "wrong");
        assert_eq!(collapse(&mut refusals, &wrong, start), Some(0));
        for second in 1..60 {
            assert_eq!(collapse(&mut refusals, &wrong, start + Duration::from_secs(second)), None);
        }
        assert_eq!(collapse(&mut refusals, &event("bob", "wrong"), start), Some(0));
        assert_eq!(collapse(&mut refusals, &wrong, start + COLLAPSE), Some(59));
        for stranger in 0..KINDS_MAX * 2 {
            collapse(&mut refusals, &event(&stranger.to_string(), "wrong"), start + COLLAPSE);
        }
        assert!(refusals.len() <= KINDS_MAX + 1, "{}", refusals.len());
    }
}
