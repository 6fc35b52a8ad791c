//! Bounds of the store, each with its reason.

/// One WAL record, so one batch. A push body is bounded far below this by the API; a damaged
/// length can make recovery allocate no more than this.
pub(crate) const RECORD_BYTES_MAX: usize = 64 << 20;

/// What one `fdatasync` carries at most: keeps the latency of a group and the writer's buffer
/// small when many wait.
pub(crate) const GROUP_BYTES_MAX: usize = 4 << 20;

/// Rows of one block: the unit that is skipped, decoded and delivered. About 2 MB of Falco
/// lines, which decode in 2–3 ms: the needle's budget is 4.
pub(crate) const BLOCK_ROWS_MAX: usize = 2048;

/// Rows of one segment: a reader's codes take four bytes per row and column.
pub(crate) const SEGMENT_ROWS_MAX: usize = 4 << 20;

/// One page, uncompressed: the values of one column of one segment at most, and a segment has
/// no more text than a memtable or a compaction.
pub(crate) const PAGE_BYTES_MAX: usize = 512 << 20;

/// Shapes of JSON lines in one segment; lines beyond them stay whole.
pub(crate) const SHAPES_MAX: usize = 512;

/// Line templates of one segment; lines beyond them stay whole.
pub(crate) const TEMPLATES_MAX: usize = 2048;

/// Names of structured metadata that one segment remembers.
pub(crate) const METADATA_NAMES_MAX: usize = 256;

/// What a row costs in a memtable beside its texts: offsets, time, stream, duplicate filter.
pub(crate) const ROW_OVERHEAD_BYTES: usize = 64;

/// Columns of values in one segment; a line that would need more stays whole.
pub(crate) const FIELDS_MAX: usize = 400;

/// Length of a flattened field name.
pub(crate) const FIELD_NAME_BYTES_MAX: usize = 256;

/// Nesting that the shredder follows; deeper lines are left to the query's own parser.
pub(crate) const JSON_DEPTH_MAX: usize = 32;

/// A text that is searched in values and templates; longer ones are searched in lines.
pub(crate) const NEEDLE_BYTES_MAX: usize = 512;

/// Buckets (streams times steps) of one count: 16 bytes each.
pub(crate) const COUNT_BUCKETS_MAX: usize = 4 << 20;

/// A manifest larger than this is not ours.
pub(crate) const MANIFEST_BYTES_MAX: u64 = 256 << 20;

/// A segment's index larger than this is not ours.
pub(crate) const INDEX_BYTES_MAX: u64 = 256 << 20;

/// Delete requests that wait: each is looked at by every scan.
pub(crate) const DELETES_PENDING_MAX: usize = 1000;

/// Processed delete requests that are remembered, for those who ask.
pub(crate) const DELETES_KEPT_MAX: usize = 1000;

/// Damaged segments that are remembered one by one.
pub(crate) const SET_ASIDE_MAX: usize = 1000;

/// Segments of one data folder: the manifest is rewritten whole at each change.
pub(crate) const SEGMENTS_MAX: usize = 100_000;

const _: () = assert!(GROUP_BYTES_MAX <= RECORD_BYTES_MAX);
const _: () = assert!(BLOCK_ROWS_MAX <= SEGMENT_ROWS_MAX);
// Codes of a page's values are 32 bits wide.
const _: () = assert!(SEGMENT_ROWS_MAX < u32::MAX as usize);
