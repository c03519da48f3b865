//! From events to receivers, with a clock that is handed in.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::model::{CrawlPlan, CrawlUrl, Moment, Zone};
use crate::report::{Brief, News};
use crate::schedule::{Event, Listener as _};
use crate::store::{NewRun, NoticeCounts, Store};

use super::channel::Channels;
use super::channel::chat::{CHATS, slack, teams};
use super::channel::mail;
use super::choice::{Choice, Occasion};
use super::config::{NotifyConfig, SmtpConfig};
use super::deliver::Notifier;
use super::message::Message;
use super::notified_event::{Head, RunEnded, RunFailed};
use super::sample;
use super::write::{failure_message, run_message};

fn ended(brief: Brief) -> RunEnded {
    RunEnded {
        head: Head {
            project: "shop".to_owned(),
            run: Some(7),
            at: 70_000,
        },
        brief: Box::new(brief),
        report: None,
    }
}

fn told(news: Vec<News>, choice: &Choice) -> Option<Message> {
    let lasting_5xx = news.iter().any(|news| matches!(news, News::Broken { .. }));
    let brief = Brief {
        news,
        lasting_5xx,
        baseline: Some("run 6 of 2026-11-16".to_owned()),
        ..Brief::default()
    };
    let ended = ended(brief);
    run_message(
        "shop/run/7/ended",
        &ended,
        "https://shop.example",
        (choice, &Zone::default()),
    )
}

#[test]
fn times_in_a_message_are_those_of_the_project() {
    let zone = Zone::from(TimeZone::get("Asia/Tokyo").expect("a zone"));
    let at = Moment::parse("2026-11-22T21:00:00Z").expect("a time");
    let event = RunFailed {
        head: Head {
            project: "shop".to_owned(),
            run: None,
            at: at.millis() + 60_000,
        },
        due: at.millis(),
        why: "the disk is full".to_owned(),
    };
    let told = failure_message("shop/failed", &event, (&Choice::default(), &zone));
    let told = told.expect("a message");
    assert_eq!(told.facts[0].value, "2026-11-23 06:00 JST");
    assert!(
        told.text()
            .ends_with("gatecrawl, project shop, 2026-11-23 06:01 JST\n")
    );
    assert_eq!(told.json()["at"], "2026-11-22T21:01:00.000Z");
}

fn gate() -> News {
    News::GatesFailed {
        expressions: vec!["5xx > 0".to_owned()],
    }
}

#[test]
fn notify_tells_changes_only_unless_asked_otherwise() {
    let quiet = Choice::default();
    assert_eq!(told(vec![], &quiet), None);
    let always = Choice {
        always: true,
        ..Choice::default()
    };
    let digest = told(vec![], &always).expect("told");
    assert_eq!(digest.occasions, [Occasion::Digest]);
    assert_eq!(digest.subject, "shop: no change");
    // One line, and the signature.
    let text = digest.text();
    assert_eq!(text.lines().next(), Some(digest.headline.trim_end()));
    assert_eq!((digest.facts.len(), digest.text().lines().count()), (0, 4));
    let failed = told(vec![gate()], &quiet).expect("told");
    assert_eq!(failed.occasions, [Occasion::GateFailed, Occasion::Digest]);
    let only_new = Choice {
        on: vec![Occasion::New5xx],
        always: true,
    };
    assert_eq!(told(vec![gate()], &only_new), None);
    let moved = News::Gone {
        pages: 2,
        folder: None,
        before: 0,
    };
    let found = told(vec![moved], &quiet).expect("told");
    assert_eq!(found.occasions, [Occasion::Digest]);
}

#[test]
fn notify_says_what_the_report_says() {
    let brief = Brief {
        news: vec![
            News::Broken {
                pages: 1,
                folder: None,
                before: 0,
            },
            News::Recovered {
                pages: 1,
                folder: None,
            },
        ],
        lasting_5xx: true,
        findings: sample::sample("shop", &Zone::default(), Moment::default()).findings,
        lists: sample::sample("shop", &Zone::default(), Moment::default()).lists,
        ..Brief::default()
    };
    let event = ended(brief.clone());
    let message = run_message(
        "key",
        &event,
        "https://shop.example",
        (&Choice::default(), &Zone::default()),
    );
    let message = message.expect("told");
    assert_eq!(
        message.occasions,
        [Occasion::New5xx, Occasion::Recovery, Occasion::Digest]
    );
    assert_eq!(message.subject, "shop: 1 page newly failing, 1 recovered");
    assert_eq!(message.headline, brief.headline());
    let (text, page) = (message.text(), mail::html(&message).expect("a page"));
    let chat = slack::payload(&message).to_string();
    let card = teams::payload(&message).to_string();
    let hook = message.json().to_string();
    let found = &brief.findings[0];
    for place in [&text, &page, &chat, &card, &hook] {
        for said in [&found.title, &found.cause, &found.owner, &found.step] {
            assert!(place.contains(said.as_str()), "{said}: {place}");
        }
        for list in &brief.lists {
            assert!(
                place.contains("/blog/") && place.contains(&list.title),
                "{place}"
            );
        }
    }
}

