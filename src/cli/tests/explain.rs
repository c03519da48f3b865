use super::super::Exit;
use super::run;

fn explained(args: &[&str]) -> String {
    let said = run(&[&["explain"], args].concat());
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""), "{args:?}");
    assert!(!said.out.contains('\u{1b}'));
    said.out
}

/// The causes of the guide.
const CAUSES: [&str; 6] = [
    "overload",
    "upstream_timeout",
    "maintenance",
    "network",
    "firewall",
    "dns",
];
const STEPS: [&str; 12] = [
    "step.server_status",
    "step.overload",
    "step.network",
    "step.dns",
    "step.updates",
    "step.proxy",
    "step.firewall",
    "step.application",
    "step.cdn",
    "step.load_balancer",
    "step.third_party",
    "step.restart",
];
const SERVERS: [&str; 14] = [
    "server.nginx",
    "server.apache",
    "server.haproxy",
    "server.caddy",
    "server.envoy",
    "server.varnish",
    "server.squid",
    "server.lighttpd",
    "server.php_fpm",
    "server.node",
    "server.gunicorn",
    "server.tomcat",
    "server.cdn",
    "server.load_balancer",
];
const CHECKS: [&str; 7] = [
    "check.devtools",
    "check.curl",
    "check.wget",
    "check.online",
    "check.logs",
    "check.monitoring",
    "check.gsc",
];
const MORE_CAUSES: [&str; 4] = [
    "upstream_down",
    "invalid_upstream_response",
    "tls",
    "application_error",
];

#[test]
fn every_topic_of_the_guide_is_explained_and_listed() {
    let list = explained(&[]);
    let listed = |key: &str| {
        list.lines()
            .any(|line| line.split_whitespace().next() == Some(key))
    };
    let keys = [&CAUSES[..], &MORE_CAUSES, &STEPS, &SERVERS, &CHECKS].concat();
    for key in keys {
        let page = explained(&[key]);
        let mut parts = page.split("\n\n").take(2);
        assert!(parts.all(|part| !part.trim().is_empty()), "{key}: {page}");
        assert!(page.contains("\nConfirm\n"), "{key}: {page}");
        assert!(page.contains("\nFix\n"), "{key}: {page}");
        assert!(listed(key), "{key}");
    }
    for cause in [&CAUSES[..], &MORE_CAUSES].concat() {
        let page = explained(&[cause]);
        for heading in ["For search engines", "Signs", "Verify", "See also"] {
            assert!(page.contains(&format!("\n{heading}\n")), "{cause}: {page}");
        }
    }
}

#[test]
fn every_common_status_is_explained() {
    let more = [500, 501, 502, 503, 504, 505, 507, 508, 530, 429, 408, 403];
    for status in (520..=527).chain(more) {
        let page = explained(&[&status.to_string()]);
        assert!(page.starts_with(&status.to_string()), "{page}");
        for heading in ["For search engines", "Signs", "Confirm", "Fix", "Verify"] {
            let heads = |line: &str| line.trim_start() == heading;
            assert!(page.lines().any(heads), "{status}: {page}");
        }
    }
}

#[test]
fn a_page_names_the_next_topics() {
    let page = explained(&["502", "--server", "nginx"]);
    insta::assert_snapshot!("explain_502_nginx", page);
    assert!(page.contains("  gatecrawl explain proxies "));
    let special = page.find("nginx: confirm").expect("what nginx needs");
    assert!(special < page.find("\nCauses behind it").expect("the general part"));
    insta::assert_snapshot!("explain_proxies", explained(&["proxies"]));
}

#[test]
fn the_words_of_the_exports_are_explained() {
    let rate = explained(&["Error Rate"]);
    assert!(
        rate.starts_with("Error Rate\n\n  - pages.csv: Share of failed attempts"),
        "{rate}"
    );
    let cases = [
        ("persistent", "at least two passes"),
        ("host_down", "crawl stopped requesting it"),
        ("max-pages", "found after"),
        ("indexing-risk", "0 is best"),
        ("coverage", "Fetched pages divided by known pages"),
        ("coverage", "--fail-on: Share of the known pages"),
        ("Priority", "Order in which to repair"),
        ("TTFB (ms)", "Milliseconds to the first byte"),
        ("ttfb_ms", "Milliseconds to the first byte"),
        ("new-5xx", "compared with the baseline"),
        ("New Verdict", "The verdicts"),
        ("persistent_cluster", "Pages that fail again and again"),
    ];
    for (topic, meaning) in cases {
        let page = explained(&[topic]).replace('\n', " ");
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains(meaning), "{topic}: {page}");
    }
    let one: serde_json::Value =
        serde_json::from_str(&explained(&["priority", "--json"])).expect("JSON");
    assert_eq!(one["declared"][0]["places"][0], "pages.csv");
}

#[test]
fn lines_are_wrapped_and_commands_stay_whole() {
    for topic in [&CAUSES[..], &STEPS, &["502", "proxies"]].concat() {
        for line in explained(&[topic, "--server", "apache"]).lines() {
            let typed = line.contains('`') || line.starts_with("    ");
            assert!(typed || line.chars().count() <= 80, "{line}");
        }
    }
    let long = "systemctl status app php8.2-fpm nginx apache2";
    assert!(explained(&["upstream_down"]).contains(&format!("    {long}\n")));
}

#[test]
fn colours_appear_when_enabled() {
    let said = run(&["explain", "502", "--color", "always"]);
    assert!(said.out.starts_with("\u{1b}[1m502 Bad Gateway\u{1b}[0m"));
}

#[test]
fn a_topic_is_explained_as_json() {
    let one: serde_json::Value =
        serde_json::from_str(&explained(&["503", "--server", "caddy", "--json"])).expect("JSON");
    assert_eq!(one["key"], "503");
    assert_eq!(one["server"]["key"], "caddy");
    assert_eq!(one["causes"][0], "overload");
    let all: serde_json::Value = serde_json::from_str(&explained(&["--json"])).expect("JSON");
    assert_eq!(all[0]["title"], "Status codes");
    let measured: serde_json::Value =
        serde_json::from_str(&explained(&["proxies", "--json"])).expect("JSON");
    assert_eq!(measured["measured"]["rows"][0]["answers"][0], "502");
}

#[test]
fn an_unknown_topic_is_answered_with_known_ones() {
    let cases = [
        (
            &["overlaod"][..],
            "no topic \"overlaod\"; did you mean \"overload\"?",
        ),
        (
            &["eror rate"],
            "no topic \"eror rate\"; did you mean \"Error Rate\"?",
        ),
        (
            &["qqqq"],
            "no topic \"qqqq\"; `gatecrawl explain` lists them",
        ),
        (
            &["502", "--server", "teapot"],
            "invalid value 'teapot' for '--server <NAME>': unknown; known are nginx, apache, \
             haproxy, caddy, envoy, varnish, squid, lighttpd, php-fpm, node, gunicorn, tomcat, \
             cdn, load_balancer",
        ),
    ];
    for (args, expected) in cases {
        let said = run(&[&["explain"], args].concat());
        assert_eq!(said.exit, Exit::Usage);
        assert_eq!(said.err, format!("error: {expected}\n"));
    }
}
