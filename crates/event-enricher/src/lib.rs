//! Process tree, users, containers: raw event to enriched event.
