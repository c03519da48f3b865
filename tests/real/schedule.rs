//! The schedule as a service: killed and stopped in the middle of a crawl, told when pages recover, and
//! started by systemd and cron.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::crawler::read;
use crate::nginx::{log, log_of, page, start};
use crate::server::{Server, note, pause};

const PAGES: usize = 2_000;

/// A directory with a configuration, in which the runner is started.
struct Workdir(TempDir);

impl Workdir {
    fn new(config: &str) -> Workdir {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("gatecrawl.toml"), config).expect("written");
        Workdir(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(crate::program::path());
        command
            .arg("schedule")
            .args(args)
            .env_clear()
            .env("HOME", self.0.path())
            .env("TZ", "UTC")
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        let Output { status, stderr, .. } = self.command(args).output().expect("it starts");
        let said = String::from_utf8(stderr).expect("text");
        note(&format!("{args:?}: {status}\n{said}"));
        (status.code(), said)
    }

    /// The directories of the reports.
    fn reports(&self) -> Vec<PathBuf> {
        let Ok(dir) = std::fs::read_dir(self.path("reports")) else {
            return Vec::new();
        };
        let mut reports: Vec<_> = dir.map(|entry| entry.expect("readable").path()).collect();
        reports.sort();
        reports
    }
}

/// Messages that were received, each with its most urgent occasion.
type Messages = Arc<Mutex<Vec<(String, Value)>>>;

/// Receives notifications: its address, and what it got.
fn receiver() -> (String, Messages) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/", listener.local_addr().expect("an address"));
    let got = Messages::default();
    let theirs = Arc::clone(&got);
    std::thread::spawn(move || {
        for line in listener.incoming() {
            let mut line = BufReader::new(line.expect("a connection"));
            let (mut occasion, mut length) = (String::new(), 0);
            loop {
                let mut header = String::new();
                line.read_line(&mut header).expect("a header");
                let Some((name, value)) = header.trim_end().split_once(": ") else {
                    if header.trim_end().is_empty() {
                        break;
                    }
                    continue;
                };
                match name.to_lowercase().as_str() {
                    "x-gatecrawl-event" => value.clone_into(&mut occasion),
                    "content-length" => length = value.parse().expect("a length"),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            line.read_exact(&mut body).expect("a body");
            let message = serde_json::from_slice(&body).expect("JSON");
            theirs.lock().expect("no panic").push((occasion, message));
            let yes = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            line.get_mut().write_all(yes).expect("an answer");
        }
    });
    (address, got)
}

fn notify(address: &str) -> String {
    format!(
        "[project.shop.notify]\nalways = true\n[[project.shop.notify.webhook]]\nurl = '{address}'\n"
    )
}

/// A runner under way. It is killed if its test forgets it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn config(site: &Server, more: &str) -> String {
    format!(
        "db = 'runs.db'\nformat = 'csv'\nconfirm = 'none'\nno-probe = true\nno-sitemap = true\nrate = 0\nsample = 0\n\
         [project.shop]\nurl = '{}'\nschedule = 'monthly on 1 04:00'\ntimezone = 'UTC'\n\
         out = 'reports/{{project}}-{{run}}'\n{more}",
        site.url("/0.html")
    )
}

/// A tree in which each page has ten children.
fn tree() -> Server {
    start("", |dir| {
        for number in 0..PAGES {
            let links: Vec<String> = (number * 10 + 1..number * 10 + 11)
                .filter(|child| *child < PAGES)
                .map(|child| format!("/{child}.html"))
                .collect();
            let links: Vec<_> = links.iter().map(String::as_str).collect();
            page(dir, &format!("www/{number}.html"), &links);
        }
        let at = dir.display();
        let logs = format!("access_log {at}/access.log test; access_log {at}/users.log combined;");
        let site = format!("{logs} root {at}/www;");
        (String::new(), site)
    })
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < deadline, "not {what}");
        pause(Duration::from_millis(10));
    }
}

