//! Captures written, read, damaged, and compared with given ones.

mod arbitrary;
mod damage;
mod golden;
mod round_trip;
mod synthetic;
