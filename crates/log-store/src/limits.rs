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

/// Text bytes of one block, for long lines: bounds what a scan holds.
pub(crate) const BLOCK_BYTES_MAX: usize = 4 << 20;

/// Rows of one Parquet row group: the larger, the smaller the footer and the better the
/// dictionaries.
pub(crate) const ROW_GROUP_ROWS_MAX: usize = 32 * 1024;

/// What a row costs in a memtable beside its texts: offsets, time, stream, duplicate filter.
pub(crate) const ROW_OVERHEAD_BYTES: usize = 64;

/// Shredded columns of one segment; a field beyond them stays in the line only.
pub(crate) const FIELDS_MAX: usize = 200;

/// Names of fields that one segment remembers, shredded or not. Beyond it the segment does not
/// claim to know all names, and readers parse lines for unknown ones.
pub(crate) const FIELD_NAMES_MAX: usize = 2000;

/// Length of a flattened field name.
pub(crate) const FIELD_NAME_BYTES_MAX: usize = 256;

/// Nesting that the shredder follows; deeper lines are left to the query's own parser.
pub(crate) const JSON_DEPTH_MAX: usize = 32;

/// Fields whose values are longer than this on average are not shredded: the line has them, and
/// a second copy of `output` would cost more disk than all other columns.
pub(crate) const FIELD_MEAN_BYTES_MAX: usize = 96;

/// Fields of which nearly every value is new are not shredded from this mean length on: they are
/// times and hashes, which nobody groups by, and they do not compress.
pub(crate) const UNIQUE_FIELD_MEAN_BYTES_MAX: usize = 16;

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
const _: () = assert!(BLOCK_ROWS_MAX <= ROW_GROUP_ROWS_MAX);
const _: () = assert!(ROW_GROUP_ROWS_MAX.is_multiple_of(BLOCK_ROWS_MAX));
const _: () = assert!(FIELDS_MAX <= FIELD_NAMES_MAX);
