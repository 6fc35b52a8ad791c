//! Settings of every middleware, with Traefik's names.
//!
//! Long because there are many middlewares; each is a plain list of fields.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ServersTransport, Span, TextList};

/// A middleware: exactly one of its kinds. A kind that is not here is an unknown field, hence an
/// error: an authentication that is passed over would be an open door.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Middleware {
    /// See [`AddPrefix`].
    pub add_prefix: Option<AddPrefix>,
    /// See [`BasicAuth`].
    pub basic_auth: Option<BasicAuth>,
    /// See [`Buffering`].
    pub buffering: Option<Buffering>,
    /// See [`Chain`].
    pub chain: Option<Chain>,
    /// See [`Compress`].
    pub compress: Option<Compress>,
    /// See [`ContentType`].
    pub content_type: Option<ContentType>,
    /// See [`DigestAuth`].
    pub digest_auth: Option<DigestAuth>,
    /// See [`EncodedCharacters`].
    pub encoded_characters: Option<EncodedCharacters>,
    /// See [`Errors`].
    pub errors: Option<Errors>,
    /// See [`ForwardAuth`].
    pub forward_auth: Option<ForwardAuth>,
    /// See [`Headers`].
    pub headers: Option<Headers>,
    /// See [`InFlightReq`].
    pub in_flight_req: Option<InFlightReq>,
    /// See [`IpAllowList`].
    pub ip_allow_list: Option<IpAllowList>,
    /// Older name of `ipAllowList`.
    pub ip_white_list: Option<IpAllowList>,
    /// See [`RateLimit`].
    pub rate_limit: Option<RateLimit>,
    /// See [`RedirectRegex`].
    pub redirect_regex: Option<RedirectRegex>,
    /// See [`RedirectScheme`].
    pub redirect_scheme: Option<RedirectScheme>,
    /// See [`ReplacePath`].
    pub replace_path: Option<ReplacePath>,
    /// See [`ReplacePathRegex`].
    pub replace_path_regex: Option<ReplacePathRegex>,
    /// See [`Retry`].
    pub retry: Option<Retry>,
    /// See [`StripPrefix`].
    pub strip_prefix: Option<StripPrefix>,
    /// See [`StripPrefixRegex`].
    pub strip_prefix_regex: Option<StripPrefixRegex>,
}

/// Puts a prefix in front of the path.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AddPrefix {
    /// The prefix.
    pub prefix: String,
}

/// Asks for a user and password.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BasicAuth {
    /// `name:hash` each.
    pub users: TextList,
    /// A file of such lines; files only.
    pub users_file: String,
    /// Shown by the browser.
    pub realm: String,
    /// Do not hand on the credentials.
    pub remove_header: bool,
    /// Header that gets the user's name.
    pub header_field: String,
}

/// Reads requests and answers whole.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Buffering {
    /// Larger requests get 413; 0: no bound.
    pub max_request_body_bytes: u64,
    /// Read and not used: nothing is put on disk.
    pub mem_request_body_bytes: u64,
    /// Larger answers become 500; 0: no bound.
    pub max_response_body_bytes: u64,
    /// Read and not used.
    pub mem_response_body_bytes: u64,
    /// Not understood.
    pub retry_expression: String,
}

/// Middlewares under one name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Chain {
    /// In this order.
    pub middlewares: TextList,
}

/// Compresses answers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Compress {
    /// Left as they are.
    pub excluded_content_types: TextList,
    /// Only these.
    pub included_content_types: TextList,
    /// Smaller answers are left as they are.
    pub min_response_body_bytes: Option<u64>,
    /// Of `gzip` and `zstd`; `br` is passed over.
    pub encodings: TextList,
    /// For clients that name none.
    pub default_encoding: String,
}

/// Does nothing, as in Traefik v3: no content type is ever guessed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ContentType {
    /// Read and not used.
    pub auto_detect: bool,
}

/// Asks for a user and password by digest.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DigestAuth {
    /// `name:realm:hash` each.
    pub users: TextList,
    /// A file of such lines; files only.
    pub users_file: String,
    /// Do not hand on the credentials.
    pub remove_header: bool,
    /// Shown by the browser.
    pub realm: String,
    /// Header that gets the user's name.
    pub header_field: String,
}

/// Which percent-encoded characters a path may hold.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EncodedCharacters {
    /// `%2F`.
    pub allow_encoded_slash: bool,
    /// `%5C`.
    pub allow_encoded_back_slash: bool,
    /// `%00`: refused whatever stands here.
    pub allow_encoded_null_character: bool,
    /// `%3B`.
    pub allow_encoded_semicolon: bool,
    /// `%25`.
    pub allow_encoded_percent: bool,
    /// `%3F`.
    pub allow_encoded_question_mark: bool,
    /// `%23`.
    pub allow_encoded_hash: bool,
}

/// Answers with a page of another service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Errors {
    /// `500-599` or single numbers.
    pub status: TextList,
    /// Status in place of another.
    pub status_rewrites: BTreeMap<String, u16>,
    /// Whose page.
    pub service: String,
    /// Its path; `{status}` and `{url}` are filled in.
    pub query: String,
}

/// Asks another server whether a request may pass.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ForwardAuth {
    /// Its URL.
    pub address: String,
    /// Hand on `X-Forwarded-*` as they came.
    pub trust_forward_header: bool,
    /// Headers of its answer that the request gets.
    pub auth_response_headers: TextList,
    /// The same, by pattern.
    pub auth_response_headers_regex: String,
    /// Only these go to it; none: all.
    pub auth_request_headers: TextList,
    /// Its cookies that the answer gets.
    pub add_auth_cookies_to_response: TextList,
    /// Header of its answer that names the user.
    pub header_field: String,
    /// Not supported.
    pub forward_body: bool,
    /// Read and not used.
    pub max_body_size: Option<i64>,
    /// Larger answers of it are refused; bytes.
    pub max_response_body_size: Option<i64>,
    /// Leave a relative `Location` as it is.
    pub preserve_location_header: bool,
    /// Ask with the request's own method.
    pub preserve_request_method: bool,
    /// How it is reached.
    pub tls: Option<ServersTransport>,
}

