//! Alerts as Falco, Falcosidekick's senders and our sensors post them. What is an alert must stay
//! one when it is written and read again.
#![no_main]

use alert::Alert;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    alert_router::fuzzing::body(bytes);
    if let Ok(alert) = Alert::parse_json(bytes, None) {
        let again = Alert::parse_json(alert.to_json_line().as_bytes(), None).expect("our own JSON");
        assert_eq!(again, alert);
    }
});
