//! The logs of real servers under a known load: what they say is what the client saw.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::crawler::Workdir;
use crate::server::{self, Server, pause};
use crate::{crawler, nginx, origin};

/// A port on which nobody listens: TCPMUX, below those that are given out.
const DEAD: &str = "127.0.0.1:1";

/// Requests of each path; the slow one is requested less often.
const EACH: u32 = 30;
const SLOW: u32 = 8;

/// Requests and failures.
type Counts = (u64, u64);

/// Backends that are fine, silent, or close every second connection without an answer.
struct Backends {
    fine: SocketAddr,
    slow: SocketAddr,
    flapping: SocketAddr,
}

fn backends() -> Backends {
    let requests = AtomicU32::new(0);
    Backends {
        fine: origin::serve(|_, line| origin::page(line, "fine")),
        slow: origin::serve(|_, line| line.read(&mut [0]).map(drop)),
        flapping: origin::serve(move |_, line| {
            match requests.fetch_add(1, Ordering::Relaxed) % 2 {
                0 => origin::page(line, "fine"),
                _ => Ok(()),
            }
        }),
    }
}

/// Requests a path as a browser; returns the status.
fn request(port: u16, path: &str) -> u16 {
    let mut line = TcpStream::connect(("127.0.0.1", port)).expect("a server");
    write!(
        line,
        "GET {path} HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: Mozilla/5.0 (X11)\r\nConnection: close\r\n\r\n"
    )
    .expect("written");
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).unwrap_or_default();
    status.parse().expect("a status")
}

/// The load: what the client saw of each path. One path after the other, because Apache's error log names the client alone.
fn load(port: u16) -> BTreeMap<String, Counts> {
    let paths = [
        ("/fine", EACH),
        ("/dead", EACH),
        ("/flapping", EACH),
        ("/slow", SLOW),
    ];
    let mut seen: BTreeMap<String, Counts> = BTreeMap::new();
    for (path, times) in paths {
        // At once: a slow one takes as long as the server waits.
        let clients: Vec<_> = (0..times)
            .map(|_| thread::spawn(move || request(port, path)))
            .collect();
        let statuses = clients
            .into_iter()
            .map(|client| client.join().expect("no panic"));
        let failed = statuses.filter(|status| *status >= 500).count();
        seen.insert(path.to_owned(), (u64::from(times), failed as u64));
    }
    // A server logs a request when it is over for the server.
    pause(Duration::from_millis(300));
    seen
}

/// Reads the logs of a server, and compares them with what the client saw. Returns the summary.
fn compared(server: &Server, logs: &[&str], seen: &BTreeMap<String, Counts>) -> Value {
    let workdir = Workdir::new();
    let out = workdir.file("logs");
    let paths = logs
        .iter()
        .map(|log| server.dir.path().join(log).display().to_string());
    let paths: Vec<String> = paths.collect();
    let out_name = out.display().to_string();
    let mut args = vec!["--no-store", "--json", "-o", &out_name];
    args.extend(paths.iter().map(String::as_str));
    let said = workdir.said("logs", &args);
    let summary: Value = serde_json::from_str(&said).expect("JSON");
    let (requests, failed) = seen.values().fold((0, 0), |(all, bad), counts| {
        (all + counts.0, bad + counts.1)
    });
    assert_eq!(
        (&summary["requests"], &summary["failed"]),
        (&requests.into(), &failed.into()),
        "{said}"
    );
    for row in crawler::read(&out.join("log_urls.csv")) {
        let address = &row["Address"];
        let path = &address[address.find('/').expect("a path")..];
        let number = |name: &str| row[name].parse::<u64>().expect("a number");
        assert_eq!((number("Requests"), number("5xx")), seen[path], "{row:?}");
        let cause = match path {
            "/dead" => "upstream_down",
            "/slow" => "upstream_timeout",
            "/flapping" => "invalid_upstream_response",
            _ => "",
        };
        assert_eq!(row["Probable Cause"], cause, "{row:?}");
    }
    assert!(seen["/flapping"].1 > 0 && seen["/fine"].1 == 0, "{seen:?}");
    summary
}