/// Sets, removes and checks headers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Headers {
    /// Set on requests; empty removes.
    pub custom_request_headers: BTreeMap<String, String>,
    /// Set on answers; empty removes.
    pub custom_response_headers: BTreeMap<String, String>,
    /// CORS.
    pub access_control_allow_credentials: bool,
    /// CORS.
    pub access_control_allow_headers: TextList,
    /// CORS.
    pub access_control_allow_methods: TextList,
    /// CORS.
    pub access_control_allow_origin_list: TextList,
    /// CORS.
    pub access_control_allow_origin_list_regex: TextList,
    /// CORS.
    pub access_control_expose_headers: TextList,
    /// CORS, in seconds.
    pub access_control_max_age: i64,
    /// CORS.
    pub add_vary_header: bool,
    /// Other hosts get 500, as in Traefik.
    pub allowed_hosts: TextList,
    /// Headers that may name the host.
    pub hosts_proxy_headers: TextList,
    /// Read and not used: we know how the request came.
    pub ssl_proxy_headers: BTreeMap<String, String>,
    /// Strict-Transport-Security.
    #[serde(rename = "stsSeconds")]
    pub sts_seconds: i64,
    /// Strict-Transport-Security.
    #[serde(rename = "stsIncludeSubdomains")]
    pub sts_include_subdomains: bool,
    /// Strict-Transport-Security.
    #[serde(rename = "stsPreload")]
    pub sts_preload: bool,
    /// Also without TLS.
    #[serde(rename = "forceSTSHeader")]
    pub force_sts_header: bool,
    /// X-Frame-Options: DENY.
    pub frame_deny: bool,
    /// X-Frame-Options.
    pub custom_frame_options_value: String,
    /// X-Content-Type-Options: nosniff.
    pub content_type_nosniff: bool,
    /// X-XSS-Protection: 1; mode=block.
    pub browser_xss_filter: bool,
    /// X-XSS-Protection.
    pub custom_browser_xss_value: String,
    /// Content-Security-Policy.
    pub content_security_policy: String,
    /// Content-Security-Policy-Report-Only.
    pub content_security_policy_report_only: String,
    /// Public-Key-Pins.
    pub public_key: String,
    /// Referrer-Policy.
    pub referrer_policy: String,
    /// Permissions-Policy.
    pub permissions_policy: String,
    /// Feature-Policy.
    pub feature_policy: String,
    /// Leaves out host checks and Strict-Transport-Security.
    pub is_development: bool,
    /// Ended with v3.
    pub ssl_redirect: bool,
    /// Ended with v3.
    pub ssl_temporary_redirect: bool,
    /// Ended with v3.
    pub ssl_host: String,
    /// Ended with v3.
    pub ssl_force_host: bool,
}

/// Bounds the requests at once.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InFlightReq {
    /// How many.
    pub amount: i64,
    /// Counted per what; the host when absent.
    pub source_criterion: Option<SourceCriterion>,
}

/// Lets only some addresses in.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IpAllowList {
    /// Addresses and ranges.
    pub source_range: TextList,
    /// Which address is looked at.
    pub ip_strategy: Option<IpStrategy>,
    /// 403 when 0.
    pub reject_status_code: u16,
}

/// Which address of `X-Forwarded-For` is the client's.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IpStrategy {
    /// So many from the right; 0: the connection's address.
    pub depth: usize,
    /// The first from the right that is not one of these.
    #[serde(rename = "excludedIPs")]
    pub excluded_ips: TextList,
    /// Bits of an IPv6 address that count.
    #[serde(rename = "ipv6Subnet")]
    pub ipv6_subnet: u8,
}

/// Bounds the requests per time.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RateLimit {
    /// Requests per period; 0: no bound.
    pub average: i64,
    /// One second when 0.
    pub period: Span,
    /// Requests at once; 1 when 0.
    pub burst: i64,
    /// Counted per what; the address when absent.
    pub source_criterion: Option<SourceCriterion>,
}

/// Redirects by pattern of the whole URL.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RedirectRegex {
    /// The pattern.
    pub regex: String,
    /// With `$1` or `${1}`.
    pub replacement: String,
    /// For good.
    pub permanent: bool,
}

/// Redirects to another scheme.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RedirectScheme {
    /// Such as `https`.
    pub scheme: String,
    /// A port, if not the usual one.
    pub port: String,
    /// For good.
    pub permanent: bool,
}

/// Replaces the path.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ReplacePath {
    /// The new one.
    pub path: String,
}

/// Replaces the path by pattern.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ReplacePathRegex {
    /// The pattern.
    pub regex: String,
    /// With `$1` or `${1}`.
    pub replacement: String,
}

/// Tries other servers when one cannot be connected to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retry {
    /// How often in all.
    pub attempts: usize,
    /// First pause; doubled with each.
    pub initial_interval: Span,
}

/// What requests are counted per: one of these.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SourceCriterion {
    /// Address.
    pub ip_strategy: Option<IpStrategy>,
    /// Header.
    pub request_header_name: String,
    /// Host.
    pub request_host: bool,
}

/// Takes a prefix off the path.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StripPrefix {
    /// The first that fits.
    pub prefixes: TextList,
    /// Read and not used.
    pub force_slash: Option<bool>,
}

/// Takes a prefix off the path by pattern.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StripPrefixRegex {
    /// The first that fits.
    pub regex: TextList,
}
