//! The reader: blocks one after another, each giving records or an event.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use event::{Event, Params, Tid, UnixNs, tables::TableRecord};

use super::{
    event_block::{self, Header, Parsed},
    gzip::{self, Gzip},
    section::{self, Table},
    window::Window,
};
use crate::{
    CaptureError,
    block::{self, EventLayout, Kind},
    convert::{Converter, Outcome, Raw},
    limits::{EVENT_BLOCK_BYTES_MAX, LARGE_EVENT_BLOCK_BYTES_MAX, TABLE_ENTRY_BYTES_MAX},
    meta::Meta,
};

/// Type and length of a block.
const BLOCK_HEADER_BYTES: usize = 8;
/// The length again.
const TRAILER_BYTES: usize = 4;
/// sysdig's mark of events that its filter left out and the state needs.
const STATE_ONLY: u32 = 1;
/// Compressed bytes read at once.
const COMPRESSED_BYTES: usize = 64 * 1024;

/// One thing out of a capture.
#[derive(Debug)]
pub enum Entry<'a> {
    /// Another section begins: captures may be joined. State of the one before does not hold.
    Section,
    /// Part of the state the section starts with.
    Table(TableRecord),
    /// An event.
    Event(CapturedEvent<'a>),
}

/// An event of today's form.
#[derive(Debug, Clone, Copy)]
pub struct CapturedEvent<'a> {
    /// The event; `number` counts as `evt.num` does, also what is not returned.
    pub event: Event<'a>,
    /// Rules and filters see it. Otherwise it only changes state.
    pub is_returned: bool,
    /// Flags of the dump; Falco writes none, sysdig 1 for events that are there for the state
    /// alone.
    pub flags: u32,
}

/// What the reader passed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadCounts {
    /// Blocks of unknown types.
    pub unknown_blocks: u64,
    /// Events of codes that the event table does not have.
    pub unknown_events: u64,
    /// Enter events of calls whose exit events tell all.
    pub dropped_enters: u64,
    /// Enter events that were forgotten because too many waited for their exits.
    pub forgotten_enters: u64,
}

/// Reads a capture from its beginning to its end, in bounded memory.
#[derive(Debug)]
pub struct Reader<R> {
    window: Window<R>,
    converter: Converter,
    table: Option<Table>,
    number: u64,
    /// No event but such that belong to the start state has come yet.
    is_starting: bool,
    counts: ReadCounts,
}

/// Where the bytes of an event's parameters are.
#[derive(Debug, Clone, Copy)]
enum Body {
    /// In the last bytes that the window let go of: so many back, so many of them.
    Window {
        back: usize,
        bytes: usize,
    },
    Converter,
}

enum Step {
    Section,
    Table(TableRecord),
    Event { header: Header, code: event::EventCode, param_count: usize, body: Body },
    Again,
    End,
}

impl Reader<Box<dyn Read + Send>> {
    /// Opens a file, plain or compressed with gzip.
    ///
    /// # Errors
    /// [`CaptureError`] when it cannot be opened or is no capture.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let file = File::open(path).map_err(|error| CaptureError::Io { offset: 0, error })?;
        Reader::decompress(file)
    }

    /// The same for any stream.
    ///
    /// # Errors
    /// [`CaptureError`] when it cannot be read or is no capture.
    pub fn decompress(stream: impl Read + Send + 'static) -> Result<Self, CaptureError> {
        let mut buffered = BufReader::with_capacity(COMPRESSED_BYTES, stream);
        let start = std::io::BufRead::fill_buf(&mut buffered)
            .map_err(|error| CaptureError::Io { offset: 0, error })?;
        let source: Box<dyn Read + Send> =
            if start.starts_with(&gzip::MAGIC) { Box::new(Gzip::new(buffered)) } else { Box::new(buffered) };
        Reader::new(source)
    }
}

impl<R: Read> Reader<R> {
    /// Reads an uncompressed stream.
    ///
    /// # Errors
    /// [`CaptureError`] when it cannot be read or is no capture.
    pub fn new(source: R) -> Result<Self, CaptureError> {
        let mut window = Window::new(source);
        let found = window.fill(BLOCK_HEADER_BYTES).map_err(|error| CaptureError::Io { offset: 0, error })?;
        if found < BLOCK_HEADER_BYTES || !window.bytes().starts_with(&block::SECTION_HEADER.to_le_bytes()) {
            let start = window.bytes().get(..found.min(BLOCK_HEADER_BYTES)).unwrap_or_default();
            return Err(CaptureError::NotACapture { found: start.to_vec() });
        }
        Ok(Reader {
            window,
            converter: Converter::default(),
            table: None,
            number: 0,
            is_starting: true,
            counts: ReadCounts::default(),
        })
    }

