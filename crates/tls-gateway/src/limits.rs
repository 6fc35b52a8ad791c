//! Bounds of this crate, each with its reason.

use std::time::Duration;

/// Bytes of one rule. Hundreds of hosts fit.
pub const RULE_BYTES_MAX: usize = 8 * 1024;
/// Matchers in one rule: each costs time with every request that reaches it.
pub const RULE_MATCHERS_MAX: usize = 256;
/// Parentheses and `!` in each other: the parser recurses.
pub const RULE_DEPTH_MAX: usize = 32;
/// Compiled size of one regular expression: a short pattern can stand for megabytes.
pub const REGEX_BYTES_MAX: usize = 256 * 1024;
/// Bytes a client must send within the body timeout while it is waited for: single bytes now and
/// then must not hold a request open for ever.
pub const BODY_BYTES_PER_TIMEOUT_MIN: usize = 1024;
/// Addresses read of one `X-Forwarded-For`.
pub const FORWARDED_HOPS_MAX: usize = 64;
/// How long a connection to a server may take.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a server may think before its answer begins. Long polls exist; for ever does not.
pub const ANSWER_HEAD_TIMEOUT: Duration = Duration::from_secs(300);
/// Idle connections kept to one server.
pub const UPSTREAM_IDLE_CONNECTIONS_MAX: usize = 64;
/// How long one is kept idle. Shorter than what common servers keep (Node: 5 s is the exception),
/// so that few requests meet a connection that is just being closed.
pub const UPSTREAM_IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Different ways of talking to servers: each has a pool of its own.
pub const UPSTREAM_TRANSPORTS_MAX: usize = 64;
/// WebSockets open at once: each holds two sockets.
pub const TUNNELS_MAX: usize = 1024;
/// Tries of one request.
pub const RETRY_ATTEMPTS_MAX: usize = 10;
/// Longest pause between two tries.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(10);
/// Health checks are not asked more often.
pub const HEALTH_INTERVAL_MIN: Duration = Duration::from_millis(100);
/// Sources that one middleware counts at once: addresses, header values or hosts.
pub const SOURCES_MAX: usize = 16 * 1024;
/// Bytes of a header's value that tell sources apart.
pub const SOURCE_BYTES_MAX: usize = 256;
/// Bytes of a file of users.
pub const LIST_FILE_BYTES_MAX: u64 = 1 << 20;
/// How long a digest's nonce is taken.
pub const DIGEST_NONCE_SECONDS_MAX: u64 = 300;
/// Bytes of one body that `buffering` keeps in memory, whatever its settings say.
pub const BUFFERED_BYTES_MAX: usize = 64 << 20;
/// Bytes of an authentication server's answer.
pub const AUTH_ANSWER_BYTES_MAX: usize = 1 << 20;
/// How long an authentication server may take.
pub const AUTH_TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of one text in a notice: names are a container's words.
pub const NOTICE_CHARS_MAX: usize = 400;
/// Routers in all.
pub const ROUTES_MAX: usize = 4096;
/// Servers of one service.
pub const SERVERS_MAX: usize = 256;
/// Middlewares of one route.
pub const LAYERS_MAX: usize = 32;
/// Bytes of a head where no setting says otherwise.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a line that gives a chunk's size, extensions included.
pub const CHUNK_LINE_BYTES_MAX: usize = 4096;
/// Bytes of trailers: they are thrown away.
pub const TRAILER_BYTES_MAX: usize = 8192;
/// Empty lines before a request.
pub const LEADING_LINES_MAX: usize = 4;
/// Addresses of this host with TLS settings of their own.
pub const LOCAL_ADDRESSES_MAX: usize = 64;
/// Streams of one HTTP/2 connection at once.
pub const H2_STREAMS_MAX: u32 = 128;
/// Bytes of one HTTP/2 request's headers, continuations included.
pub const H2_HEADER_LIST_BYTES_MAX: u32 = 64 * 1024;
/// Streams a client may reset before they were looked at, and errors it may cause.
pub const H2_PENDING_RESETS_MAX: usize = 20;
/// How often an HTTP/2 client is asked whether it is there, and how long it may take.
pub const H2_PING_INTERVAL: Duration = Duration::from_secs(30);
/// See [`H2_PING_INTERVAL`].
pub const H2_PING_TIMEOUT: Duration = Duration::from_secs(20);
/// Password hashes at once: each takes a core for up to a second.
pub const HASHES_AT_ONCE_MAX: usize = 2;
/// Requests that wait for one; more are told to come back.
pub const HASHES_WAITING_MAX: usize = 64;
/// Access log lines that wait to be written: some seconds at thousands of requests a second.
pub const LOG_QUEUE_LINES_MAX: usize = 8192;
/// Lines written at once.
pub const LOG_BATCH_LINES_MAX: usize = 2048;
/// How long lines gather.
pub const LOG_BATCH_PAUSE: Duration = Duration::from_millis(250);
/// Bytes of one client's text in a line.
pub const LOG_TEXT_BYTES_MAX: usize = 2048;
