//! The writer: section header, start state, events.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use event::{Event, tables::StartState};
use flate2::write::GzEncoder;

use super::tables;
use crate::{block, meta::Meta};

/// Whether a capture is written with gzip. Falco does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// As Falco does.
    #[default]
    Gzip,
    /// Larger, cheaper.
    None,
}

/// Writes one capture.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: Sink<W>,
    block: Vec<u8>,
    content_bytes: u64,
    events: u64,
}

#[derive(Debug)]
enum Sink<W: Write> {
    Plain(W),
    Gzip(Box<GzEncoder<W>>),
}

impl Writer<io::BufWriter<File>> {
    /// Creates a file that must not exist yet: a capture never overwrites another one, and a
    /// link laid at its place is not followed.
    ///
    /// # Errors
    /// What the file system says.
    pub fn create(path: &Path, compression: Compression) -> io::Result<Self> {
        let file = File::options().write(true).create_new(true).open(path)?;
        Writer::new(io::BufWriter::new(file), compression)
    }
}

impl<W: Write> Writer<W> {
    /// Begins a capture with its section header.
    ///
    /// # Errors
    /// What the sink says.
    pub fn new(sink: W, compression: Compression) -> io::Result<Self> {
        let out = match compression {
            Compression::None => Sink::Plain(sink),
            Compression::Gzip => Sink::Gzip(Box::new(GzEncoder::new(sink, flate2::Compression::default()))),
        };
        let mut writer = Writer { out, block: Vec::with_capacity(4096), content_bytes: 0, events: 0 };
        writer.begin();
        writer.block.extend(block::SECTION_MAGIC.to_le_bytes());
        // Format 1.2, length unknown.
        writer.block.extend(1u16.to_le_bytes());
        writer.block.extend(2u16.to_le_bytes());
        writer.block.extend(u64::MAX.to_le_bytes());
        writer.end(block::SECTION_HEADER)?;
        Ok(writer)
    }

    /// Writes the state the capture starts with: once, before the first event.
    ///
    /// # Errors
    /// What the sink says.
    pub fn write_start(&mut self, state: &StartState) -> io::Result<()> {
        self.begin();
        tables::machine(&state.machine, &mut self.block);
        self.end(block::MACHINE)?;
        self.begin();
        // Falco writes addresses of the older family first.
        let is_v4 = |interface: &&event::tables::InterfaceRecord| {
            matches!(interface.address, event::tables::InterfaceAddress::V4 { .. })
        };
        let v4 = state.interfaces.iter().filter(is_v4);
        let v6 = state.interfaces.iter().filter(|interface| !is_v4(interface));
        v4.chain(v6).for_each(|interface| tables::interface(interface, &mut self.block));
        self.end(block::INTERFACES_V2)?;
        self.begin();
        state.users.iter().for_each(|user| tables::user(user, &mut self.block));
        state.groups.iter().for_each(|group| tables::group(group, &mut self.block));
        self.end(block::USERS_V2)?;
        self.begin();
        state.processes.iter().for_each(|process| tables::process(process, &mut self.block));
        self.end(block::PROCESSES_V9)?;
        for of_thread in state.descriptors.chunk_by(|left, right| left.tid == right.tid) {
            let Some(first) = of_thread.first() else { continue };
            self.begin();
            self.block.extend(first.tid.to_le_bytes());
            of_thread.iter().for_each(|descriptor| tables::descriptor(descriptor, &mut self.block));
            self.end(block::DESCRIPTORS_V2)?;
        }
        Ok(())
    }

    /// Writes an event; parameters beyond those of the event table are left out.
    ///
    /// # Errors
    /// What the sink says.
    pub fn write_event(&mut self, event: &Event<'_>, flags: u32) -> io::Result<()> {
        let Some(meta) = Meta::of(event.code) else { return Ok(()) };
        let param_count = event.params.len().min(usize::from(meta.param_count));
        self.begin();
        self.block.extend(event.cpu.to_le_bytes());
        if flags != 0 {
            self.block.extend(flags.to_le_bytes());
        }
        let header_start = self.block.len();
        self.block.extend(event.timestamp.0.to_le_bytes());
        self.block.extend(u64::from(event.tid.0).to_le_bytes());
        let length_at = self.block.len();
        self.block.extend([0; 4]);
        self.block.extend(event.code.0.to_le_bytes());
        self.block.extend(u32::try_from(param_count).unwrap_or(0).to_le_bytes());
        for index in 0..param_count {
            let length = event.params.get(index).map_or(0, <[u8]>::len);
            if meta.is_large {
                self.block.extend(u32::try_from(length).unwrap_or(0).to_le_bytes());
            } else {
                self.block.extend(u16::try_from(length).unwrap_or(0).to_le_bytes());
            }
        }
        for index in 0..param_count {
            self.block.extend(event.params.get(index).unwrap_or_default());
        }
        let length = u32::try_from(self.block.len().saturating_sub(header_start)).unwrap_or(u32::MAX);
        put(&mut self.block, length_at, length);
        self.events = self.events.saturating_add(1);
        self.end(match (meta.is_large, flags != 0) {
            (false, false) => block::EVENT_V2,
            (false, true) => block::EVENT_FLAGS_V2,
            (true, false) => block::EVENT_V2_LARGE,
            (true, true) => block::EVENT_FLAGS_V2_LARGE,
        })
    }

    /// Events written.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Bytes written before compression.
    pub fn content_bytes(&self) -> u64 {
        self.content_bytes
    }

    /// Ends the capture and hands the sink back.
    ///
    /// # Errors
    /// What the sink says.
    pub fn finish(self) -> io::Result<W> {
        let mut sink = match self.out {
            Sink::Plain(sink) => sink,
            Sink::Gzip(encoder) => encoder.finish()?,
        };
        sink.flush()?;
        Ok(sink)
    }

    /// Begins a block with room for its type and length.
    fn begin(&mut self) {
        self.block.clear();
        self.block.extend([0; 8]);
    }

    /// Pads, closes and writes the block.
    fn end(&mut self, block_type: u32) -> io::Result<()> {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
        let length = self.block.len().saturating_add(4);
        let length = u32::try_from(length)
            .map_err(|_| io::Error::new(io::ErrorKind::FileTooLarge, "a block of 4 GB"))?;
        put(&mut self.block, 0, block_type);
        put(&mut self.block, 4, length);
        self.block.extend(length.to_le_bytes());
        self.content_bytes = self.content_bytes.saturating_add(self.block.len() as u64);
        match &mut self.out {
            Sink::Plain(sink) => sink.write_all(&self.block),
            Sink::Gzip(encoder) => encoder.write_all(&self.block),
        }
    }
}

fn put(block: &mut [u8], at: usize, number: u32) {
    let slots = block.iter_mut().skip(at);
    for (to, from) in slots.zip(number.to_le_bytes()) {
        *to = from;
    }
}
