//! One event with the state around it.

use event::{Event, EventCode, FieldArgument, FieldId, FieldSource, UnixNs, Value, field_id};

use crate::Enricher;

/// An event and all that is known around it.
#[derive(Debug)]
pub struct Enriched<'e> {
    #[expect(dead_code, reason = "fields that need state come next")]
    pub(crate) enricher: &'e Enricher,
    pub(crate) event: &'e Event<'e>,
}

impl FieldSource for Enriched<'_> {
    fn code(&self) -> EventCode {
        self.event.code
    }

    fn timestamp(&self) -> UnixNs {
        self.event.timestamp
    }

    fn extract<'s>(&'s self, field: FieldId, _argument: FieldArgument<'_>) -> Option<Value<'s>> {
        match field {
            field_id::EVT_NUM => Some(Value::Uint(self.event.number)),
            field_id::EVT_TYPE => Some(Value::text(self.event.code.name().as_bytes())),
            _ => None,
        }
    }
}
