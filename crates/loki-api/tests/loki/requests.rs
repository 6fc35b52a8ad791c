//! Requests as Grafana, Logs Drilldown and logcli send them.

use axum::Router;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::server;

const START: i64 = 1_705_312_800;

async fn get(router: &Router, uri: &str, extra: &[(&str, &str)]) -> (u16, Value) {
    let mut headers = HeaderMap::new();
    headers.insert("x-scope-orgid", HeaderValue::from_static("t"));
    for (name, value) in extra {
        headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    let (status, text) = server::ask(router, "GET", uri, headers, Vec::new()).await;
    (status.as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn filled() -> Router {
    let router = server::router();
    let values: Vec<Value> = (0..30)
        .map(|index| {
            let line = format!(
                r#"{{"level":"{}","took":{},"path":"/v1/{}"}}"#,
                ["info", "error"][index % 2],
                index * 10,
                index % 3
            );
            json!([((START + index as i64) * 1_000_000_000).to_string(), line, {"trace_id": format!("t{index}")}])
        })
        .collect();
    let body =
        json!({"streams": [{"stream": {"service": "shop", "pod": "p-1"}, "values": values}]}).to_string();
    let mut headers = HeaderMap::new();
    headers.insert("x-scope-orgid", HeaderValue::from_static("t"));
    headers.insert("content-type", HeaderValue::from_static("application/json; charset=utf-8"));
    let (status, text) = server::ask(&router, "POST", "/loki/api/v1/push", headers, body.into_bytes()).await;
    assert_eq!(status, 204, "{text}");
    router
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[tokio::test]
async fn grafana_saves_and_tests() {
    let router = filled().await;
    let uri = format!(
        "/loki/api/v1/query?direction=backward&query={}&time=4000000000",
        encoded("vector(1)+vector(1)")
    );
    let (status, body) = get(&router, &uri, &[]).await;
    assert_eq!((status, &body["data"]["resultType"]), (200, &json!("vector")));
    assert_eq!(body["data"]["result"][0]["value"], json!([4_000_000_000_i64, "2"]));
    let (_, info) = get(&router, "/loki/api/v1/status/buildinfo", &[]).await;
    assert!(info["version"].as_str().unwrap().starts_with("3."));
}

#[tokio::test]
async fn grafana_explores() {
    let router = filled().await;
    let range = format!("start={START}000000000&end={}000000000", START + 60);
    let logs = format!(
        "/loki/api/v1/query_range?direction=backward&{range}&limit=5&query={}&step=2000ms",
        encoded(r#"{service="shop"} | json"#)
    );
    let flags =
        [("x-loki-response-encoding-flags", "categorize-labels"), ("x-query-tags", "Source=datasample")];
    let (status, body) = get(&router, &logs, &flags).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["data"]["encodingFlags"], json!(["categorize-labels"]));
    let newest = &body["data"]["result"][0];
    assert_eq!(newest["stream"], json!({"pod": "p-1", "service": "shop", "service_name": "shop"}));
    assert_eq!(newest["values"][0][2]["structuredMetadata"]["trace_id"], "t29");
    assert_eq!(newest["values"][0][2]["parsed"]["took"], "290");

    // The histogram above the lines, which Grafana asks for on its own.
    let volume = format!(
        "/loki/api/v1/query_range?direction=backward&{range}&query={}&step=30000ms",
        encoded(
            r#"sum by (level, detected_level) (count_over_time({service="shop"} | drop __error__[30s]))"#
        )
    );
    let (status, body) = get(&router, &volume, &[("x-query-tags", "Source=logvolhist")]).await;
    assert_eq!(status, 200, "{body}");
    let levels: Vec<&Value> = body["data"]["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|series| &series["metric"]["detected_level"])
        .collect();
    assert_eq!(levels, ["error", "info"]);

    for uri in [
        format!("/loki/api/v1/index/stats?{range}&query={}", encoded(r#"{service="shop"}"#)),
        format!("/loki/api/v1/labels?{range}"),
        format!("/loki/api/v1/label/pod/values?{range}&query={}", encoded(r#"{service="shop"}"#)),
        format!("/loki/api/v1/series?{range}&match%5B%5D={}", encoded(r#"{service="shop"}"#)),
        format!("/loki/api/v1/format_query?query={}", encoded(r#"{service="shop"}|json"#)),
    ] {
        let (status, body) = get(&router, &uri, &[]).await;
        assert_eq!(status, 200, "{uri} {body}");
    }
    let stats =
        get(&router, &format!("/loki/api/v1/index/stats?{range}&query=%7Bpod%3D%22p-1%22%7D"), &[]).await.1;
    assert_eq!((&stats["streams"], &stats["entries"]), (&json!(1), &json!(30)));
}

#[tokio::test]
async fn logs_drilldown_looks_around() {
    let router = filled().await;
    let range = "start=2024-01-15T10:00:00.000Z&end=2024-01-15T10:01:00.000Z";
    let tags = [("x-query-tags", "Source=grafana-lokiexplore-app")];
    let volume = format!(
        "/loki/api/v1/index/volume?{range}&query={}&limit=5000&targetLabels=service_name",
        encoded(r#"{service_name=~".+"}"#)
    );
    let (status, body) = get(&router, &volume, &tags).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["data"]["result"][0]["metric"], json!({"service_name": "shop"}));

    let selector = encoded(r#"{service_name="shop"}"#);
    let (_, labels) =
        get(&router, &format!("/loki/api/v1/detected_labels?{range}&query={selector}"), &tags).await;
    assert!(
        labels["detectedLabels"].as_array().unwrap().contains(&json!({"label": "pod", "cardinality": 1}))
    );
    let (_, fields) =
        get(&router, &format!("/loki/api/v1/detected_fields?{range}&query={selector}"), &tags).await;
    let took = fields["fields"].as_array().unwrap().iter().find(|field| field["label"] == "took").unwrap();
    let expected =
        json!({"label": "took", "type": "int", "cardinality": 30, "parsers": ["json"], "jsonPath": ["took"]});
    assert_eq!(took, &expected);
    let (_, values) =
        get(&router, &format!("/loki/api/v1/detected_field/path/values?{range}&query={selector}"), &tags)
            .await;
    assert_eq!(values["values"], json!(["/v1/0", "/v1/1", "/v1/2"]));

    let query = r#"sum(count_over_time({service_name="shop"} | json | logfmt | drop __error__, __error_details__ | path!="" [30s])) by (path)"#;
    let (status, body) = get(
        &router,
        &format!("/loki/api/v1/query_range?{range}&step=30000ms&query={}", encoded(query)),
        &tags,
    )
    .await;
    assert_eq!((status, body["data"]["result"].as_array().map(Vec::len)), (200, Some(3)), "{body}");
    let (status, body) = get(&router, "/loki/api/v1/drilldown-limits", &tags).await;
    assert_eq!((status, &body["pattern_ingester_enabled"]), (200, &json!(true)));
    let (status, _) = get(&router, &format!("/loki/api/v1/patterns?{range}&query={selector}"), &tags).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn logcli_asks_with_forms_and_old_paths() {
    let router = filled().await;
    let mut headers = HeaderMap::new();
    headers.insert("x-scope-orgid", HeaderValue::from_static("t"));
    headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    let form = format!(
        "query={}&start={START}000000000&end={}000000000&limit=30&direction=FORWARD",
        encoded(r#"{service="shop"}"#),
        START + 60
    );
    let (status, text) =
        server::ask(&router, "POST", "/loki/api/v1/query_range", headers, form.into_bytes()).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(text.matches("trace_id").count(), 30);
    let (status, body) =
        get(&router, &format!("/api/prom/label?start={START}&end={}", START + 60), &[]).await;
    assert_eq!((status, body["values"].as_array().map(Vec::len)), (200, Some(3)));
    let old = format!("/api/prom/query?query=%7Bpod%3D%22p-1%22%7D&start={START}&end={}&limit=1", START + 60);
    let (status, body) = get(&router, &old, &[]).await;
    assert_eq!((status, &body["streams"][0]["entries"][0]["ts"]), (200, &json!("2024-01-15T10:00:29Z")));
    let (status, body) = get(&router, "/prometheus/api/v1/rules", &[]).await;
    assert_eq!((status, &body["data"]["groups"]), (200, &json!([])));
}
