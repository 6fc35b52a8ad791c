//! HTTP/1 client over TCP, TLS and unix sockets.
