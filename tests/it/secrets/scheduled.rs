//! The secrets of projects: sites, receivers of messages, a mail server and a receiver of metrics that repeat what
//! they are told.

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::{assert_clean, assert_silent, core, plain_canary};
use crate::answer::{After, html, ok};
use crate::cli::{Workdir, output};
use crate::origin::Origin;

const NAMES: [&str; 10] = [
    "login", "cook", "hook", "sign", "slack", "teams", "mail", "otlp", "conf", "file",
];

/// A mail server that lets nobody in, and repeats what it was told.
async fn mail_server() -> (std::net::SocketAddr, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let heard = Arc::<Mutex<String>>::default();
    let book = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let book = Arc::clone(&book);
            tokio::spawn(async move {
                let (reader, mut writer) = client.into_split();
                let mut lines = BufReader::new(reader).lines();
                let _ = writer.write_all(b"220 mail.test\r\n").await;
                while let Ok(Some(line)) = lines.next_line().await {
                    book.lock().expect("alive").push_str(&line);
                    let password = plain_canary("mail");
                    let answer = if line.starts_with("EHLO") {
                        "250-mail.test\r\n250 AUTH PLAIN LOGIN\r\n".to_owned()
                    } else {
                        format!("535 5.7.8 not {line} nor {password}\r\n")
                    };
                    if writer.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, heard)
}

fn with_secrets(command: &mut Command, receiver: &Origin) {
    let at = |name: &str| receiver.url(&format!("/{}", plain_canary(name)));
    command
        .env(
            "GATECRAWL_SHOP_BASIC_AUTH",
            format!("u:{}", plain_canary("login")),
        )
        .env(
            "GATECRAWL_SHOP_COOKIE",
            format!("a={}", plain_canary("cook")),
        )
        .env("HOOK", at("hook"))
        .env("SIGN", plain_canary("sign"))
        .env("SLACK", at("slack"))
        .env("TEAMS", at("teams"))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url("/otlp"))
        .env(
            "OTEL_EXPORTER_OTLP_HEADERS",
            format!("api-key={}", plain_canary("otlp")),
        );
}

#[tokio::test]
async fn the_secrets_of_a_project_come_out_nowhere() {
    let (site, receiver, (mail, heard)) = (
        Origin::start().await,
        Origin::start().await,
        mail_server().await,
    );
    let all = NAMES.map(plain_canary).join(" ");
    // What the site is never sent it cannot repeat.
    let own = ["login", "cook", "conf", "file"]
        .map(plain_canary)
        .join(" ");
    site.script(
        "/",
        [ok(&format!(
            "<title>{own}</title><p>home <a href='/bad'>b</a>"
        ))],
    );
    site.script("/bad", [html(502, &format!("<p>{own}"))]);
    let refused = html(500, &all).header("X-Error", &all).then(After::Close);
    for name in ["hook", "slack", "teams"] {
        receiver.script(&format!("/{}", plain_canary(name)), [refused.clone()]);
    }
    receiver.script("/otlp/v1/metrics", [refused]);
    let workdir = Workdir::new();
    let config = format!(
        "[smtp]\nhost = '127.0.0.1'\nport = {}\nsecurity = 'none'\nfrom = 'a@b.example'\nuser = 'me'\n\
         password-file = 'mail.secret'\n\
         [project.shop]\nurl = '{}'\nschedule = '@daily'\nrate = 0\nretries = 0\nconfirm = 'none'\n\
         header = ['X-Conf: {}']\ncookie-file = 'cookies.txt'\nno-probe = true\nout = 'out/{{date}}'\n\
         [project.shop.notify]\nalways = true\nmail = [{{ to = ['c@d.example'] }}]\n\
         webhook = [{{ url-env = 'HOOK', secret-env = 'SIGN' }}]\n\
         slack = [{{ url-env = 'SLACK' }}]\nteams = [{{ url-env = 'TEAMS' }}]\n",
        mail.port(),
        site.url("/"),
        plain_canary("conf"),
    );
    fs::write(workdir.path().join("gatecrawl.toml"), config).expect("a file");
    fs::write(workdir.path().join("mail.secret"), plain_canary("mail")).expect("a file");
    fs::write(
        workdir.path().join("cookies.txt"),
        format!("Cookie: f={}\n", plain_canary("file")),
    )
    .expect("a file");
    for (words, code) in [
        ("schedule check", 0),
        ("schedule list", 0),
        ("schedule schema", 0),
        ("schedule emit systemd", 0),
        ("schedule emit systemd-timer", 0),
        ("schedule emit cron", 0),
        ("schedule emit github-actions", 0),
        ("schedule emit kubernetes", 0),
        ("schedule --config gatecrawl.toml notify-test shop -vv", 1),
        (
            "schedule --config gatecrawl.toml run --once --now shop -vv",
            0,
        ),
        ("schedule list", 0),
        ("runs show", 0),
        ("report -o again -f csv,json,html,md,jsonl", 0),
    ] {
        let args: Vec<&str> = words.split(' ').collect();
        let mut command = workdir.command(&args);
        with_secrets(&mut command, &receiver);
        let said = output(command).await;
        let told = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(code), "{words}: {told}");
        assert!(
            !said.stdout.is_empty() || !said.stderr.is_empty(),
            "{words}"
        );
        assert_silent(words, &said, &NAMES);
    }
    assert_clean(
        workdir.path(),
        &["gatecrawl.toml", "mail.secret", "cookies.txt"],
        &NAMES,
    );
    // So it was not for want of secrets.
    let seen = site.requests();
    let home = seen.iter().find(|seen| seen.path == "/").expect("an audit");
    let login = STANDARD.encode(format!("u:{}", plain_canary("login")));
    assert_eq!(
        home.header("authorization"),
        Some(format!("Basic {login}").as_str())
    );
    assert_eq!(home.header("x-conf"), Some(plain_canary("conf").as_str()));
    let cookies = home.header("cookie").expect("cookies");
    assert!(cookies.contains(&core("cook")) && cookies.contains(&core("file")));
    let told: Vec<String> = receiver
        .requests()
        .iter()
        .map(|seen| format!("{seen:?}"))
        .collect();
    for name in ["hook", "slack", "teams", "otlp"] {
        assert!(told.iter().any(|seen| seen.contains(&core(name))), "{name}");
    }
    let plain = STANDARD.encode(format!("\0me\0{}", plain_canary("mail")));
    assert!(heard.lock().expect("alive").contains(&plain));
}
