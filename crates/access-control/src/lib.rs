//! Users, roles, tokens and the one-time code.
