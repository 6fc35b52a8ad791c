//! The blocks that are no events: one entry of a table at a time, so that a long table needs no
//! more memory than its longest entry.

use event::tables::{MachineRecord, TableRecord};

use super::{descriptors, fields::Fields, interfaces, processes, users};
use crate::block::Kind;

/// A table that is being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) block_type: u32,
    pub(super) kind: Kind,
    /// Bytes of the block's content not read yet.
    pub(super) left: usize,
    /// Where the block began.
    pub(super) offset: u64,
    /// The block's whole length, which stands again at its end.
    pub(super) length: u32,
    /// The thread of a descriptor list, once it is read.
    pub(super) tid: Option<i64>,
}

/// One step in a table.
pub(super) enum Read {
    /// An entry, and the bytes it took.
    Record(TableRecord, usize),
    /// Something that is no entry, and the bytes it took.
    Nothing(usize),
    /// Nothing but padding is left.
    End,
}

/// Shorter than any entry: what is left then is padding (libscap's test).
const PADDING_BYTES_MAX: usize = 3;

impl Table {
    /// Reads the next entry from `bytes`, which end with the content or hold the longest entry.
    /// `None` when the entry does not fit them.
    pub(super) fn next(&mut self, bytes: &[u8]) -> Option<Read> {
        let mut fields = Fields::new(bytes);
        if let Kind::Descriptors(_) = self.kind
            && self.tid.is_none()
        {
            self.tid = Some(fields.i64()?);
            return Some(Read::Nothing(fields.taken()));
        }
        if self.left <= PADDING_BYTES_MAX {
            return Some(Read::End);
        }
        let record = match self.kind {
            Kind::Machine => {
                let machine = machine(&mut fields)?;
                // What a later version appends is not known.
                return Some(Read::Record(TableRecord::Machine(machine), bytes.len().min(self.left)));
            }
            Kind::Processes(version) => {
                TableRecord::Process(Box::new(processes::read(&mut fields, version)?))
            }
            Kind::Descriptors(version) => {
                match descriptors::read(&mut fields, version, self.tid.unwrap_or(0))? {
                    Some(record) => TableRecord::Descriptor(record),
                    None => return Some(Read::Nothing(fields.taken())),
                }
            }
            Kind::Interfaces(version) => TableRecord::Interface(interfaces::read(&mut fields, version)?),
            Kind::Users(version) => users::read(&mut fields, version)?,
            Kind::Section | Kind::Event(_) | Kind::Unknown => return Some(Read::End),
        };
        Some(Read::Record(record, fields.taken()))
    }
}

fn machine(fields: &mut Fields<'_>) -> Option<MachineRecord> {
    let cpu_count = fields.u32()?;
    let memory_bytes = fields.u64()?;
    let pid_max = fields.u64()?;
    let hostname = fields.bytes(128)?;
    let end = hostname.iter().position(|byte| *byte == 0).unwrap_or(hostname.len());
    let hostname = hostname.get(..end).unwrap_or_default().to_vec();
    let boot_ns = fields.u64()?;
    let flags = fields.u64()?;
    Some(MachineRecord { cpu_count, memory_bytes, pid_max, hostname, boot_ns, flags })
}
