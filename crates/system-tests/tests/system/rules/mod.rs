//! Every default rule: what fires it and what must not.

mod case;
mod run;
mod verdict;
