//! Durable intake of alerts and delivery to outputs.
