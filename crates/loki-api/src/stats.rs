//! The `stats` object of an answer. Clients show the summary; the rest is there for its shape.

use std::fmt::Write as _;

use logql_engine::Stats;

/// Appends the object.
pub(crate) fn push(out: &mut String, stats: &Stats) {
    let per_second = |count: u64| if stats.seconds > 0.0 { (count as f64 / stats.seconds) as u64 } else { 0 };
    let store = |blocks: u64, lines: u64, bytes: u64| {
        format!(
            "{{\"totalChunksRef\":{blocks},\"totalChunksDownloaded\":{blocks},\"chunksDownloadTime\":0,\
             \"queryReferencedStructuredMetadata\":false,\"chunk\":{{\"headChunkBytes\":0,\"headChunkLines\":0,\
             \"decompressedBytes\":{bytes},\"decompressedLines\":{lines},\"compressedBytes\":0,\
             \"totalDuplicates\":0,\"postFilterLines\":{},\"headChunkStructuredMetadataBytes\":0,\
             \"decompressedStructuredMetadataBytes\":0}},\"chunkRefsFetchTime\":0,\
             \"congestionControlLatency\":0,\"pipelineWrapperFilteredLines\":0}}",
            if lines > 0 { stats.lines_kept } else { 0 }
        )
    };
    let _ = write!(
        out,
        "{{\"summary\":{{\"bytesProcessedPerSecond\":{},\"linesProcessedPerSecond\":{},\
         \"totalBytesProcessed\":{},\"totalLinesProcessed\":{},\"execTime\":{:.6},\"queueTime\":0,\
         \"subqueries\":0,\"totalEntriesReturned\":{},\"splits\":0,\"shards\":0,\"totalPostFilterLines\":{},\
         \"totalStructuredMetadataBytesProcessed\":0}},\"querier\":{{\"store\":{}}},\
         \"ingester\":{{\"totalReached\":0,\"totalChunksMatched\":0,\"totalBatches\":0,\"totalLinesSent\":0,\
         \"store\":{}}},\"cache\":{{}},\"index\":{{\"totalChunks\":{},\"postFilterChunks\":{},\
         \"shardsDuration\":0,\"usedBloomFilters\":false}}}}",
        per_second(stats.bytes),
        per_second(stats.lines),
        stats.bytes,
        stats.lines,
        stats.seconds,
        stats.entries_returned,
        stats.lines_kept,
        store(stats.blocks_read, stats.lines, stats.bytes),
        store(0, 0, 0),
        stats.blocks_read + stats.blocks_skipped,
        stats.blocks_read,
    );
}
