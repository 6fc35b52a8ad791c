//! LogQL, and its canonical text read once more. The two texts may differ: as in Loki, a stray
//! character such as `!` is an identifier, which printed beside an operator reads as another one.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    if let Ok(expr) = logql_syntax::parse(query) {
        let _ = logql_syntax::parse(&expr.to_string());
        let _ = logql_syntax::pretty(&expr);
    }
});
