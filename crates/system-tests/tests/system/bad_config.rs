//! A configuration with a mistake: named with its path.

use testkit::{Setup, require};

use crate::alone;

#[test]
fn an_unknown_key_is_named_with_its_path() {
    require!(Binary);
    let _alone = alone();
    let check = |sensor_config: &str, expected: &[&str]| {
        let mut setup = Setup::new();
        setup.sensor_config = sensor_config.to_owned();
        for word in ["run", "sensor", "hub"] {
            let ended = setup.command(word).output().unwrap();
            let printed = String::from_utf8_lossy(&ended.stderr);
            assert_eq!(ended.status.code(), Some(1), "{word}: {printed}");
            for part in expected {
                assert!(printed.contains(part), "{word}: no {part:?} in:\n{printed}");
            }
        }
    };
    check("  rulesfiles: []\n", &["quaywatch.yaml:", "sensor.rulesfiles", "rules_files"]);
    check("  containers:\n    soccets: []\n", &["sensor.containers.soccets"]);
    check("  hostname: [a, b]\n", &["sensor.hostname"]);
}