    /// The next entry, or `None` at the end. An entry borrows from the reader until the next
    /// call. After an error nothing more can be read.
    ///
    /// # Errors
    /// [`CaptureError`] where the capture is cut off, corrupt or unreadable.
    #[expect(clippy::should_implement_trait, reason = "an entry borrows from the reader")]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, CaptureError> {
        let (header, code, param_count, body) = loop {
            match self.step()? {
                Step::Again => {}
                Step::End => return Ok(None),
                Step::Section => return Ok(Some(Entry::Section)),
                Step::Table(record) => return Ok(Some(Entry::Table(record))),
                Step::Event { header, code, param_count, body } => break (header, code, param_count, body),
            }
        };
        self.number = self.number.saturating_add(1);
        let bytes = match body {
            Body::Window { back, bytes } => self.window.used(back).get(..bytes).unwrap_or_default(),
            Body::Converter => self.converter.body(),
        };
        let meta = Meta::of(code).unwrap_or_default();
        // The parameters that today's table knows: later releases append some.
        let params = Params::parse_wide(param_count, bytes, meta.is_large).map_err(|_| {
            self.corrupt(block::EVENT_V2, self.window.offset(), "lengths of parameters that do not fit")
        })?;
        let event = Event {
            number: self.number,
            timestamp: UnixNs(header.timestamp),
            // Thread ids of Linux have 32 bits; captures write 64.
            tid: Tid(header.tid as u32),
            cpu: header.cpu,
            code,
            params,
            context: None,
        };
        self.is_starting &= meta.tells_start;
        let is_returned = meta.is_returned && !self.is_starting && header.flags & STATE_ONLY == 0;
        Ok(Some(Entry::Event(CapturedEvent { event, is_returned, flags: header.flags })))
    }

    /// What was passed over so far.
    pub fn counts(&self) -> ReadCounts {
        ReadCounts { forgotten_enters: self.converter.enters_forgotten, ..self.counts }
    }

    /// Bytes of the uncompressed stream used so far.
    pub fn offset(&self) -> u64 {
        self.window.offset()
    }

    fn step(&mut self) -> Result<Step, CaptureError> {
        if let Some(table) = self.table.take() {
            return self.table_step(table);
        }
        let offset = self.window.offset();
        let found = self.fill(BLOCK_HEADER_BYTES)?;
        if found == 0 {
            return Ok(Step::End);
        }
        let (block_type, length) = match *self.window.bytes() {
            [a, b, c, d, e, f, g, h, ..] => {
                (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
            }
            _ => return Err(truncated(0, offset, BLOCK_HEADER_BYTES, found)),
        };
        let Some(content) = (length as usize).checked_sub(BLOCK_HEADER_BYTES + TRAILER_BYTES) else {
            return Err(self.corrupt(block_type, offset, "a block shorter than its header"));
        };
        match Kind::of(block_type) {
            Kind::Event(layout) => self.event_step(block_type, layout, length),
            Kind::Section => {
                self.window.advance(BLOCK_HEADER_BYTES);
                self.section_step(offset, content, length)
            }
            Kind::Unknown => {
                self.window.advance(BLOCK_HEADER_BYTES);
                self.counts.unknown_blocks = self.counts.unknown_blocks.saturating_add(1);
                self.pass_over(block_type, offset, content)?;
                self.trailer(block_type, offset, length)?;
                Ok(Step::Again)
            }
            kind => {
                self.window.advance(BLOCK_HEADER_BYTES);
                self.table = Some(Table { block_type, kind, left: content, offset, length, tid: None });
                Ok(Step::Again)
            }
        }
    }

    fn section_step(&mut self, offset: u64, content: usize, length: u32) -> Result<Step, CaptureError> {
        let kind = block::SECTION_HEADER;
        let found = self.fill(8)?;
        let (magic, major) = match *self.window.bytes() {
            [a, b, c, d, e, f, _, _, ..] if content >= 8 => {
                (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([e, f]))
            }
            _ => return Err(truncated(kind, offset, 8, found)),
        };
        if magic == block::SECTION_MAGIC.swap_bytes() {
            return Err(CaptureError::ByteOrder);
        }
        if magic != block::SECTION_MAGIC {
            return Err(self.corrupt(kind, offset, "a section header without its magic number"));
        }
        if major > 1 {
            return Err(CaptureError::Version { major });
        }
        self.pass_over(kind, offset, content)?;
        self.trailer(kind, offset, length)?;
        self.converter.clear();
        self.is_starting = true;
        Ok(Step::Section)
    }

    fn table_step(&mut self, mut table: Table) -> Result<Step, CaptureError> {
        let wanted = table.left.min(TABLE_ENTRY_BYTES_MAX);
        let found = self.fill(wanted)?;
        if found < wanted {
            return Err(truncated(table.block_type, table.offset, wanted, found));
        }
        let bytes = self.window.bytes().get(..wanted).unwrap_or_default();
        let read = table.next(bytes);
        let Some(read) = read else {
            return Err(self.corrupt(table.block_type, table.offset, "a table entry that does not fit"));
        };
        match read {
            section::Read::Record(record, taken) => {
                self.use_of_table(table, taken);
                Ok(Step::Table(record))
            }
            section::Read::Nothing(taken) => {
                self.use_of_table(table, taken);
                Ok(Step::Again)
            }
            section::Read::End => {
                self.pass_over(table.block_type, table.offset, table.left)?;
                self.trailer(table.block_type, table.offset, table.length)?;
                Ok(Step::Again)
            }
        }
    }

    fn use_of_table(&mut self, mut table: Table, taken: usize) {
        self.window.advance(taken);
        table.left = table.left.saturating_sub(taken);
        self.table = Some(table);
    }

    fn event_step(
        &mut self,
        block_type: u32,
        layout: EventLayout,
        length: u32,
    ) -> Result<Step, CaptureError> {
        let offset = self.window.offset();
        let whole = length as usize;
        let most = if layout.is_large { LARGE_EVENT_BLOCK_BYTES_MAX } else { EVENT_BLOCK_BYTES_MAX };
        if whole > most {
            return Err(self.corrupt(block_type, offset, "an event longer than an event may be"));
        }
        let found = self.fill(whole)?;
        let bytes = self.window.bytes();
        let (Some(content), Some(trailer)) =
            (bytes.get(BLOCK_HEADER_BYTES..whole - TRAILER_BYTES), bytes.get(whole - TRAILER_BYTES..whole))
        else {
            return Err(truncated(block_type, offset, whole, found));
        };
        if trailer != length.to_le_bytes() {
            return Err(self.corrupt(block_type, offset, "two lengths that differ"));
        }
        let header = match event_block::parse(content, layout) {
            Parsed::Event(header) => header,
            Parsed::Unknown => {
                self.counts.unknown_events = self.counts.unknown_events.saturating_add(1);
                self.window.advance(whole);
                return Ok(Step::Again);
            }
            Parsed::Fault(reason) => return Err(self.corrupt(block_type, offset, reason)),
        };
        let body_end = header.body_start.saturating_add(header.body_bytes);
        let body = content.get(header.body_start..body_end).unwrap_or_default();
        let raw = Raw { tid: header.tid, code: header.code, param_count: header.param_count, body };
        let outcome = self.converter.convert(raw, header.meta);
        self.window.advance(whole);
        let back = whole.saturating_sub(BLOCK_HEADER_BYTES.saturating_add(header.body_start));
        let step = |code, param_count, body| Step::Event { header, code, param_count, body };
        Ok(match outcome {
            Outcome::Unchanged => {
                step(header.code, header.param_count, Body::Window { back, bytes: header.body_bytes })
            }
            Outcome::Converted { code, param_count } => step(code, param_count, Body::Converter),
            Outcome::Dropped => {
                self.counts.dropped_enters = self.counts.dropped_enters.saturating_add(1);
                self.is_starting = false;
                Step::Again
            }
            Outcome::Malformed => {
                return Err(self.corrupt(block_type, offset, "lengths of parameters that do not fit"));
            }
        })
    }

    fn fill(&mut self, wanted: usize) -> Result<usize, CaptureError> {
        let offset = self.window.offset();
        match self.window.fill(wanted) {
            Ok(found) => Ok(found),
            // A gzip stream that is cut off; what came out of it was used.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(truncated(0, offset, wanted, self.window.available()))
            }
            Err(error) => Err(CaptureError::Io { offset, error }),
        }
    }

    /// Skips what of a block's content is not wanted.
    fn pass_over(&mut self, kind: u32, offset: u64, count: usize) -> Result<(), CaptureError> {
        let at = self.window.offset();
        let passed =
            self.window.skip(count as u64).map_err(|error| CaptureError::Io { offset: at, error })?;
        if passed < count as u64 {
            return Err(CaptureError::Truncated { kind, offset, wanted: count as u64, found: passed });
        }
        Ok(())
    }

    /// The length at a block's end must be that at its beginning.
    fn trailer(&mut self, kind: u32, offset: u64, length: u32) -> Result<(), CaptureError> {
        let found = self.fill(TRAILER_BYTES)?;
        if found < TRAILER_BYTES {
            return Err(truncated(kind, offset, TRAILER_BYTES, found));
        }
        if !self.window.bytes().starts_with(&length.to_le_bytes()) {
            return Err(self.corrupt(kind, offset, "two lengths that differ"));
        }
        self.window.advance(TRAILER_BYTES);
        Ok(())
    }

    #[expect(clippy::unused_self, reason = "reads better at the many places that use it")]
    fn corrupt(&self, kind: u32, offset: u64, reason: &'static str) -> CaptureError {
        CaptureError::Corrupt { kind, offset, reason }
    }
}

fn truncated(kind: u32, offset: u64, wanted: usize, found: usize) -> CaptureError {
    CaptureError::Truncated { kind, offset, wanted: wanted as u64, found: found as u64 }
}
