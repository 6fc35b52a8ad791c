//! The list of outputs.

use std::{future::Future, pin::Pin, sync::Arc};

use log_record::{Batch, LogWriter, WriteError};
use telemetry::Registry;

use crate::{Config, OUTPUTS, Resources, build};

struct Nowhere;

impl LogWriter for Nowhere {
    fn append<'a>(&'a self, _: Batch) -> Pin<Box<dyn Future<Output = Result<(), WriteError>> + Send + 'a>> {
        Box::pin(async { Ok(()) })
    }

    fn mark(&self, _: &str) -> Option<u64> {
        None
    }
}

fn resources() -> Resources {
    Resources { writer: Arc::new(Nowhere), registry: Registry::default() }
}

#[test]
fn the_list_is_sorted_and_described() {
    assert!(OUTPUTS.is_sorted_by_key(|output| output.name));
    assert!(OUTPUTS.iter().all(|output| !output.summary.is_empty()));
}

#[test]
fn an_empty_configuration_prints_and_stores() {
    let outputs = build(&Config::default(), &resources()).unwrap();
    assert_eq!(
        outputs.iter().map(|output| output.name().to_owned()).collect::<Vec<_>>(),
        ["stdout", "store"]
    );
}

#[test]
fn outputs_come_from_the_configuration() {
    let text = r#"{"stdout": {"format": "text"}, "store": {"enabled": false}, "webhook": [{"name": "a", "address": "http://a/"}, {"name": "b", "address": "http://b/", "method": "PUT"}]}"#;
    let config: Config = serde_json::from_str(text).unwrap();
    let outputs = build(&config, &resources()).unwrap();
    assert_eq!(
        outputs.iter().map(|output| output.name().to_owned()).collect::<Vec<_>>(),
        ["stdout", "a", "b"]
    );
    assert!(serde_json::from_str::<Config>(r#"{"webhook": [{"adress": "x"}]}"#).is_err());
    let bad: Config = serde_json::from_str(r#"{"webhook": [{"name": "x", "address": "nats://a"}]}"#).unwrap();
    let error = build(&bad, &resources()).err().unwrap();
    assert_eq!(
        error.to_string(),
        r#"webhook "x": "nats://a" is not an http or https URL: the scheme is nats"#
    );
}
