//! Tables of routes.
