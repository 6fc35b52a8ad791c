//! Loki's HTTP API over the store and the query engine.
