//! `encodedCharacters`: which percent-encoded characters a path may hold.

use http::{Request, StatusCode};

use super::{Answer, Layer, Next, build::Workshop};
use crate::{body::Body, dynamic, exchange::Exchange, request::encoded_delicate};

pub(super) struct EncodedCharacters(u8);

impl EncodedCharacters {
    pub(super) fn build(
        settings: &dynamic::EncodedCharacters,
        _: &mut Workshop<'_>,
    ) -> Result<(Self, Vec<String>), String> {
        let flags = [
            settings.allow_encoded_slash,
            settings.allow_encoded_back_slash,
            settings.allow_encoded_semicolon,
            settings.allow_encoded_percent,
            settings.allow_encoded_question_mark,
            settings.allow_encoded_hash,
        ];
        let allowed = flags.iter().enumerate().fold(0, |set, (bit, flag)| set | u8::from(*flag) << bit);
        Ok((EncodedCharacters(allowed), Vec::new()))
    }
}

impl Layer for EncodedCharacters {
    fn handle<'a>(
        &'a self,
        request: Request<Body>,
        exchange: &'a mut Exchange,
        next: Next<'a>,
    ) -> Answer<'a> {
        Box::pin(async move {
            if encoded_delicate(request.uri().path()) & !self.0 != 0 {
                return exchange.refuse(StatusCode::BAD_REQUEST, "encoded_character");
            }
            next.run(request, exchange).await
        })
    }

    fn allowed_encodings(&self) -> Option<u8> {
        Some(self.0)
    }
}