/// Goes on with what was interrupted: one run, one report, and nothing left to do.
fn goes_on(workdir: &Workdir, site: &Server, before: usize) {
    assert!(workdir.reports().is_empty(), "a report of half a crawl");
    let (code, said) = workdir.run(&["run", "--once"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        said.matches("continues an interrupted run").count(),
        1,
        "{said}"
    );
    assert_eq!(said.matches("run 1 done").count(), 1, "{said}");
    let reports = workdir.reports();
    assert_eq!(reports, [workdir.path("reports/shop-1")]);
    assert_eq!(read(&reports[0].join("pages.csv")).len(), PAGES);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for logged in log(site) {
        *times.entry(logged.target).or_default() += 1;
    }
    times.remove("/robots.txt");
    let repeated: usize = times.values().map(|times| times - 1).sum();
    note(&format!("{before} requests before, {repeated} repeated"));
    assert!(times.len() == PAGES && repeated <= 8, "{repeated} repeated");
    assert_eq!(workdir.run(&["run", "--once"]), (Some(0), String::new()));
}

#[test]
fn a_runner_that_was_killed_goes_on_with_one_report() {
    let site = tree();
    let (address, got) = receiver();
    let users = site.dir.path().join("users.log");
    let logs = format!("logs = ['{}']\n{}", users.display(), notify(&address));
    let workdir = Workdir::new(&config(&site, &logs));
    let mut runner = Running(
        workdir
            .command(&["run", "--now", "shop"])
            .spawn()
            .expect("it starts"),
    );
    wait_for("under way", || log(&site).len() >= PAGES / 3);
    runner.0.kill().expect("killed");
    runner.0.wait().expect("its end");
    pause(Duration::from_millis(200));
    let before = log(&site).len();
    assert!(before < PAGES, "killed too late");
    goes_on(&workdir, &site, before);
    let got = got.lock().unwrap();
    let events: Vec<_> = got.iter().map(|(_, message)| &message["event"]).collect();
    assert_eq!(events, ["shop/run/1/ended"]);
    // Its log has each line once, and nobody else requested anything.
    let summary = workdir.path("reports/shop-1/log_summary.json");
    let summary = std::fs::read_to_string(summary).expect("written");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(
        (&summary["own_requests"], &summary["requests"]),
        (&log(&site).len().into(), &0.into()),
        "{summary}"
    );
}

#[test]
fn a_service_says_that_it_is_ready_and_stops_in_the_middle_of_a_crawl() {
    let site = tree();
    let workdir = Workdir::new(&config(&site, ""));
    let manager = UnixDatagram::bind(workdir.path("notify")).expect("a socket");
    manager
        .set_read_timeout(Some(Duration::from_secs(30)))
        .expect("a limit");
    let mut runner = Running(
        workdir
            .command(&["run", "--now", "shop"])
            .env("NOTIFY_SOCKET", workdir.path("notify"))
            .env("WATCHDOG_USEC", "60000000")
            .spawn()
            .expect("it starts"),
    );
    let heard = |wanted: &str| {
        let mut bytes = [0; 4_096];
        loop {
            let length = manager.recv(&mut bytes).expect("word of the service");
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            note(&text);
            if text.lines().any(|line| line == wanted) {
                return;
            }
        }
    };
    heard("READY=1");
    heard("WATCHDOG=1");
    wait_for("under way", || log(&site).len() >= PAGES / 3);
    let pid = runner.0.id().to_string();
    let told = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(told.expect("kill").success());
    heard("STOPPING=1");
    let status = runner.0.wait().expect("its end");
    assert_eq!(status.code(), Some(0));
    let before = log(&site).len();
    assert!(before < PAGES, "stopped too late");
    goes_on(&workdir, &site, before);
}

/// Two pages that fail until they are healed.
fn sick() -> Server {
    start("", |dir| {
        page(dir, "www/0.html", &["/a.html", "/b.html", "/c.html"]);
        for name in ["a", "b", "c"] {
            page(dir, &format!("www/{name}.html"), &[]);
        }
        let sick = |name: &str| {
            format!(
                "location = /{name}.html {{ if (!-f $document_root/{name}.healed) {{ return 502; }} }}\n"
            )
        };
        let root = format!("root {}/www;\n", dir.display());
        (String::new(), root + &sick("a") + &sick("b"))
    })
}

fn heal(site: &Server, name: &str) {
    std::fs::write(site.dir.path().join(format!("www/{name}.healed")), "").expect("written");
}

fn row(report: &Path, site: &Server, path: &str, column: &str) -> String {
    let address = site.url(path);
    let mut rows = read(&report.join("pages.csv"));
    rows.retain(|row| row["Address"] == address);
    assert_eq!(rows.len(), 1, "rows of {address}");
    rows[0][column].clone()
}

#[test]
fn what_failed_is_asked_again_and_what_is_not_kept_is_deleted() {
    let site = sick();
    let workdir = Workdir::new(&config(
        &site,
        "recheck = '1s, 5s, 1h'\nkeep-runs = 1\nretries = 0\n",
    ));
    let (code, said) = workdir.run(&["run", "--once", "--now", "shop"]);
    assert_eq!(code, Some(0), "{said}");
    let first = workdir.path("reports/shop-1");
    assert_eq!(row(&first, &site, "/a.html", "Status Code"), "502");

    heal(&site, "a");
    pause(Duration::from_secs(1));
    let (_, said) = workdir.run(&["run", "--once"]);
    assert!(
        said.contains("run 1: 1 recovered, 1 still fail; rechecked"),
        "{said}"
    );
    // The report of the run is renewed, and tells what both attempts brought.
    assert_eq!(row(&first, &site, "/a.html", "Status Code"), "200");
    // A page that recovered is looked at until a test of chance is decided.
    let looks: u32 = row(&first, &site, "/a.html", "Attempts")
        .parse()
        .expect("a number");
    assert!(looks >= 2, "{looks}");
    assert_eq!(row(&first, &site, "/b.html", "Status Code"), "502");
    assert_eq!(log_of(&site, "/b.html").len(), 2);

    // Long after it was proven that it fails, it is asked all the same.
    pause(Duration::from_secs(4));
    let (_, said) = workdir.run(&["run", "--once"]);
    assert!(
        said.contains("run 1: 0 recovered, 1 still fail; rechecked"),
        "{said}"
    );
    assert_eq!(log_of(&site, "/b.html").len(), 3);
    assert_eq!(workdir.run(&["run", "--once"]), (Some(0), String::new()));

    heal(&site, "b");
    let (code, said) = workdir.run(&["run", "--once", "--now", "shop"]);
    assert!(code == Some(0) && said.contains("run 2 done"), "{said}");
    assert_eq!(workdir.reports(), [workdir.path("reports/shop-2")]);
    let output = Command::new(crate::program::path())
        .args(["runs", "--db"])
        .arg(workdir.path("runs.db"))
        .output();
    let runs = String::from_utf8(output.expect("a list").stdout).expect("text");
    assert_eq!(runs.lines().count(), 2, "{runs}");
}

#[test]
fn two_runs_tell_what_changed_between_them() {
    let site = sick();
    let (address, got) = receiver();
    let config = config(&site, &notify(&address)).replace("confirm = 'none'", "confirm = '1s,2s'");
    let workdir = Workdir::new(&config);
    heal(&site, "b");
    for _ in 0..2 {
        let (code, said) = workdir.run(&["run", "--once", "--now", "shop"]);
        assert_eq!(code, Some(0), "{said}");
        heal(&site, "a");
        let broken = site.dir.path().join("www/b.healed");
        let _ = std::fs::remove_file(broken);
    }
    let got = got.lock().unwrap();
    let [_, (occasion, second)] = got.as_slice() else {
        panic!("{got:?}");
    };
    assert_eq!(second["run"], 2, "{occasion}");
    let lists = second["lists"].as_array().expect("lists");
    let named: Vec<(&str, Vec<&str>)> = lists
        .iter()
        .map(|list| {
            let pages = list["pages"].as_array().expect("pages").iter();
            let pages = pages.filter_map(|page| page["address"].as_str());
            (list["kind"].as_str().expect("a kind"), pages.collect())
        })
        .collect();
    let (a, b) = (site.url("/a.html"), site.url("/b.html"));
    assert_eq!(
        named,
        [("new", vec![b.as_str()]), ("recovered", vec![a.as_str()])]
    );
}

fn emitted(workdir: &Workdir, target: &str) -> String {
    let output = workdir
        .command(&["emit", target])
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// That a service may do little enough: at most 3 of 10 points, for root and for a user.
fn confined(workdir: &Workdir, target: &str) {
    for user in ["root", "gatecrawl"] {
        let mut command = workdir.command(&["emit", target]);
        let output = command.env("USER", user).output().expect("it starts");
        let text = String::from_utf8(output.stdout).expect("text");
        let unit = text.split("# gatecrawl.timer:").next().expect("a unit");
        let service = workdir.path("gatecrawl.service");
        std::fs::write(&service, unit).expect("written");
        let judged = Command::new("/usr/bin/systemd-analyze")
            .args(["security", "--offline=true", "--no-pager", "--threshold=30"])
            .arg(&service)
            .output()
            .expect("systemd-analyze");
        let said = String::from_utf8_lossy(&judged.stdout);
        let overall = said.lines().last().unwrap_or_default();
        assert!(judged.status.success(), "{target} for {user}: {overall}");
    }
}

#[test]
fn units_may_do_little() {
    let workdir = Workdir::new(
        "[project.shop]\nurl = 'a.example'\nschedule = 'weekly on mon 06:00'\ntimezone = 'UTC'\n",
    );
    for target in ["systemd", "systemd-timer"] {
        confined(&workdir, target);
    }
}

fn verified(files: &[PathBuf]) {
    let output = Command::new("/usr/bin/systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .args(files)
        .output()
        .expect("systemd-analyze");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

#[test]
fn systemd_understands_its_units() {
    let workdir = Workdir::new(
        "[project.shop]\nurl = 'a.example'\nschedule = 'weekly on mon 06:00'\ntimezone = 'UTC'\n",
    );
    let service = workdir.path("gatecrawl.service");
    std::fs::write(&service, emitted(&workdir, "systemd")).expect("written");
    verified(std::slice::from_ref(&service));

    let both = emitted(&workdir, "systemd-timer");
    let (first, second) = both.split_once("# gatecrawl.timer:").expect("two units");
    let timer = workdir.path("gatecrawl.timer");
    std::fs::write(&service, first).expect("written");
    std::fs::write(&timer, format!("#{second}")).expect("written");
    verified(&[service, timer]);
    let calendar = second
        .lines()
        .find_map(|line| line.strip_prefix("OnCalendar="))
        .expect("a calendar");
    let output = Command::new("/usr/bin/systemd-analyze")
        .args(["calendar", "--iterations=3", calendar])
        .output()
        .expect("systemd-analyze");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("Next elapse"),
        "{said}"
    );
}

#[test]
fn cron_understands_its_line() {
    let workdir =
        Workdir::new("[project.shop]\nurl = 'a.example'\nschedule = '@weekly'\ntimezone = 'UTC'\n");
    let file = workdir.path("crontab");
    std::fs::write(&file, emitted(&workdir, "cron")).expect("written");
    // Checks a file without installing it.
    let output = Command::new("/usr/bin/crontab")
        .arg("-n")
        .arg(&file)
        .output();
    let said = format!("{:?}", output.expect("crontab"));
    assert!(
        !said.contains("bad ") && !said.contains("errors in"),
        "{said}"
    );
}
