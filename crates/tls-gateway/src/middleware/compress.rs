//! `compress`: gzip or zstd, where the client takes it and it is worth it.

use std::{
    io::Write as _,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::{Body as HttpBody, Frame};

use super::{Answer, Layer, Next, build::Workshop};
use crate::{
    body::{Body, BoxError},
    dynamic,
    exchange::Exchange,
};

/// Traefik's.
const BYTES_MIN: u64 = 1024;

pub(super) struct Compress {
    bytes_min: u64,
    excluded: Vec<String>,
    included: Vec<String>,
    encodings: Vec<Encoding>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Zstd,
}

impl Compress {
    pub(super) fn build(
        settings: &dynamic::Compress,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        if !settings.excluded_content_types.is_empty() && !settings.included_content_types.is_empty() {
            return Err("compress has both excludedContentTypes and includedContentTypes".to_owned());
        }
        let mut encodings = Vec::new();
        let mut warnings = Vec::new();
        for name in settings.encodings.iter() {
            match name.as_str() {
                "gzip" => encodings.push(Encoding::Gzip),
                "zstd" => encodings.push(Encoding::Zstd),
                "br" => warnings.push("br is passed over: gzip and zstd are served".to_owned()),
                other => return Err(format!("{other:?} is no encoding: use gzip or zstd")),
            }
        }
        if encodings.is_empty() {
            encodings = vec![Encoding::Gzip, Encoding::Zstd];
        }
        let media = |list: &[String]| list.iter().map(|kind| kind.trim().to_ascii_lowercase()).collect();
        let layer = Compress {
            bytes_min: settings.min_response_body_bytes.unwrap_or(BYTES_MIN),
            excluded: media(&settings.excluded_content_types),
            included: media(&settings.included_content_types),
            encodings,
        };
        Ok((layer, warnings))
    }

    fn is_worth_it(&self, response: &Response<Body>) -> bool {
        let headers = response.headers();
        let status = response.status();
        if headers.contains_key(header::CONTENT_ENCODING)
            || headers.contains_key(header::CONTENT_RANGE)
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED
            || status == StatusCode::SWITCHING_PROTOCOLS
        {
            return false;
        }
        if response.body().size_hint().exact().is_some_and(|bytes| bytes < self.bytes_min) {
            return false;
        }
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !self.included.is_empty() {
            return self.included.contains(&kind);
        }
        // Compressed already, or a stream whose messages have borders.
        let pointless = ["image/", "video/", "audio/", "font/woff"].iter().any(|head| kind.starts_with(head))
            && kind != "image/svg+xml";
        !pointless && !kind.starts_with("application/grpc") && !self.excluded.contains(&kind)
    }
}

impl Layer for Compress {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            let encoding = if request.method() == Method::HEAD {
                None
            } else {
                accepted(request.headers(), &self.encodings)
            };
            let mut response = next.run(request, exchange).await;
            if !self.is_worth_it(&response) {
                return response;
            }
            response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
            let Some(encoding) = encoding else { return response };
            let (mut parts, body) = response.into_parts();
            let (name, encoder) = match encoding {
                Encoding::Gzip => ("gzip", Encoder::Gzip(GzEncoder::new(Vec::new(), Compression::new(5)))),
                Encoding::Zstd => match zstd::stream::write::Encoder::new(Vec::new(), 3) {
                    Ok(encoder) => ("zstd", Encoder::Zstd(encoder)),
                    Err(_) => return Response::from_parts(parts, body),
                },
            };
            parts.headers.remove(header::CONTENT_LENGTH);
            parts.headers.remove(header::ACCEPT_RANGES);
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
            // Another representation has another tag.
            if let Some(tag) = parts.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok())
                && !tag.starts_with("W/")
                && let Ok(weak) = HeaderValue::try_from(format!("W/{tag}"))
            {
                parts.headers.insert(header::ETAG, weak);
            }
            let body = Compressed { inner: body, encoder: Some(encoder) };
            Response::from_parts(parts, Body::boxed(body))
        })
    }
}

/// The encoding the client likes best; of equals, ours.
fn accepted(headers: &HeaderMap, ours: &[Encoding]) -> Option<Encoding> {
    let mut best: Option<(Encoding, f32)> = None;
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for item in values.flat_map(|value| value.split(',')) {
        let mut parts = item.split(';');
        let name = parts.next().unwrap_or_default().trim();
        let weight =
            parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        let encoding = match name {
            "gzip" | "x-gzip" => Encoding::Gzip,
            "zstd" => Encoding::Zstd,
            "*" => *ours.first()?,
            _ => continue,
        };
        let better = best.is_none_or(|(known, most)| {
            let rank = |wanted: Encoding| ours.iter().position(|one| *one == wanted);
            weight > most || (weight == most && rank(encoding) < rank(known))
        });
        if weight > 0.0 && ours.contains(&encoding) && better {
            best = Some((encoding, weight));
        }
    }
    best.map(|(encoding, _)| encoding)
}

enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    fn push(&mut self, data: &[u8]) -> std::io::Result<Vec<u8>> {
        // Flushed at each piece: a live stream must not wait for more.
        match self {
            Encoder::Gzip(encoder) => {
                encoder.write_all(data)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Encoder::Zstd(encoder) => {
                encoder.write_all(data)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
        }
    }

    fn finish(self) -> std::io::Result<Vec<u8>> {
        match self {
            Encoder::Gzip(encoder) => encoder.finish(),
            Encoder::Zstd(encoder) => encoder.finish(),
        }
    }
}

struct Compressed {
    inner: Body,
    encoder: Option<Encoder>,
}

impl HttpBody for Compressed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        loop {
            if this.encoder.is_none() {
                return Poll::Ready(None);
            }
            let out = match ready!(Pin::new(&mut this.inner).poll_frame(context)) {
                Some(Ok(frame)) => match (frame.into_data(), &mut this.encoder) {
                    (Ok(data), Some(encoder)) => encoder.push(&data),
                    // Trailers end the body; nothing that is compressed has any.
                    _ => continue,
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => this.encoder.take().map_or(Ok(Vec::new()), Encoder::finish),
            };
            match out {
                Ok(out) if out.is_empty() => {}
                Ok(out) => return Poll::Ready(Some(Ok(Frame::data(Bytes::from(out))))),
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            }
        }
    }
}
