//! The store through its two traits: what it keeps, in which order, after which mishap.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod basics;
mod chain;
mod crash;
mod damage;
mod deletes;
mod fixture;
mod grouping;
mod model;
mod power;
mod segments;
mod space;
mod support;