#[test]
fn the_logs_of_nginx_say_what_the_client_saw() {
    let Backends {
        fine,
        slow,
        flapping,
    } = backends();
    let server = nginx::start("", |dir| {
        let at = dir.display();
        let proxies = [
            ("fine", fine.to_string()),
            ("dead", DEAD.to_owned()),
            ("slow", slow.to_string()),
            ("flapping", flapping.to_string()),
        ];
        let places = proxies.map(|(path, to)| {
            format!("location /{path} {{ proxy_read_timeout 300ms; proxy_pass http://{to}; }}\n")
        });
        (
            String::new(),
            format!("access_log {at}/users.log combined;\n{}", places.concat()),
        )
    });
    let seen = load(server.port);
    let summary = compared(&server, &["users.log", "error.log"], &seen);
    let errors = &summary["error_logs"];
    let share = errors["explained"].as_f64().expect("a number")
        / errors["failed"].as_f64().expect("a number");
    assert!(share >= 0.95, "{errors}");
}

#[test]
fn the_logs_of_apache_say_what_the_client_saw() {
    let Backends {
        fine,
        slow,
        flapping,
    } = backends();
    let config = |dir: &Path, port: u16| {
        let at = dir.display();
        let modules = ["mpm_event", "authz_core", "proxy", "proxy_http"].map(|name| {
            format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
        });
        let proxies = [
            ("fine", fine.to_string()),
            ("dead", DEAD.to_owned()),
            ("slow", slow.to_string()),
            ("flapping", flapping.to_string()),
        ];
        let proxies = proxies.map(|(path, to)| {
            format!("ProxyPass /{path} http://{to}/{path} retry=0 timeout=1 disablereuse=on\n")
        });
        format!(
            "ServerRoot {at}\n{}Listen 127.0.0.1:{port}\nServerName 127.0.0.1\nPidFile {at}/apache.pid\nDefaultRuntimeDir {at}\n\
             ErrorLog {at}/error.log\nLogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{{Referer}}i\\\" \\\"%{{User-Agent}}i\\\"\" combined\n\
             CustomLog {at}/access.log combined\nStartServers 1\nUser www-data\nGroup www-data\n{}",
            modules.concat(),
            proxies.concat()
        )
    };
    let server = server::start(|dir, port| {
        std::fs::write(dir.join("config"), config(dir, port)).expect("written");
        let mut apache = Command::new("/usr/sbin/apache2");
        apache.args(["-DFOREGROUND", "-f"]).arg(dir.join("config"));
        apache
    });
    let seen = load(server.port);
    let summary = compared(&server, &["access.log", "error.log"], &seen);
    let errors = &summary["error_logs"];
    let share = errors["explained"].as_f64().expect("a number")
        / errors["failed"].as_f64().expect("a number");
    assert!(share >= 0.9, "{errors}");
}

#[test]
fn the_log_of_haproxy_says_what_the_client_saw() {
    let Backends {
        fine,
        slow,
        flapping,
    } = backends();
    let server = server::start(|dir, port| {
        let backends = [
            ("fine", fine.to_string()),
            ("dead", DEAD.to_owned()),
            ("slow", slow.to_string()),
            ("flapping", flapping.to_string()),
        ];
        let uses = backends
            .clone()
            .map(|(name, _)| format!("  use_backend {name} if {{ path /{name} }}\n"));
        let backends = backends.map(|(name, to)| format!("backend {name}\n  server s1 {to}\n"));
        let config = format!(
            "global\n  log stdout format raw local0\ndefaults\n  mode http\n  log global\n  option httplog\n  option dontlognull\n  timeout connect 1s\n  \
             timeout client 5s\n  timeout server 300ms\n  retries 0\nfrontend front\n  bind 127.0.0.1:{port}\n{}{}",
            uses.concat(),
            backends.concat()
        );
        std::fs::write(dir.join("config"), config).expect("written");
        let mut haproxy = Command::new("/usr/sbin/haproxy");
        haproxy.arg("-db").arg("-f").arg(dir.join("config"));
        haproxy
    });
    let seen = load(server.port);
    compared(&server, &["output.txt"], &seen);
}
