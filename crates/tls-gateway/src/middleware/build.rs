//! From settings to a middleware.

use std::sync::Arc;

use super::{
    Layer, add_prefix::AddPrefix, basic_auth::BasicAuth, buffering::Buffering, compress::Compress,
    digest_auth::DigestAuth, encoded_characters::EncodedCharacters, errors::Errors,
    forward_auth::ForwardAuth, headers::Headers, in_flight_req::InFlightReq, ip_allow_list::IpAllowList,
    rate_limit::RateLimit, redirect_regex::RedirectRegex, redirect_scheme::RedirectScheme,
    replace_path::ReplacePath, replace_path_regex::ReplacePathRegex, retry::Retry, strip_prefix::StripPrefix,
    strip_prefix_regex::StripPrefixRegex,
};
use crate::{
    dynamic::{self, Origin},
    server::Resources,
    upstream::ServiceHandle,
};

/// What building needs beside the settings.
pub(crate) struct Workshop<'a> {
    pub(crate) name: &'a str,
    pub(crate) origin: &'a Origin,
    pub(crate) resources: &'a Resources,
    /// Finds a service by name, for `errors`.
    pub(crate) service: &'a mut dyn FnMut(&str) -> Result<ServiceHandle, String>,
}

/// A middleware, or the names of those it stands for.
pub(crate) enum Built {
    One(Arc<dyn Layer>, Vec<String>),
    Chain(Vec<String>),
    /// Settings that have no effect.
    Nothing,
}

impl Workshop<'_> {
    /// Labels may neither read files of the hub nor make it ask itself.
    pub(crate) fn is_trusted(&self) -> bool {
        !matches!(self.origin, Origin::Labels(_))
    }
}

/// Builds a middleware; the error says what is wrong and how to mend it. With it come warnings.
pub(crate) fn build(settings: &dynamic::Middleware, shop: &mut Workshop<'_>) -> Result<Built, String> {
    let mut built: Vec<Built> = Vec::new();
    let mut one = |layer: Arc<dyn Layer>, warnings| built.push(Built::One(layer, warnings));
    macro_rules! kinds {
        ($($field:ident => $layer:ident),* $(,)?) => {
            $(if let Some(settings) = &settings.$field {
                let (layer, warnings) = $layer::build(settings, shop)?;
                one(Arc::new(layer), warnings);
            })*
        };
    }
    kinds! {
        add_prefix => AddPrefix,
        basic_auth => BasicAuth,
        buffering => Buffering,
        compress => Compress,
        digest_auth => DigestAuth,
        encoded_characters => EncodedCharacters,
        errors => Errors,
        forward_auth => ForwardAuth,
        headers => Headers,
        in_flight_req => InFlightReq,
        ip_allow_list => IpAllowList,
        ip_white_list => IpAllowList,
        rate_limit => RateLimit,
        redirect_regex => RedirectRegex,
        redirect_scheme => RedirectScheme,
        replace_path => ReplacePath,
        replace_path_regex => ReplacePathRegex,
        retry => Retry,
        strip_prefix => StripPrefix,
        strip_prefix_regex => StripPrefixRegex,
    }
    if let Some(chain) = &settings.chain {
        built.push(Built::Chain(chain.middlewares.to_vec()));
    }
    if settings.content_type.is_some() {
        built.push(Built::Nothing);
    }
    match (built.pop(), built.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => {
            Err("two kinds of middleware under one name: give each a name of its own".to_owned())
        }
        (None, _) => {
            Err("no kind of middleware is named: write, for example, basicAuth below the name".to_owned())
        }
    }
}
