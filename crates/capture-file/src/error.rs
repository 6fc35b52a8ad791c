//! What can be wrong with a capture.

/// Why a capture cannot be read further. What was read before stays good.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The file does not begin as a capture does.
    #[error("not a capture: it begins with {found:02x?} instead of a section header")]
    NotACapture {
        /// The first bytes.
        found: Vec<u8>,
    },
    /// The file says it was written by a later major version of the format.
    #[error("the capture has format version {major}, this reader knows 1: use a newer release")]
    Version {
        /// What the section header says.
        major: u16,
    },
    /// The file was written on a machine of the other byte order.
    #[error("the capture was written on a big-endian machine; only little-endian ones can be read")]
    ByteOrder,
    /// The file ends inside a block.
    #[error(
        "the capture is cut off: block {kind:#x} at byte {offset} needs {wanted} bytes, {found} are there"
    )]
    Truncated {
        /// Type of the block.
        kind: u32,
        /// Where the block begins, in bytes of the uncompressed stream.
        offset: u64,
        /// Bytes the block asks for.
        wanted: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A length or value that cannot be.
    #[error("the capture is corrupt: block {kind:#x} at byte {offset}: {reason}")]
    Corrupt {
        /// Type of the block.
        kind: u32,
        /// Where the block begins, in bytes of the uncompressed stream.
        offset: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// The disk, the pipe or the decompression failed.
    #[error("cannot read the capture after byte {offset}: {error}")]
    Io {
        /// Bytes of the uncompressed stream read before.
        offset: u64,
        /// What the system says.
        error: std::io::Error,
    },
}
