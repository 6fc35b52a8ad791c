//! The page's API: login, live alerts, counts, health.
