//! The words of detection: event codes and their parameters, fields, values, and the traits
//! that let a rule be evaluated without knowing where an event came from.
//!
//! First stage of the flow: `kernel event -> enriched event`. Event codes, parameters and field
//! names are Falco's (`conformance/falco/tables`). Knows no kernel, no file and no rule.

#![forbid(unsafe_code)]

mod code;
mod context;
mod definition;
mod field;
mod generated;
mod interest;
mod params;
mod source;
mod syscall_code;
pub mod tables;
mod value;

pub use code::EventCode;
pub use context::{Extra, KernelContext, MonotonicNs, Pid, RingPosition, Tid, UnixNs};
pub use definition::{Direction, EventDefinition, FlagTable, ParamDefinition, ParamFormat, ParamType};
pub use field::{ArgumentRule, Field, FieldId};
pub use generated::{events::EVENTS, events::event_code, fields::FIELDS, fields::id as field_id, flags};
pub use interest::{Interest, Narrowing, OpenInterest, PathSet, Scope};
pub use params::{DescriptorFacts, Event, ParamError, Params};
pub use source::{FieldArgument, FieldSource};
pub use syscall_code::{syscall_code, syscall_name};
pub use value::{IpNet, Value, ValueType};
