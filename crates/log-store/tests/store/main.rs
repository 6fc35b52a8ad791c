//! The store through its two traits: what it keeps, in which order, after which mishap.

mod basics;
mod crash;
mod damage;
mod fixture;
mod model;
mod segments;
mod space;
mod support;
