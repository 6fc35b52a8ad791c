//! Tests on a real kernel with real containers.