#[test]
fn commands_in_a_mail_are_code() {
    let mut message = sample::sample("shop", &Zone::default(), Moment::from_millis(0));
    message.findings[0].new = true;
    message.findings[0].step = "Run `ss -ltn <port>` there.".to_owned();
    let page = mail::html(&message).expect("a page");
    let expected = ">ss -ltn &lt;port&gt;</code> there.";
    assert!(page.contains(expected) && !page.contains('`'), "{page}");
}

#[test]
fn notify_lets_a_hostile_site_do_nothing() {
    let mut message = sample::sample("shop", &Zone::default(), Moment::from_millis(0));
    let evil = "https://a/<img src=x>\u{202e}@channel <!here> [x](y) *b*";
    message.lists[0].pages[0].address = evil.to_owned();
    let page = mail::html(&message).expect("a page");
    assert!(!page.contains("<img") && page.contains("\\u{202e}"));
    for load in ["src=", "@import", "url(", "<link", "<script", "<iframe"] {
        let taken = page.replace("src=x&gt;", "");
        assert!(!taken.contains(load), "{load} would load something");
    }
    let chat = slack::payload(&message).to_string();
    assert!(!chat.contains("<!here>") && chat.contains("&lt;!here&gt;"));
    let card = teams::payload(&message).to_string();
    assert!(card.contains("\\\\[x\\\\]") && card.len() < 28 * 1024);
}

#[test]
fn long_lists_are_cut_to_what_each_chat_takes() {
    let mut message = sample::sample("shop", &Zone::default(), Moment::from_millis(0));
    let mut list = message.lists[0].clone();
    let mut page = list.pages[0].clone();
    page.address = format!("https://shop.example/{}", "a&b".repeat(80));
    list.pages = vec![page; 20];
    message.lists = vec![list; 12];
    let card = teams::payload(&message).to_string();
    assert!(card.len() <= 28 * 1024, "{}", card.len());
    assert!(card.contains("more"), "{card}");
    let chat = slack::payload(&message).to_string();
    assert!(!chat.contains("&a…") && !chat.contains("&am…"), "{chat}");
}

/// Each line of [`CHATS`] is read from the configuration, and its channels are named and sent in its own form.
#[tokio::test]
async fn every_chat_has_its_key_its_channels_and_its_message() {
    let message = sample::sample("shop", &Zone::default(), Moment::from_millis(0));
    for chat in &CHATS {
        let (url, heard) = receiver(&["200 OK"]).await;
        let config = format!("[[{0}]]\nurl-env = 'A'\n[[{0}]]\nurl-env = 'A'", chat.name);
        let config: NotifyConfig = toml::from_str(&config).expect("read");
        let environment = |_: &str| Some(url.clone());
        let channels = Channels::new("notify", &config, None, &environment).expect("fine");
        let names: Vec<&str> = channels.iter().map(|(name, _)| name).collect();
        assert_eq!(names, [1, 2].map(|n| format!("{}.{n}", chat.name)));
        let channel = channels.get(names[0]).expect("the first");
        let client = crate::fetch::outbound_client().expect("TLS");
        let sent = channel
            .send(&client, &message, (1, Moment::default()))
            .await;
        sent.expect("sent");
        let heard = heard.lock().expect("no panic");
        let (_, body) = heard[0].split_once("\r\n\r\n").expect("a body");
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert!(body.is_object() && body != message.json(), "{body}");
        let many = format!("[[{}]]\nurl-env = 'A'\n", chat.name).repeat(51);
        let many: NotifyConfig = toml::from_str(&many).expect("read");
        let fault = Channels::new("notify", &many, None, &environment).expect_err("too many");
        assert_eq!(
            fault.to_string(),
            format!("notify.{}: at most 50 entries", chat.name)
        );
    }
}

