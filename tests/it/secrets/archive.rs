//! An archive of a browser, whose answers repeat what it sent.

use std::fs;

use serde_json::{Value, json};

use super::{assert_silent, canary, plain_canary};
use crate::cli::{Workdir, output};

const NAMES: [&str; 3] = ["auth", "cook", "list"];

fn entry(path: &str, status: u16) -> Value {
    let echo = [canary("auth"), plain_canary("cook"), plain_canary("list")].join(" ");
    let title = format!("<title>{}</title>", echo.replace('<', "&lt;"));
    json!({
        "request": {
            "method": "GET",
            "url": format!("https://shop.example/{path};jsessionid={}", plain_canary("cook")),
            "headers": [
                { "name": "Authorization", "value": format!("Bearer {}", canary("auth")) },
                { "name": "cookie", "value": format!("JSESSIONID={}", plain_canary("cook")) },
            ],
            "cookies": [{ "name": "b", "value": plain_canary("list") }],
        },
        "response": {
            "status": status,
            "statusText": echo,
            "_error": format!("net::ERR_FAILED {echo}"),
            "headers": [{ "name": "Server", "value": echo }, { "name": "Retry-After", "value": echo }],
            "content": { "mimeType": "text/html", "text": title },
        },
    })
}

#[tokio::test]
async fn what_an_archive_repeats_of_its_requests_is_not_told() {
    let workdir = Workdir::new();
    let mut broken = [entry("a", 502), entry("b", 502)];
    broken[0]["response"] = Value::Null;
    broken[1]["response"]["status"] = json!("none");
    let mut entries = vec![entry("bad", 502), entry("none", 0), entry("gone", 404)];
    entries.extend(broken);
    let archive = json!({ "log": { "version": "1.2", "entries": entries } });
    fs::write(workdir.path().join("shop.har"), archive.to_string()).expect("a file");
    for args in [
        &["check", "--har", "shop.har"][..],
        &["check", "--har", "shop.har", "--json"],
    ] {
        let said = output(workdir.command(args)).await;
        assert_silent("check", &said, &NAMES);
        let told = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(told.contains("/bad;jsessionid=[secret]"), "{told}");
        let complaints = String::from_utf8_lossy(&said.stderr);
        assert!(
            complaints.contains("shop.example: no response"),
            "{complaints}"
        );
    }
}
