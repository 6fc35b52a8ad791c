//! Bytes of a WAL record: a header with checksums, then one batch. FORMAT.md has the map.

use log_record::{Batch, Entry, Labels, StreamEntries, WriterMark};

use crate::{
    codec::{Cursor, Malformed, put_signed, put_text, put_varint},
    limits::RECORD_BYTES_MAX,
};

/// `QWRC`.
const RECORD_MAGIC: u32 = u32::from_le_bytes(*b"QWRC");

/// Bytes before the payload.
pub(crate) const HEADER_BYTES: usize = 32;

/// The only kind of payload so far.
const KIND_BATCH: u8 = 1;

/// What stands before a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) payload_bytes: u32,
    pub(crate) sequence: u64,
    /// The last record that was synced when this one was written: a gap before it was
    /// acknowledged and is damage, a gap after it is the torn end of a crash.
    pub(crate) synced_sequence: u64,
    pub(crate) payload_crc: u32,
}

impl Header {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&RECORD_MAGIC.to_le_bytes());
        out.extend_from_slice(&self.payload_bytes.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.synced_sequence.to_le_bytes());
        out.extend_from_slice(&self.payload_crc.to_le_bytes());
        let crc = crc32fast::hash(out.get(start..).unwrap_or(&[]));
        out.extend_from_slice(&crc.to_le_bytes());
    }

    /// The header at the front of `bytes`, if there is a whole and sound one.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Header> {
        let bytes = bytes.get(..HEADER_BYTES)?;
        let mut cursor = Cursor::new(bytes);
        let magic = cursor.u32().ok()?;
        let header = Header {
            payload_bytes: cursor.u32().ok()?,
            sequence: cursor.u64().ok()?,
            synced_sequence: cursor.u64().ok()?,
            payload_crc: cursor.u32().ok()?,
        };
        let crc = cursor.u32().ok()?;
        let sound = magic == RECORD_MAGIC
            && header.payload_bytes as usize <= RECORD_BYTES_MAX
            && crc == crc32fast::hash(bytes.get(..HEADER_BYTES - 4)?);
        sound.then_some(header)
    }
}

/// Where a record may begin: the next magic at or after `from`.
pub(crate) fn next_magic(bytes: &[u8], from: usize) -> Option<usize> {
    let magic = RECORD_MAGIC.to_le_bytes();
    bytes.get(from..)?.windows(4).position(|window| window == magic).map(|found| from + found)
}

/// The payload of a batch.
pub(crate) fn encode_batch(batch: &Batch) -> Vec<u8> {
    let texts: usize =
        batch.streams.iter().flat_map(|stream| &stream.entries).map(|entry| entry.line.len() + 24).sum();
    let mut out = Vec::with_capacity(texts + 256);
    out.push(KIND_BATCH);
    put_text(&mut out, &batch.tenant);
    put_varint(&mut out, u64::from(batch.mark.is_some()));
    if let Some(mark) = &batch.mark {
        put_text(&mut out, &mark.writer);
        put_varint(&mut out, mark.position);
    }
    put_varint(&mut out, batch.streams.len() as u64);
    for stream in &batch.streams {
        put_varint(&mut out, stream.labels.len() as u64);
        for (name, value) in stream.labels.iter() {
            put_text(&mut out, name);
            put_text(&mut out, value);
        }
        put_varint(&mut out, stream.entries.len() as u64);
        for entry in &stream.entries {
            put_signed(&mut out, entry.timestamp_ns);
            put_text(&mut out, &entry.line);
            put_varint(&mut out, entry.metadata.len() as u64);
            for (name, value) in &entry.metadata {
                put_text(&mut out, name);
                put_text(&mut out, value);
            }
        }
    }
    out
}

/// The batch of a payload.
pub(crate) fn decode_batch(payload: &[u8]) -> Result<Batch, Malformed> {
    let mut cursor = Cursor::new(payload);
    if cursor.bytes(1)? != [KIND_BATCH] {
        return Err(Malformed("a record of a kind this release does not know"));
    }
    let tenant = cursor.text()?.to_owned();
    let mark = match cursor.varint()? {
        0 => None,
        _ => Some(WriterMark { writer: cursor.text()?.to_owned(), position: cursor.varint()? }),
    };
    let count = cursor.count()?;
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let labels = decode_pairs(&mut cursor)?;
        let count = cursor.count()?;
        let mut entries = Vec::with_capacity(count);
        for _ in 0..count {
            let timestamp_ns = cursor.signed()?;
            let line = cursor.text()?.to_owned();
            entries.push(Entry { timestamp_ns, line, metadata: decode_pairs(&mut cursor)? });
        }
        streams.push(StreamEntries { labels: Labels::new(labels), entries });
    }
    if cursor.is_empty() {
        Ok(Batch { tenant, streams, mark })
    } else {
        Err(Malformed("bytes after the batch"))
    }
}

fn decode_pairs(cursor: &mut Cursor<'_>) -> Result<Vec<(String, String)>, Malformed> {
    let count = cursor.count()?;
    (0..count).map(|_| Ok((cursor.text()?.to_owned(), cursor.text()?.to_owned()))).collect()
}