const CONFIG: &str = r#"
    on = ["gate-failed", "digest"]
    attach-mib = 1
    [[mail]]
    to = ["SEO <seo@example.com>"]
    [[webhook]]
    url = "http://127.0.0.1:9/hook"
    secret-env = "HOOK"
    [[slack]]
    url-env = "SLACK"
"#;

fn world(name: &str) -> Option<String> {
    match name {
        "HOOK" => Some("hush-hook".to_owned()),
        "SLACK" => Some("https://hooks.slack.com/services/hush-slack".to_owned()),
        "PASSWORD" => Some("hush-password".to_owned()),
        "PLAIN" => Some("http://hooks.example.com/hush-plain".to_owned()),
        _ => None,
    }
}

fn smtp(text: &str) -> SmtpConfig {
    let all = format!("host = 'mail.example.com'\nfrom = 'gatecrawl@example.com'\n{text}");
    toml::from_str(&all).expect("a server")
}

#[test]
fn notify_reads_its_configuration_and_shows_no_secret() {
    let config: NotifyConfig = toml::from_str(CONFIG).expect("read");
    let smtp = smtp("user = 'me'\npassword-env = 'PASSWORD'");
    let channels =
        Channels::new("project.shop.notify", &config, Some(&smtp), &world).expect("fine");
    let names: Vec<&str> = channels.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["mail.1", "webhook.1", "slack.1"]);
    assert!(!format!("{channels:?}").contains("hush"), "{channels:?}");
}

#[test]
fn notify_names_the_key_that_is_wrong() {
    let none = "";
    let cases = [
        (
            "[[mail]]\nto = ['nobody']",
            none,
            "project.shop.notify.mail[0].to: \"nobody\" is not a mail address",
        ),
        (
            "[[mail]]\nto = []",
            none,
            "project.shop.notify.mail[0].to: 1 to 50 addresses",
        ),
        (
            "on = []",
            none,
            "project.shop.notify.on: an empty list sends nothing; name occasions, or leave the key out",
        ),
        (
            "[[mail]]\nto = ['a@b.c']",
            "port = 0",
            "smtp.port: no server has port 0; write its port, or leave the key out",
        ),
        (
            "attach-mib = 99",
            none,
            "project.shop.notify.attach-mib: 0 to 25",
        ),
        (
            "[[webhook]]",
            none,
            "project.shop.notify.webhook[0]: take one of url, url-env and url-file",
        ),
        (
            "[[webhook]]\nurl = 'ftp://a'",
            none,
            "project.shop.notify.webhook[0]: its url must begin",
        ),
        (
            "[[slack]]",
            none,
            "project.shop.notify.slack[0]: take one of url-env and url-file",
        ),
        (
            "[[teams]]\nurl-env = 'X'",
            none,
            "project.shop.notify.teams[0].url-env: the environment has no variable X",
        ),
        (
            "[[teams]]\nurl-env = 'PLAIN'",
            none,
            "project.shop.notify.teams[0]: its url must begin with https://",
        ),
        (
            "[[mail]]\nto = ['a@b.c']",
            "security = 'none'",
            "smtp.security: \"none\" is for a server on this machine",
        ),
        (
            "[[mail]]\nto = ['a@b.c']",
            "user = 'me'",
            "smtp.user: a user has a password",
        ),
        #[cfg(unix)]
        (
            "[[mail]]\nto = ['a@b.c']",
            "ca-file = '/dev/zero'",
            "smtp.ca-file: could not read /dev/zero: larger than 4194304 bytes",
        ),
    ];
    for (text, server, words) in cases {
        let config: NotifyConfig = toml::from_str(text).expect("read");
        let fault = Channels::new("project.shop.notify", &config, Some(&smtp(server)), &world);
        let fault = fault.expect_err("refused").to_string();
        assert!(fault.starts_with(words), "{fault}");
        assert!(!fault.contains("hush"), "{fault}");
    }
    let misspelt: toml::Table = toml::from_str("emails = []").expect("a table");
    let misspelt = NotifyConfig::read("project.shop.notify", misspelt).expect_err("refused");
    assert_eq!(
        misspelt.to_string(),
        "project.shop.notify: unknown field `emails`, expected one of `on`, `always`, `attach-mib`, `mail`, `webhook`, \
         `slack`, `teams`"
    );
    let unknown: toml::Table =
        toml::from_str("[[mail]]\nto = ['a@b.c']\ncc = []").expect("a table");
    let unknown = NotifyConfig::read("project.shop.notify", unknown).expect_err("refused");
    let unknown = unknown.to_string();
    assert!(
        unknown.starts_with("project.shop.notify: unknown field `cc`"),
        "{unknown}"
    );
    assert_eq!(unknown.lines().count(), 1);
}

