//! Sets of paths by their prefixes, as the kernel is asked for them: from checks on paths, joined
//! and cut. A set may be larger than asked, never smaller. Knows no rule and no event.

use event::PathSet;

use crate::{limits::INTEREST_PREFIXES_MAX, test::Test};

pub(crate) fn none() -> PathSet {
    PathSet::Prefixes(Vec::new())
}

pub(crate) fn is_none(paths: &PathSet) -> bool {
    matches!(paths, PathSet::Prefixes(prefixes) if prefixes.is_empty())
}

pub(crate) fn union(a: PathSet, b: PathSet) -> PathSet {
    match (a, b) {
        (PathSet::Prefixes(mut a), PathSet::Prefixes(b)) => {
            a.extend(b);
            prefixes(a)
        }
        _ => PathSet::All,
    }
}

pub(crate) fn intersection(a: PathSet, b: PathSet) -> PathSet {
    match (a, b) {
        (PathSet::All, other) | (other, PathSet::All) => other,
        (PathSet::Prefixes(a), PathSet::Prefixes(b)) => {
            let longer = |x: &Vec<u8>, y: &Vec<u8>| -> Option<Vec<u8>> {
                if x.starts_with(y) {
                    Some(x.clone())
                } else if y.starts_with(x) {
                    Some(y.clone())
                } else {
                    None
                }
            };
            prefixes(a.iter().flat_map(|x| b.iter().filter_map(move |y| longer(x, y))).collect())
        }
    }
}

/// Without prefixes that another one covers; every path when there are too many.
fn prefixes(mut all: Vec<Vec<u8>>) -> PathSet {
    all.sort();
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for prefix in all {
        if !kept.last().is_some_and(|last| prefix.starts_with(last)) {
            kept.push(prefix);
        }
    }
    let is_everything = kept.first().is_some_and(Vec::is_empty);
    if is_everything || kept.len() > INTEREST_PREFIXES_MAX { PathSet::All } else { PathSet::Prefixes(kept) }
}

/// Prefixes of every path the test can hold for.
pub(crate) fn name_prefixes(test: &Test) -> PathSet {
    match test {
        Test::TextIs(text) | Test::StartsWith(text) => prefixes(vec![text.to_vec()]),
        Test::TextIn(texts) => prefixes(texts.iter().map(|text| text.to_vec()).collect()),
        Test::StartsWithAny(texts) => prefixes(texts.iter().map(|text| text.to_vec()).collect()),
        Test::Glob(glob) => prefixes(vec![glob.literal_prefix()]),
        Test::Paths(paths) => prefixes(paths.literal_prefixes()),
        Test::Many(_, tests) => tests.iter().map(name_prefixes).reduce(union).unwrap_or_else(none),
        _ => PathSet::All,
    }
}

/// `fd.directory` is the path up to its last slash.
pub(crate) fn directory_prefixes(test: &Test) -> PathSet {
    let below = |directory: &[u8]| {
        let mut prefix = directory.to_vec();
        if prefix.last() != Some(&b'/') {
            prefix.push(b'/');
        }
        prefix
    };
    match test {
        Test::TextIs(text) => prefixes(vec![below(text)]),
        Test::TextIn(texts) => prefixes(texts.iter().map(|text| below(text)).collect()),
        Test::StartsWith(text) => prefixes(vec![text.to_vec()]),
        Test::StartsWithAny(texts) => prefixes(texts.iter().map(|text| text.to_vec()).collect()),
        _ => PathSet::All,
    }
}
