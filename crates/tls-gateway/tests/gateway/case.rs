//! Cases of `conformance/gateway`: their form is in its README.

use std::{fs, path::Path};

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) answers: Vec<Vec<String>>,
    pub(crate) upstream: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum Piece {
    Bytes(Vec<u8>),
    WaitMs(u64),
}

pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/gateway");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "http"));
    files.sort();
    let mut cases = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let topic = path.file_stem().unwrap().to_string_lossy().into_owned();
        cases.extend(text.split("\n=== ").skip(1).map(|case| read(&topic, case)));
    }
    cases
}

fn read(topic: &str, text: &str) -> Case {
    let (name, rest) = text.split_once('\n').unwrap();
    let mut case =
        Case { name: format!("{topic}: {name}"), pieces: vec![], answers: vec![], upstream: vec![] };
    for section in rest.split("--- ").skip(1) {
        let (kind, body) = section.split_once('\n').unwrap_or((section, ""));
        let body = body.strip_suffix('\n').unwrap_or(body);
        match kind {
            "request" | "raw" => case.pieces = pieces(body, kind == "request"),
            "answer" => {
                // `400 or closed` is one answer, `200 400` are two.
                let joined = body.trim().replace(" or ", "|");
                case.answers = joined
                    .split_whitespace()
                    .map(|one| one.split('|').map(str::to_owned).collect())
                    .collect();
            }
            "upstream" => case.upstream = body.lines().map(str::to_owned).collect(),
            other => panic!("{name}: unknown section {other}"),
        }
    }
    assert!(!case.pieces.is_empty() && !case.answers.is_empty(), "{name}");
    case
}

fn pieces(body: &str, lines: bool) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut bytes = Vec::new();
    let count = body.lines().count();
    for (index, line) in body.split('\n').enumerate() {
        if let Some(ms) = line.strip_prefix("@wait ") {
            all.push(Piece::Bytes(std::mem::take(&mut bytes)));
            all.push(Piece::WaitMs(ms.parse().unwrap()));
            continue;
        }
        bytes.extend(unescape(&repeat(line)));
        // The last line of a body is not ended: its length is exact.
        let ends = index + 1 < count || line.is_empty();
        if lines && ends {
            bytes.extend(b"\r\n");
        }
    }
    if lines && !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        bytes.extend(b"\r\n");
    }
    all.push(Piece::Bytes(bytes));
    all
}

fn repeat(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        let (inner, behind) = after.split_once('}').unwrap();
        let (text, count) = inner.rsplit_once('*').unwrap();
        out.push_str(before);
        out.push_str(&text.repeat(count.parse().unwrap()));
        rest = behind;
    }
    out + rest
}

fn unescape(line: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next().unwrap() {
            b'r' => out.push(b'\r'),
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'0' => out.push(0),
            b'\\' => out.push(b'\\'),
            b'x' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            other => panic!("unknown escape {}", char::from(other)),
        }
    }
    out
}
