//! LogQL. What parses must parse again, to the same text, when it is printed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    if let Ok(expr) = logql_syntax::parse(query) {
        let printed = expr.to_string();
        let again = logql_syntax::parse(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
        assert_eq!(again.to_string(), printed);
    }
});
