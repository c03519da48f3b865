//! What people and monitoring get of scheduled audits, taken by servers that are not ours: a mail
//! server with STARTTLS, a receiver that checks signatures, Prometheus, and a decoder of OTLP.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gatecrawl::assess::{Gate, Measured};
use gatecrawl::audit::compare;
use gatecrawl::fetch::outbound_client;
use gatecrawl::machine::wall_clock;
use gatecrawl::measure::{Board, Push, metrics_of_run, push, serve};
use gatecrawl::model::Zone;
use gatecrawl::report::{Brief, JudgedRun};
use gatecrawl::schedule::notify::{Channels, Notifier, NotifyConfig, SmtpConfig};
use gatecrawl::schedule::{Event, Listener as _, RunEnded, RunOutcome};
use gatecrawl::store::{Baseline, BaselineSource, RunRow, Store};
use serde_json::Value;

use crate::crawler::Workdir;
use crate::origin::{page, serve as serve_site};
use crate::server::{Server, start};

/// Two runs of a site: between them one page broke and another one healed.
fn two_runs() -> (Workdir, String) {
    let is_second = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&is_second);
    let address = serve_site(move |path, line| {
        let second = theirs.load(Ordering::Relaxed);
        match path {
            "/" => {
                let steady = (0..20).map(|n| format!("<a href='/steady/{n}'>x</a>"));
                let links = "<a href='/breaks'>b</a><a href='/heals'>h</a>";
                page(line, &(links.to_owned() + &steady.collect::<String>()))
            }
            "/breaks" if second => down(line),
            "/heals" if !second => down(line),
            path if path.starts_with("/steady/") || path == "/breaks" || path == "/heals" => {
                page(line, "<p>fine")
            }
            _ => answer(line, "404 Not Found"),
        }
    });
    let (workdir, url) = (Workdir::new(), format!("http://{address}/"));
    let args = [
        &url,
        "--rate",
        "0",
        "--retries",
        "0",
        "--confirm",
        "1s,2s",
        "--no-probe",
        "--format",
        "html",
    ];
    for second in [false, true] {
        is_second.store(second, Ordering::Relaxed);
        let ended = workdir.whole_audit(&args);
        assert!(ended.status.success(), "{}", ended.said);
    }
    (workdir, url)
}

fn down(line: &mut impl std::io::Write) -> std::io::Result<()> {
    answer(line, "502 Bad Gateway")
}

