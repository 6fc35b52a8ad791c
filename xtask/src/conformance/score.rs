//! How many cases of a set pass, which fail and why, and whether that is enough.

/// Share of a set that has to pass, in percent.
const TARGET_PERCENT: f64 = 99.0;

/// Failing cases that are shown with their reasons when all are asked for.
const SHOWN_MAX: usize = 400;

/// The result of one set.
#[derive(Debug, Default)]
pub(super) struct Score {
    name: &'static str,
    /// Cases, or values, that expect something.
    something: Tally,
    /// Those that expect nothing: no match, no alert, a missing value.
    nothing: Tally,
    skipped: usize,
    failures: Vec<(String, String)>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn add(&mut self, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    fn is_enough(self) -> bool {
        self.failed == 0 || self.percent() >= TARGET_PERCENT
    }

    fn percent(self) -> f64 {
        let all = self.passed + self.failed;
        if all == 0 { 100.0 } else { 100.0 * self.passed as f64 / all as f64 }
    }
}

impl Score {
    pub(super) fn new(name: &'static str) -> Score {
        Score { name, ..Score::default() }
    }

    /// Counts a case. `difference` is `None` when it passes.
    pub(super) fn case(&mut self, id: &str, expects_nothing: bool, difference: Option<String>) {
        let tally = if expects_nothing { &mut self.nothing } else { &mut self.something };
        tally.add(difference.is_none());
        if let Some(difference) = difference {
            self.failures.push((id.to_owned(), difference));
        }
    }

    /// Counts the values of a case of which some differ.
    pub(super) fn values(&mut self, right: (usize, usize), wrong: (usize, usize)) {
        self.something.passed += right.0;
        self.nothing.passed += right.1;
        self.something.failed += wrong.0;
        self.nothing.failed += wrong.1;
    }

    /// Names what differs in a case whose values are counted one by one.
    pub(super) fn note(&mut self, id: &str, difference: String) {
        self.failures.push((id.to_owned(), difference));
    }

    /// Counts a case that cannot run here.
    pub(super) fn skip(&mut self) {
        self.skipped += 1;
    }

    pub(super) fn is_enough(&self) -> bool {
        self.something.is_enough() && self.nothing.is_enough()
    }

    /// One line for the set, then the failing ids.
    pub(super) fn print(&self, verbose: bool) {
        let verdict = if self.is_enough() { "ok" } else { "BELOW TARGET" };
        println!(
            "{:<10} {:>7} passed {:>6} failed {:>6.2} %   expecting nothing: {:>7} passed {:>5} failed   {} skipped   {verdict}",
            self.name,
            self.something.passed,
            self.something.failed,
            self.something.percent(),
            self.nothing.passed,
            self.nothing.failed,
            self.skipped,
        );
        for (id, difference) in self.failures.iter().take(SHOWN_MAX) {
            if verbose {
                println!("  {id}: {}", difference.chars().take(2_000).collect::<String>());
            } else {
                println!("  {id}");
            }
        }
        if self.failures.len() > SHOWN_MAX {
            println!("  and {} more", self.failures.len() - SHOWN_MAX);
        }
    }
}