/// A receiver that sends the given answers, and keeps the requests.
async fn receiver(
    answers: &'static [&'static str],
) -> (String, std::sync::Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let heard = std::sync::Arc::new(Mutex::new(Vec::new()));
    let theirs = std::sync::Arc::clone(&heard);
    tokio::spawn(async move {
        for answer in answers.iter().cycle() {
            let (mut line, _) = listener.accept().await.expect("a connection");
            let mut bytes = vec![0; 64 * 1024];
            let length = line.read(&mut bytes).await.expect("a request");
            let request = String::from_utf8_lossy(&bytes[..length]).into_owned();
            theirs.lock().expect("no panic").push(request);
            let reply =
                format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            line.write_all(reply.as_bytes()).await.expect("written");
        }
    });
    (format!("http://{address}/hook"), heard)
}

fn failed(due: i64) -> Event {
    Event::RunFailed {
        project: "shop".to_owned(),
        due: Moment::from_millis(due),
        at: Moment::from_millis(due + 1),
        why: "the disk is full".to_owned(),
    }
}

fn notifier(store: &Store, url: &str) -> Notifier {
    let config: NotifyConfig =
        toml::from_str(&format!("[[webhook]]\nurl = '{url}'\nsecret-env = 'HOOK'")).expect("read");
    let channels = Channels::new("project.shop.notify", &config, None, &world).expect("fine");
    let projects = BTreeMap::from([("shop".to_owned(), channels)]);
    Notifier::new(store.clone(), projects).expect("made")
}

#[tokio::test]
async fn notify_tells_an_event_once_whatever_is_told_again_or_restarted() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&dir.path().join("runs.db")).expect("made");
    let (url, heard) = receiver(&["503 Service Unavailable", "302 Found", "200 OK"]).await;
    let now = AtomicI64::new(1_000);
    let clock = || Moment::from_millis(now.load(Ordering::Relaxed));
    notifier(&store, &url).recorder().receive(&failed(5));
    // The process ends here, and another one begins.
    let mut next = None;
    for round in 0..6 {
        let notifier = notifier(&store, &url);
        notifier.recorder().receive(&failed(5));
        next = notifier.deliver(&clock).await.expect("delivered");
        let due = next.map_or(0, Moment::millis);
        now.fetch_max(due, Ordering::Relaxed);
        assert_eq!(next.is_some(), round < 2, "round {round}");
    }
    assert_eq!(next, None);
    assert_eq!(now.load(Ordering::Relaxed), 1_000 + 60_000 + 300_000);
    let heard = heard.lock().expect("no panic");
    assert_eq!(heard.len(), 3, "{heard:?}");
    assert!(
        heard[2].contains("x-gatecrawl-signature: sha256="),
        "{}",
        heard[2]
    );
    assert!(heard[2].contains("the disk is full") && !heard[2].contains("hush"));
    let counts = store.notice_counts().expect("read");
    let one = NoticeCounts {
        sent: 1,
        ..NoticeCounts::default()
    };
    assert_eq!(counts["shop"], one);
}

#[tokio::test]
async fn notify_gives_a_dead_receiver_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&dir.path().join("runs.db")).expect("made");
    // Nobody listens on a port that was just free.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!(
        "http://{}/hush-path",
        listener.local_addr().expect("an address")
    );
    drop(listener);
    let now = AtomicI64::new(0);
    let clock = || Moment::from_millis(now.load(Ordering::Relaxed));
    let notifier = notifier(&store, &url);
    notifier.recorder().receive(&failed(0));
    while let Some(next) = notifier.deliver(&clock).await.expect("tried") {
        now.store(next.millis(), Ordering::Relaxed);
    }
    let hours = now.load(Ordering::Relaxed) / 3_600_000;
    assert!((67..=72).contains(&hours), "given up after {hours} h");
    assert_eq!(store.notice_counts().expect("read")["shop"].given_up, 1);
    let bytes = std::fs::read(dir.path().join("runs.db")).expect("read");
    let wal = std::fs::read(dir.path().join("runs.db-wal")).unwrap_or_default();
    for file in [bytes, wal] {
        assert!(
            !String::from_utf8_lossy(&file).contains("hush"),
            "a secret is stored"
        );
    }
}

