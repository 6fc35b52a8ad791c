//! Line filters, over a column at once or line by line.

use log_record::{RecordBlock, TextColumn};
use logql_syntax::{LineFilter, LineOperator, LineTerm};
use memchr::memmem::Finder;
use regex::Regex;

use super::{ip::IpRange, pattern::LinePattern, regex_translate};

/// A line filter: passes when any test passes, or with `negated` when none does.
#[derive(Debug)]
pub(crate) struct LineMatch {
    negated: bool,
    tests: Vec<Test>,
}

#[derive(Debug)]
enum Test {
    All,
    Literal(Box<Finder<'static>>),
    Regex(Regex),
    Pattern(LinePattern),
    Ip(IpRange),
}

impl Test {
    fn passes(&self, line: &str) -> bool {
        match self {
            Test::All => true,
            Test::Literal(finder) => finder.find(line.as_bytes()).is_some(),
            Test::Regex(regex) => regex.is_match(line),
            Test::Pattern(pattern) => pattern.matches(line),
            Test::Ip(range) => range.found_in(line),
        }
    }
}

impl LineMatch {
    /// Compiles; the error is the reason alone.
    pub(crate) fn compile(filter: &LineFilter) -> Result<Self, String> {
        let negated = matches!(
            filter.op,
            LineOperator::NotContains | LineOperator::NotMatches | LineOperator::NotPattern
        );
        let tests = filter.terms.iter().map(|term| test(filter.op, term)).collect::<Result<_, _>>()?;
        Ok(LineMatch { negated, tests })
    }

    pub(crate) fn passes(&self, line: &str) -> bool {
        self.tests.iter().any(|test| test.passes(line)) != self.negated
    }

    /// The text every passing line contains, if there is one.
    pub(crate) fn required_text(filter: &LineFilter) -> Option<&str> {
        match (filter.op, filter.terms.as_slice()) {
            (LineOperator::Contains, [LineTerm { text, ip: false }]) if !text.is_empty() => Some(text),
            (LineOperator::Matches, [LineTerm { text, ip: false }]) => {
                let plain = !text.is_empty() && !text.contains(is_meta);
                plain.then_some(text.as_str())
            }
            _ => None,
        }
    }

    /// Keeps the rows of a block that pass. The first positive literal runs over the column's
    /// whole buffer at once: rows without it cost nothing each.
    fn narrow(&self, lines: TextColumn<'_>, rows: &mut Vec<u32>, untouched: bool) {
        if let (true, false, [Test::Literal(finder)]) = (untouched, self.negated, self.tests.as_slice()) {
            rows.clear();
            rows_with(lines, finder, rows);
            return;
        }
        rows.retain(|row| lines.get(*row as usize).is_some_and(|line| self.passes(line)));
    }
}

fn is_meta(next: char) -> bool {
    "\\.+*?()|[]{}^$".contains(next)
}

fn test(op: LineOperator, term: &LineTerm) -> Result<Test, String> {
    if term.ip {
        if !matches!(op, LineOperator::Contains | LineOperator::NotContains) {
            return Err("ip: invalid operation".to_owned());
        }
        return IpRange::parse(&term.text).map(Test::Ip);
    }
    let literal = |text: &str| Test::Literal(Box::new(Finder::new(text.as_bytes()).into_owned()));
    Ok(match op {
        _ if term.text.is_empty() && !matches!(op, LineOperator::Pattern | LineOperator::NotPattern) => {
            Test::All
        }
        LineOperator::Contains | LineOperator::NotContains => literal(&term.text),
        LineOperator::Matches | LineOperator::NotMatches if !term.text.contains(is_meta) => {
            literal(&term.text)
        }
        LineOperator::Matches | LineOperator::NotMatches => match term.text.as_str() {
            ".*" => Test::All,
            text => Test::Regex(regex_translate::regex(text).map_err(|error| error.to_string())?),
        },
        LineOperator::Pattern | LineOperator::NotPattern => {
            logql_syntax::check_line_pattern(&term.text)?;
            Test::Pattern(LinePattern::new(&term.text))
        }
    })
}

/// Fills `rows` with the rows of a block that pass all filters.
pub(crate) fn select(block: &RecordBlock<'_>, filters: &[LineMatch], rows: &mut Vec<u32>) {
    rows.clear();
    rows.extend(0..u32::try_from(block.len()).unwrap_or(u32::MAX));
    for (index, filter) in filters.iter().enumerate() {
        filter.narrow(block.lines, rows, index == 0);
    }
}

/// Rows whose text holds the needle, found by one search over the whole buffer.
fn rows_with(lines: TextColumn<'_>, finder: &Finder<'_>, rows: &mut Vec<u32>) {
    let bound = |index: usize| lines.offsets.get(index).and_then(|at| usize::try_from(*at).ok());
    let needle_len = finder.needle().len();
    let count = lines.len();
    let (Some(mut at), Some(end)) = (bound(0), bound(count)) else { return };
    let Some(data) = lines.data.as_bytes().get(..end) else { return };
    let mut row = 0;
    while let Some(found) = data.get(at..).and_then(|rest| finder.find(rest)) {
        let start = at + found;
        // The row that holds `start`: the last one whose text begins at or before it.
        let ahead = lines.offsets.get(row + 1..).unwrap_or(&[]);
        row += ahead.partition_point(|offset| usize::try_from(*offset).is_ok_and(|offset| offset <= start));
        if row >= count {
            return;
        }
        let Some(row_end) = bound(row + 1) else { return };
        if start + needle_len <= row_end {
            rows.push(u32::try_from(row).unwrap_or(u32::MAX));
            at = row_end;
        } else {
            // The hit straddles two lines.
            at = start + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_column_search_stays_within_rows() {
        let texts = ["xab", "cab", "", "abab", "b"];
        let mut offsets = vec![0i32];
        let mut data = String::new();
        for text in texts {
            data.push_str(text);
            offsets.push(data.len() as i32);
        }
        let column = TextColumn { offsets: &offsets, data: &data };
        for (needle, expected) in
            [("ab", vec![0, 1, 3]), ("ba", vec![3]), ("bc", vec![]), ("b", vec![0, 1, 3, 4])]
        {
            let mut rows = Vec::new();
            rows_with(column, &Finder::new(needle), &mut rows);
            assert_eq!(rows, expected, "{needle}");
        }
    }
}
