//! Which occurrences of a call a condition can use, beside opens: by result, socket family and
//! where a message goes. An over-approximation, like all of `interest.rs`.

use event::{FieldId, Narrowing, Value, field_id as id};

use crate::test::Test;

/// Calls whose socket the probes look at before they build an event.
const SOCKET_CALLS: [&str; 10] = [
    "accept", "accept4", "bind", "connect", "listen", "recvfrom", "recvmmsg", "recvmsg", "sendmsg", "sendto",
];
/// Of these, the ones that know where the message before went.
const SENDS: [&str; 2] = ["sendmsg", "sendto"];

const UNIX: u64 = 1 << 1;
/// A socket of family 10 shows mapped IPv4 addresses as IPv4.
const IPV4: u64 = 1 << 2 | 1 << 10;
const IPV6: u64 = 1 << 10;

/// What of the occurrences can make a condition true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) success: bool,
    pub(crate) failure: bool,
    /// Messages of connected sockets.
    pub(crate) connected: bool,
    /// Messages to where the socket's last one went.
    pub(crate) same_peer: bool,
    /// Socket families, a bit each.
    pub(crate) families: u64,
}

impl Calls {
    pub(crate) const ALL: Calls =
        Calls { success: true, failure: true, connected: true, same_peer: true, families: u64::MAX };
    pub(crate) const NONE: Calls =
        Calls { success: false, failure: false, connected: false, same_peer: false, families: 0 };

    pub(crate) fn both(self, other: Calls) -> Calls {
        Calls {
            success: self.success && other.success,
            failure: self.failure && other.failure,
            connected: self.connected && other.connected,
            same_peer: self.same_peer && other.same_peer,
            families: self.families & other.families,
        }
    }

    pub(crate) fn either(self, other: Calls) -> Calls {
        Calls {
            success: self.success || other.success,
            failure: self.failure || other.failure,
            connected: self.connected || other.connected,
            same_peer: self.same_peer || other.same_peer,
            families: self.families | other.families,
        }
    }

    /// Fields that only sockets have, or that tell sockets apart.
    pub(crate) fn is_about_sockets(field: FieldId) -> bool {
        has_ends(field) || matches!(field, id::FD_TYPE | id::FD_TYPECHAR | id::FD_SOCKFAMILY)
    }

    /// What a test that holds says of the socket.
    pub(crate) fn of_socket_test(field: FieldId, test: &Test) -> Calls {
        let allowed = |values: [(&[u8], u64); 3]| {
            let named = values.iter().filter(|(value, _)| test.holds(&Value::text(value)));
            let families = named.fold(0, |all, (_, family)| all | family);
            // What the test says of other families is not asked: a name that nobody has.
            let others = if test.holds(&Value::text(b"o")) { !(UNIX | IPV4) } else { 0 };
            families | others
        };
        let families = match field {
            id::FD_TYPE => allowed([(b"ipv4", IPV4), (b"ipv6", IPV6), (b"unix", UNIX)]),
            id::FD_TYPECHAR => allowed([(b"4", IPV4), (b"6", IPV6), (b"u", UNIX)]),
            id::FD_SOCKFAMILY => allowed([(b"ip", IPV4), (b"ip", IPV6), (b"unix", UNIX)]),
            _ => IPV4 | IPV6,
        };
        Calls { families, ..Calls::ALL }
    }

    /// What the probes may leave out of the event with this name.
    pub(crate) fn narrowing(self, name: &str) -> Narrowing {
        let is_socket_call = SOCKET_CALLS.contains(&name);
        let is_send = SENDS.contains(&name);
        Narrowing {
            no_success: !self.success && self.failure,
            no_failure: !self.failure && self.success,
            no_connected: is_send && !self.connected,
            no_same_peer: is_send && !self.same_peer,
            families: (is_socket_call && self.families != u64::MAX).then_some(self.families),
        }
    }
}

/// Fields of both or one of the ends of an IP connection: missing for everything else.
fn has_ends(field: FieldId) -> bool {
    matches!(
        field,
        id::FD_CIP
            | id::FD_SIP
            | id::FD_LIP
            | id::FD_RIP
            | id::FD_CPORT
            | id::FD_SPORT
            | id::FD_LPORT
            | id::FD_RPORT
            | id::FD_CNET
            | id::FD_SNET
            | id::FD_LNET
            | id::FD_RNET
            | id::FD_CIP_NAME
            | id::FD_SIP_NAME
            | id::FD_LIP_NAME
            | id::FD_RIP_NAME
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Test;

    #[test]
    fn families_follow_what_is_tested() {
        let is = |text: &[u8]| Test::TextIs(text.into());
        assert_eq!(Calls::of_socket_test(id::FD_TYPECHAR, &is(b"u")).families, UNIX);
        assert_eq!(Calls::of_socket_test(id::FD_TYPE, &is(b"ipv4")).families, IPV4);
        assert_eq!(Calls::of_socket_test(id::FD_TYPECHAR, &Test::Exists).families, u64::MAX);
        assert_eq!(Calls::of_socket_test(id::FD_SPORT, &Test::Exists).families, IPV4 | IPV6);
    }

    #[test]
    fn only_what_a_probe_can_leave_out_is_narrowed() {
        let messages = Calls { connected: false, same_peer: false, families: IPV4, ..Calls::ALL };
        assert!(messages.narrowing("sendto").no_connected && messages.narrowing("sendto").no_same_peer);
        assert_eq!(messages.narrowing("unlink"), Narrowing::default());
        let connect = messages.narrowing("connect");
        assert_eq!((connect.families, connect.no_connected), (Some(IPV4), false));
        // A condition that nothing can make true narrows nothing: its event is not asked for.
        assert_eq!(Calls::NONE.narrowing("unlink"), Narrowing::default());
    }
}
