//! Write-ahead log and Parquet segments with labels.
