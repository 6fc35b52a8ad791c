//! One table per question: does it match, what is wrong, which hosts.

use http::{HeaderMap, Method};

use super::*;

fn view<'a>(host: &'a str, target: &'a str, headers: &'a HeaderMap, method: &'a Method) -> RequestView<'a> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    RequestView { host, path, query, method, headers, peer: "10.1.2.3".parse().unwrap() }
}

fn check(rule: &str, host: &str, target: &str, expected: bool) {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "text/html".parse().unwrap());
    let parsed = Rule::parse(rule).unwrap_or_else(|error| panic!("{rule}: {error}"));
    assert_eq!(
        parsed.matches(&view(host, target, &headers, &Method::GET)),
        expected,
        "{rule} on {host}{target}"
    );
}

#[test]
fn rules_match_as_in_traefik() {
    check("Host(`a.org`)", "a.org", "/", true);
    check("host(\"A.org.\")", "a.org", "/", true);
    check("HOST(`a.org`)", "b.org", "/", false);
    check("Host(`*.a.org`)", "x.a.org", "/", true);
    check("Host(`*.a.org`)", "x.y.a.org", "/", false);
    check("Host(`*.a.org`)", "a.org", "/", false);
    check("Host(`*`)", "what.ever", "/", true);
    check("HostRegexp(`^[a-z]+\\.a\\.org$`)", "x.a.org", "/", true);
    check("Hostregexp(`A`)", "xax", "/", true);
    check("Path(`/x`)", "h", "/x", true);
    check("Path(`/x`)", "h", "/x/", false);
    check("PathPrefix(`/products`)", "h", "/products-for-sale", true);
    check("PathRegexp(`^/(a|b)/[0-9]{2}$`)", "h", "/b/17", true);
    check("Method(`get`)", "h", "/", true);
    check("Header(`Content-Type`, `text/html`)", "h", "/", true);
    check("Header(`Content-Type`, `text`)", "h", "/", false);
    check("HeaderRegexp(`content-type`, `^text/`)", "h", "/", true);
    check("Query(`a`, `1`)", "h", "/?b=2&a=1", true);
    check("Query(`a`)", "h", "/?a", true);
    check("Query(`a`)", "h", "/?a=1", false);
    check("Query(`a b`, `1&2`)", "h", "/?a+b=1%262", true);
    check("QueryRegexp(`a`, `^[0-9]+$`)", "h", "/?a=x&a=12", true);
    check("ClientIP(`10.0.0.0/8`)", "h", "/", true);
    check("ClientIP(`10.1.2.4`)", "h", "/", false);
    check("!Host(`a`) && (Path(`/x`) || Path(`/y`))", "h", "/y", true);
    check("Host(`h`) || Host(`i`) && Path(`/x`)", "h", "/", true);
    check("!(Host(`a`) || Host(`h`))", "h", "/", false);
    check("!!Host(`h`)", "h", "/", true);
}

#[test]
fn mistakes_are_explained() {
    let check = |rule: &str, expected: &[&str]| {
        let error = Rule::parse(rule).unwrap_err().to_string();
        for part in expected {
            assert!(error.contains(part), "{rule}: {error:?} lacks {part:?}");
        }
    };
    check("", &["empty"]);
    check("Host('a')", &["single quotes", "backticks"]);
    check("Host(`a`, `b`)", &["older syntax", "Host(`a`) || Host(`b`)"]);
    check("HostRegexp(`{sub:[a-z]+}.a.org`)", &["ended with v2"]);
    check("PathPrefix(`/api/{id}`)", &["older syntax", "PathRegexp"]);
    check("Headers(`a`, `b`)", &["Header(`name`, `value`)"]);
    check("Host(`a`) & Path(`/`)", &["write &&"]);
    check("Host(`a`) Path(`/`)", &["unexpected Path", "&& or ||"]);
    check("Host(`a`", &["never closed"]);
    check("Host(`a", &["no end"]);
    check("Host", &["has no value"]);
    check("Host()", &["Host has 0 values"]);
    check("Host(``)", &["empty value"]);
    check("Host(`ä.org`)", &["xn--"]);
    check("Host(`https://a.org/`)", &["no host name"]);
    check("Path(`x`)", &["Path(`/x`)"]);
    check("PathRegexp(`(`)", &["cannot be read"]);
    check("hostRegexp(`a`)", &["spelled HostRegexp"]);
    check("Foo(`a`)", &["unknown matcher", "PathPrefix"]);
    check("Query(`a=b`)", &["Query(`a`, `b`)"]);
    check("ClientIP(`x`)", &["no address"]);
    check("Host(`a`) &&", &["ends too early"]);
    check(&"!".repeat(1000), &["nested too deeply"]);
    check(&format!("Host(`{}`)", "a".repeat(9000)), &["too long"]);
}

#[test]
fn hosts_are_known_where_the_rule_is_bound_to_them() {
    let check = |rule: &str, expected: Option<&[&str]>| {
        let expected = expected.map_or(Hosts::Open, |names| {
            Hosts::Exactly(names.iter().map(|name| (*name).to_owned()).collect())
        });
        assert_eq!(Rule::parse(rule).unwrap().hosts(), expected, "{rule}");
    };
    check("Host(`A`)", Some(&["a"]));
    check("Host(`a`) || Host(`b`)", Some(&["a", "b"]));
    check("(Host(`a`) || Host(`b`)) && PathPrefix(`/x`)", Some(&["a", "b"]));
    check("Host(`a`) && Host(`b`)", Some(&[]));
    check("Host(`a`) || PathPrefix(`/x`)", None);
    check("!Host(`a`)", None);
    check("HostRegexp(`a`)", None);
    check("Host(`*.a`)", None);
}

#[test]
fn paths_are_decoded_but_for_reserved_characters() {
    assert_eq!(decode_for_matching("/a%20b"), "/a b");
    assert_eq!(decode_for_matching("/a%2Fb%3b%25"), "/a%2Fb%3b%25");
    assert_eq!(decode_for_matching("/caf%C3%A9"), "/café");
    assert_eq!(decode_for_matching("/%ff%zz%"), "/%ff%zz%");
}
