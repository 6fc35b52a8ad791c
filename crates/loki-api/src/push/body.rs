//! Bodies out of their compression, never larger than allowed.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use http::StatusCode;

use crate::reply::Refusal;

/// A JSON body out of its `Content-Encoding`.
pub(super) fn decompress(raw: Bytes, encoding: &str, bytes_max: usize) -> Result<Bytes, Refusal> {
    match encoding {
        "" | "identity" => Ok(raw),
        "gzip" => read(GzDecoder::new(&*raw), bytes_max, "gzip: invalid header\n"),
        // Senders disagree on what "deflate" is; the zlib header tells.
        "deflate" if raw.first().is_some_and(|first| first & 0x0f == 8) => {
            read(ZlibDecoder::new(&*raw), bytes_max, "flate: corrupt input\n")
        }
        "deflate" => read(DeflateDecoder::new(&*raw), bytes_max, "flate: corrupt input\n"),
        // Loki refuses zstd here; a body that is no zstd gets its words.
        "zstd" if raw.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => {
            let corrupt = "zstd: corrupt input\n";
            let decoder = zstd::Decoder::with_buffer(&*raw).map_err(|_| Refusal::bad(corrupt))?;
            read(decoder, bytes_max, corrupt)
        }
        "snappy" => unsnap(&raw, bytes_max).map(Bytes::from),
        other => {
            Err(Refusal::bad(format!("Content-Encoding {} not supported\n", logql_syntax::quote(other))))
        }
    }
}

/// A snappy block. Its length is in its head, so a bomb is refused before any memory is taken.
pub(super) fn unsnap(raw: &[u8], bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let corrupt = || Refusal::bad("snappy: corrupt input\n");
    let length = snap::raw::decompress_len(raw).map_err(|_| corrupt())?;
    if length > bytes_max {
        return Err(too_large(bytes_max));
    }
    snap::raw::Decoder::new().decompress_vec(raw).map_err(|_| corrupt())
}

fn read(decoder: impl std::io::Read, bytes_max: usize, corrupt: &str) -> Result<Bytes, Refusal> {
    let mut out = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(limit).read_to_end(&mut out).map_err(|_| Refusal::bad(corrupt))?;
    if out.len() > bytes_max {
        return Err(too_large(bytes_max));
    }
    Ok(out.into())
}

fn too_large(bytes_max: usize) -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the decompressed body is larger than {bytes_max} bytes\n"),
    )
}
