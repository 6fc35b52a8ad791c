//! Rows of the conversion table: sockets.

use event::event_code as code;

use super::table::{
    Action::{Add, Become, Store, StoreAndPass},
    EMPTY_1, ENTER_1, ENTER_2, ENTER_3, Row,
    Step::{Empty, Enter, Old, Zero},
    ZERO_1,
};

pub(crate) const ROWS: &[Row] = &[
    (code::SOCKET_SOCKET_E, 3, Store),
    (code::SOCKET_SOCKET_X, 1, Add(ENTER_3)),
    (code::SOCKET_SOCKET_X, 4, Add(ZERO_1)),
    (code::SOCKET_SOCKETPAIR_E, 3, Store),
    (code::SOCKET_SOCKETPAIR_X, 5, Add(ENTER_3)),
    (code::SOCKET_BIND_E, 1, Store),
    (code::SOCKET_BIND_X, 2, Add(ENTER_1)),
    (code::SOCKET_CONNECT_E, 1, Add(EMPTY_1)),
    (code::SOCKET_CONNECT_E, 2, StoreAndPass),
    (code::SOCKET_CONNECT_X, 2, Add(ENTER_1)),
    (code::SOCKET_CONNECT_X, 3, Add(&[Enter(1)])),
    (code::SOCKET_LISTEN_E, 2, Store),
    (code::SOCKET_LISTEN_X, 1, Add(ENTER_2)),
    (code::SOCKET_ACCEPT_X, 3, Become(code::SOCKET_ACCEPT_5_X, &[Old(0), Old(1), Old(2), Zero, Zero])),
    (code::SOCKET_ACCEPT4_E, 1, Store),
    (
        code::SOCKET_ACCEPT4_X,
        3,
        Become(code::SOCKET_ACCEPT4_6_X, &[Old(0), Old(1), Old(2), Zero, Zero, Enter(0)]),
    ),
    (code::SOCKET_ACCEPT4_5_E, 1, Store),
    (
        code::SOCKET_ACCEPT4_5_X,
        5,
        Become(code::SOCKET_ACCEPT4_6_X, &[Old(0), Old(1), Old(2), Old(3), Old(4), Enter(0)]),
    ),
    (code::SOCKET_ACCEPT4_6_E, 1, Store),
    (code::SOCKET_ACCEPT4_6_X, 5, Add(ENTER_1)),
    (code::SOCKET_SHUTDOWN_E, 2, Store),
    (code::SOCKET_SHUTDOWN_X, 1, Add(ENTER_2)),
    (code::SOCKET_SEND_E, 2, Store),
    (code::SOCKET_SEND_X, 2, Add(&[Enter(0), Enter(1), Zero])),
    (code::SOCKET_SENDTO_E, 3, Store),
    (code::SOCKET_SENDTO_X, 2, Add(ENTER_3)),
    (code::SOCKET_SENDMSG_E, 3, Store),
    (code::SOCKET_SENDMSG_X, 2, Add(ENTER_3)),
    // A result is never left empty.
    (code::SOCKET_SENDMMSG_X, 0, Add(&[Zero, Empty, Empty, Empty, Empty])),
    (code::SOCKET_RECV_E, 2, Store),
    (code::SOCKET_RECV_X, 2, Add(&[Enter(0), Enter(1), Zero])),
    (code::SOCKET_RECVFROM_E, 2, Store),
    (code::SOCKET_RECVFROM_X, 3, Add(ENTER_2)),
    (code::SOCKET_RECVMSG_E, 1, Store),
    (code::SOCKET_RECVMSG_X, 4, Add(ZERO_1)),
    (code::SOCKET_RECVMSG_X, 5, Add(ENTER_1)),
    (code::SOCKET_RECVMMSG_X, 0, Add(&[Zero, Empty, Empty, Empty, Empty, Empty])),
];
