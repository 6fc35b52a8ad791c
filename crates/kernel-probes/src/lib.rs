//! The eBPF programs and their Rust ABI.