fn answer(line: &mut impl std::io::Write, status: &str) -> std::io::Result<()> {
    write!(
        line,
        "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

/// A receiver in Python, in the environment of the readers.
fn receiver(script: &str, more: &[&str]) -> Server {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    start(|dir, port| {
        let mut command = Command::new(root.join("target/readers/bin/python"));
        command
            .arg(root.join("tests/real/receivers").join(script))
            .arg(port.to_string())
            .arg(dir)
            .args(more);
        command
    })
}

/// A certificate for this machine, and its key.
fn certificate(dir: &Path) -> (String, String) {
    let (certificate, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl is installed");
    assert!(made.status.success(), "{made:?}");
    let text = |path: &Path| path.display().to_string();
    (text(&certificate), text(&key))
}

fn world(hooks: String) -> impl Fn(&str) -> Option<String> {
    move |name| match name {
        "PASSWORD" | "SECRET" => Some("hush".to_owned()),
        "SLACK" => Some(format!("{hooks}/slack")),
        "TEAMS" => Some(format!("{hooks}/teams")),
        _ => None,
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The end of the newest run, with a gate that failed.
fn ended(store: &Store, report: &Path) -> Event {
    let run = store.newest_run().expect("read").expect("a run");
    let measured = Measured {
        server_errors: 1,
        ..Measured::default()
    };
    let gate: Gate = "5xx > 0".parse().expect("a gate");
    let gates = vec![gate.judge(&measured)];
    let before = store.run_before(&run).expect("read").expect("a run");
    let baseline = Baseline {
        source: BaselineSource::Run(store.clone(), Box::new(before)),
        maps: Vec::new(),
    };
    let compared = compare(store, &run, baseline).expect("compared");
    let summary = store.summary(run.id).expect("read");
    let judged = JudgedRun {
        run: &run,
        summary: &summary,
        compared: Some(&compared),
        gates: &gates,
        unaudited: None,
        zone: &Zone::default(),
    };
    let brief = Brief::read(store, &judged);
    Event::RunEnded(RunEnded {
        project: "shop".to_owned(),
        run: run.id,
        due: run.started,
        at: wall_clock(),
        outcome: RunOutcome::GateFailed,
        gates,
        brief: Box::new(brief.expect("read")),
        out: report.parent().map(Path::to_owned),
        files: vec![report.to_owned()],
    })
}

#[tokio::test]
async fn people_are_told_exactly_what_broke_and_what_recovered() {
    let (workdir, url) = two_runs();
    let keys = tempfile::tempdir().expect("a directory");
    let (certificate, key) = certificate(keys.path());
    let mails = receiver("smtp.py", &[&certificate, &key]);
    let hooks = receiver("webhook.py", &["hush"]);
    let smtp: SmtpConfig = toml::from_str(&format!(
        "host = 'localhost'\nport = {}\nfrom = 'gatecrawl <gatecrawl@shop.example>'\n\
         user = 'gatecrawl'\npassword-env = 'PASSWORD'\nca-file = '{certificate}'",
        mails.port
    ))
    .expect("a server");
    let notify: NotifyConfig = toml::from_str(&format!(
        "[[mail]]\nto = ['seo@shop.example', 'ops@shop.example']\n\
         [[webhook]]\nurl = '{}'\nsecret-env = 'SECRET'\n\
         [[slack]]\nurl-env = 'SLACK'\n[[teams]]\nurl-env = 'TEAMS'",
        hooks.url("/hook")
    ))
    .expect("channels");
    let environment = world(hooks.url(""));
    let channels = Channels::new("project.shop.notify", &notify, Some(&smtp), &environment);
    let projects = BTreeMap::from([("shop".to_owned(), channels.expect("fine"))]);
    let store = Store::open(&workdir.database()).expect("opened");
    let notifier = Notifier::new(store.clone(), projects).expect("made");
    let event = ended(&store, &workdir.exports().join("report.html"));
    // Told twice, as by a runner that was killed in between.
    for _ in 0..2 {
        notifier.recorder().receive(&event);
        let next = notifier.deliver(&wall_clock).await.expect("delivered");
        assert_eq!(next, None, "not everything was taken");
    }
    assert_eq!(store.notice_counts().expect("read")["shop"].sent, 4);

    let mail = json(&mails.read("mail.json"));
    assert_eq!(mail["encrypted"], true);
    assert_eq!(mail["user"], "gatecrawl");
    assert_eq!(mail["auto_submitted"], "auto-generated");
    let subject = "[gatecrawl] shop: 1 page newly failing, 1 gate failed, 1 recovered";
    assert_eq!(mail["subject"], subject);
    assert_eq!(
        mail["to"],
        serde_json::json!(["seo@shop.example", "ops@shop.example"])
    );
    let kinds = ["text/plain", "text/html", "text/html"];
    let parts = mail["parts"].as_array().expect("parts");
    assert!(
        parts.iter().map(|part| &part[0]).eq(kinds.iter()),
        "{parts:?}"
    );
    let text = mails.read("part-plain").replace("\r\n", "\n");
    let named = |list: &str| text.contains(&format!("{list}\n  {url}"));
    assert!(named("1 page fails now and did not before"), "{text}");
    assert!(
        named("1 page recovered") && !text.contains("/steady/"),
        "{text}"
    );
    let attached = fs::read(mails.dir.path().join("part-report.html")).expect("attached");
    let report = fs::read(workdir.exports().join("report.html")).expect("written");
    assert!(attached == report, "the attachment is not the report");

    let hook = json(&hooks.read("hook.json"));
    assert_eq!(
        hook["occasions"],
        serde_json::json!(["gate-failed", "recovery", "digest"])
    );
    let pages = |kind: usize| hook["lists"][kind]["pages"].clone();
    assert_eq!(pages(0)[0]["address"], format!("{url}breaks"));
    assert_eq!(pages(1)[0]["address"], format!("{url}heals"));
    assert_eq!(pages(0).as_array().map(Vec::len), Some(1));
    assert_eq!(pages(1).as_array().map(Vec::len), Some(1));
    assert!(json(&hooks.read("slack.json"))["blocks"].is_array());
    let card = &json(&hooks.read("teams.json"))["attachments"][0]["content"];
    assert_eq!(card["type"], "AdaptiveCard");
    if let Some(place) = std::env::var_os("GATECRAWL_TEST_KEEP") {
        let shown = mails.dir.path().join("part-html");
        fs::copy(shown, Path::new(&place).join("mail.html")).expect("kept");
    }
}

/// Two runs of a site and the numbers of the newer one, which failed a gate.
fn measured() -> (Workdir, RunRow, Board) {
    let (workdir, _) = two_runs();
    let store = Store::open(&workdir.database()).expect("opened");
    let run = store.newest_run().expect("read").expect("a run");
    let board = Board::default();
    let metrics = metrics_of_run(&store, &run, "shop", Some(1)).expect("measured");
    board.put_run("shop", metrics);
    board.count_run("shop", "gate_failed");
    (workdir, run, board)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prometheus_scrapes_the_numbers_and_fires() {
    let (_desk, _, board) = measured();
    let stop = std::future::pending();
    let any = "127.0.0.1:0".parse().expect("an address");
    let (port, served) = serve(any, board.clone(), stop).await.expect("served");
    let _served = tokio::spawn(served);

    let client = outbound_client().expect("a client");
    let get = async |place: String| {
        let answer = client.get(place).send().await.expect("an answer");
        (
            answer.status().as_u16(),
            answer.text().await.expect("a text"),
        )
    };
    assert_eq!(get(format!("http://{port}/")).await.0, 404);
    let (status, text) = get(format!("http://{port}/metrics")).await;
    assert_eq!(status, 200);
    assert!(
        text.contains("outcome=\"server_502\"") && text.ends_with("# EOF\n"),
        "{text}"
    );

    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring/alerts.yml");
    let checked = Command::new("promtool")
        .args(["check", "rules"])
        .arg(&rules)
        .output();
    let checked = checked.expect("promtool is installed");
    assert!(checked.status.success(), "{checked:?}");
    let prometheus = start(|dir, own| {
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
             rule_files: ['{}']\n\
             scrape_configs: [{{job_name: gatecrawl, static_configs: [{{targets: ['{port}']}}]}}]\n",
            rules.display()
        );
        fs::write(dir.join("prometheus.yml"), config).expect("written");
        let mut command = Command::new("prometheus");
        command
            .arg(format!(
                "--config.file={}",
                dir.join("prometheus.yml").display()
            ))
            .arg(format!(
                "--storage.tsdb.path={}",
                dir.join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{own}"));
        command
    });
    let mut firing = Vec::new();
    for _ in 0..60 {
        let (_, text) = get(prometheus.url("/api/v1/alerts")).await;
        let alerts = serde_json::from_str::<Value>(&text).unwrap_or_default();
        let alerts = alerts["data"]["alerts"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        firing = alerts;
        firing.retain(|alert| alert["state"] == "firing");
        if !firing.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (_, targets) = get(prometheus.url("/api/v1/targets")).await;
    assert_eq!(firing.len(), 1, "{firing:?} {targets}");
    assert_eq!(firing[0]["labels"]["alertname"], "GatecrawlNew5xx");
    let query = "/api/v1/query?query=gatecrawl_run_attempts%7Boutcome%3D%22server_502%22%7D";
    let (_, found) = get(prometheus.url(query)).await;
    let found = &json(&found)["data"]["result"][0];
    assert_eq!(found["metric"]["project"], "shop");
    assert_eq!(
        found["value"][1], "3",
        "one first attempt and two confirmations"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_that_are_pushed_are_decoded() {
    let (_desk, run, board) = measured();
    let otlp = receiver("otlp.py", &[]);
    let place = otlp.url("");
    let environment = |name: &str| match name {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some(place.clone()),
        "OTEL_EXPORTER_OTLP_HEADERS" => Some("api-key=hush".to_owned()),
        _ => None,
    };
    let to = Push::from_environment(&environment, wall_clock());
    let to = to.expect("read").expect("there");
    push(&to, &board.metrics(), wall_clock())
        .await
        .expect("taken");
    let decoded = json(&otlp.read("metrics.json"));
    let metrics = decoded["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].clone();
    let named = |name: &str| {
        let mut all = metrics.as_array().expect("metrics").iter();
        all.find(|metric| metric["name"] == name)
            .cloned()
            .expect("sent")
    };
    let new = &named("gatecrawl_run_new_5xx_pages")["gauge"]["dataPoints"][0];
    assert_eq!(new["asDouble"], 1.0);
    assert_eq!(
        new["attributes"][1]["value"]["stringValue"],
        run.site.as_str()
    );
    let runs = &named("gatecrawl_runs")["sum"];
    assert_eq!(runs["isMonotonic"], true);
    assert_eq!(
        runs["aggregationTemporality"],
        "AGGREGATION_TEMPORALITY_CUMULATIVE"
    );
}