#[tokio::test]
async fn a_webhook_that_was_deleted_is_given_up_within_the_hour() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&dir.path().join("runs.db")).expect("made");
    let (url, heard) = receiver(&["410 Gone"]).await;
    let now = AtomicI64::new(0);
    let clock = || Moment::from_millis(now.load(Ordering::Relaxed));
    let notifier = notifier(&store, &url);
    notifier.recorder().receive(&failed(0));
    while let Some(next) = notifier.deliver(&clock).await.expect("tried") {
        now.store(next.millis(), Ordering::Relaxed);
    }
    assert_eq!(now.load(Ordering::Relaxed), 21 * 60_000);
    assert_eq!(heard.lock().expect("no panic").len(), 4);
    assert_eq!(store.notice_counts().expect("read")["shop"].given_up, 1);
}

#[tokio::test]
async fn an_event_of_another_version_is_dropped_with_a_warning_and_holds_up_no_other() {
    let dir = tempfile::tempdir().expect("a directory");
    let log = tempfile::NamedTempFile::new().expect("a file");
    let lines = tracing_subscriber::fmt().with_writer(log.reopen().expect("opened"));
    let _guard = tracing::subscriber::set_default(lines.finish());
    let store = Store::open(&dir.path().join("runs.db")).expect("made");
    let (url, heard) = receiver(&["200 OK"]).await;
    let noted = store.note_event("shop/later", None, "{\"Later\":{}}", Moment::from_millis(1));
    assert!(noted.expect("stored"));
    let notifier = notifier(&store, &url);
    notifier.recorder().receive(&failed(2));
    let clock = || Moment::from_millis(10);
    assert_eq!(notifier.deliver(&clock).await.expect("delivered"), None);
    assert_eq!(heard.lock().expect("no panic").len(), 1);
    assert!(store.noted_events().expect("read").is_empty());
    let log = std::fs::read_to_string(&log).expect("text");
    let warning = "dropped the notification shop/later: another version of gatecrawl stored it";
    assert_eq!(log.matches(warning).count(), 1, "{log}");
}

#[test]
fn the_state_has_a_place_of_its_own_and_is_the_first_fact_of_a_webhook() {
    let mut message = sample::sample("shop", &Zone::default(), Moment::from_millis(0));
    message.state = Some("3 pages fail.".to_owned());
    let text = message.text();
    assert_eq!(text.matches("3 pages fail.").count(), 1, "{text}");
    assert!(text.contains("\nNow: 3 pages fail.\n"), "{text}");
    let fact = &message.json()["facts"][0];
    assert_eq!(
        (&fact["name"], &fact["value"]),
        (&"Now".into(), &"3 pages fail.".into())
    );
    // Messages that an earlier version queued have no such key.
    let mut stored = serde_json::to_value(&message).expect("JSON");
    stored.as_object_mut().expect("an object").remove("state");
    let read: Message = serde_json::from_value(stored).expect("readable");
    assert_eq!((read.state, read.facts), (None, message.facts));
}

#[tokio::test]
async fn notify_tells_a_recovery_between_runs() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&dir.path().join("runs.db")).expect("made");
    let seed = CrawlUrl::parse("https://shop.example/").expect("a URL");
    let run = store
        .create_run(&NewRun {
            token: "token",
            site: "https://shop.example",
            plan: &CrawlPlan::usual(vec![seed]),
            started: Moment::from_millis(0),
        })
        .expect("made");
    let (url, heard) = receiver(&["204 No Content"]).await;
    let notifier = notifier(&store, &url);
    for step in [1, 1, 2] {
        notifier.recorder().receive(&Event::Rechecked {
            project: "shop".to_owned(),
            run,
            step,
            at: Moment::from_millis(9),
            recovered: vec![format!("https://shop.example/{step}")],
            lost: Vec::new(),
            failing: vec![],
            next: None,
        });
    }
    let clock = || Moment::from_millis(10);
    notifier.deliver(&clock).await.expect("delivered");
    let heard = heard.lock().expect("no panic");
    assert_eq!(heard.len(), 2);
    assert!(
        heard
            .iter()
            .any(|told| told.contains("https://shop.example/2"))
    );
    assert!(
        heard[0].contains("x-gatecrawl-event: recovery"),
        "{}",
        heard[0]
    );
}
