//! The program itself, started as its users start it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::answer::{bytes, ok, redirect, status};
use crate::origin::Origin;

/// A working directory with a database of its own.
pub(crate) struct Workdir(tempfile::TempDir);

/// What the program said, and its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Workdir {
    pub(crate) fn new() -> Workdir {
        Workdir(tempfile::tempdir().expect("a directory"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatecrawl"));
        command
            .args(args)
            .current_dir(self.path())
            .env("GATECRAWL_DB", self.path().join("runs.db"))
            .env_remove("GATECRAWL_BASIC_AUTH")
            .env_remove("GATECRAWL_COOKIE")
            .env_remove("GATECRAWL_HEADER")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end, while the origin answers; an audit without what follows the crawl, unless that is what it is about.
    pub(crate) async fn run(&self, args: &[&str]) -> Said {
        let quick = args[0] == "audit" && !args.contains(&"--confirm");
        let more: &[&str] = if quick {
            &["--confirm", "none", "--no-probe", "--sample", "0"]
        } else {
            &[]
        };
        Said::from(output(self.command(&[args, more].concat())).await)
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).expect("an export")
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

pub(crate) async fn output(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output())
        .await
        .expect("no panic")
        .expect("a program")
}

/// A home page that links to these paths, each of which is a page.
async fn site(paths: &[String]) -> Origin {
    let origin = Origin::start().await;
    let links: Vec<_> = paths
        .iter()
        .map(|path| format!("<a href='{path}'>x</a>"))
        .collect();
    // A page without a word would count as an error.
    origin.page("/", &format!("<p>home {}", links.concat()));
    for path in paths {
        origin.page(path, "<p>fine");
    }
    origin
}

#[tokio::test]
async fn an_audit_exports_what_fails_and_sums_it_up() {
    let origin = site(&["/a".to_owned(), "/bad".to_owned()]).await;
    origin.script("/bad", [status(502)]);
    let workdir = Workdir::new();
    let args = [
        "audit",
        &origin.url("/"),
        "--retries",
        "0",
        "--rate",
        "0",
        "-o",
        "out",
    ];
    let said = workdir.run(&args).await;
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), ""),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("3 of 3 known pages fetched"),
        "{}",
        said.err
    );
    assert!(said.err.contains("2 2xx, 1 5xx"), "{}", said.err);
    let errors = workdir.read("out/server_errors.csv");
    assert_eq!(errors.lines().count(), 2);
    assert!(errors.contains(&origin.url("/bad")));
    let again = workdir.run(&["report", "-f", "jsonl", "-o", "again"]).await;
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert!(again.out.contains("again/pages.jsonl\n"), "{}", again.out);
    let shown = workdir.run(&["runs", "show"]).await;
    assert!(shown.out.contains("2 2xx, 1 5xx"), "{}", shown.out);
}

#[tokio::test]
async fn segments_are_sections_of_ones_own_with_gates() {
    let pages = ["/cart/1", "/pay/2", "/blog/3", "/blog/4"].map(str::to_owned);
    let origin = site(&pages).await;
    for path in ["/cart/1", "/pay/2"] {
        origin.script(path, [status(502)]);
    }
    let workdir = Workdir::new();
    let home = origin.url("/");
    let audit = |gate: &'static str, segment: &'static str| {
        let args = [
            "audit",
            &home,
            "--retries",
            "0",
            "--rate",
            "0",
            "-q",
            "-o",
            "out",
            "--overwrite",
        ];
        let args = [
            &args[..],
            &["--confirm", "none", "--segment", segment, "--fail-on", gate],
        ];
        let args: Vec<String> = args.concat().into_iter().map(str::to_owned).collect();
        let workdir = &workdir;
        async move {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            workdir.run(&args).await
        }
    };
    let checkout = "checkout=/(cart|pay)/";
    let said = audit("502{segment=checkout} > 1", checkout).await;
    assert_eq!(said.code, Some(10), "{}", said.err);
    let said = audit("502{segment=/blog/} > 0", checkout).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let sections =
        std::fs::read_to_string(workdir.path().join("out/sections.csv")).expect("sections");
    let names: Vec<&str> = sections
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(names, ["/", "/blog/", "checkout"]);
    for (gate, segment, fault) in [
        (
            "502{segment=chekout} > 0",
            checkout,
            "no segment \"chekout\"; known are checkout",
        ),
        (
            "5xx > 0",
            "checkout",
            "write NAME=REGEX, such as checkout=/(cart|pay)/",
        ),
        (
            "5xx > 0",
            "checkout=(",
            "--segment \"(\" is not a regular expression",
        ),
        ("5xx > 0", "/a=b", "the name before = may have letters"),
    ] {
        let said = audit(gate, segment).await;
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains(fault), "{}", said.err);
    }
}

#[tokio::test]
async fn gates_decide_the_exit_code_of_an_audit() {
    let origin = site(&["/bad".to_owned()]).await;
    origin.script("/bad", [status(502)]);
    let workdir = Workdir::new();
    let home = origin.url("/");
    let cases: [(&[&str], i32, &str); 5] = [
        (
            &["new-5xx > 0"],
            4,
            "  Gate           undecided: --fail-on 'new-5xx > 0' (there is no earlier run with this scope and these limits to compare with: \
             the next run is judged; for this one name a baseline with --baseline, or gate on 5xx)\n",
        ),
        (&["502 > 1", "coverage < 95%"], 0, ""),
        (
            &["502 > 0"],
            10,
            "  Gate           failed: --fail-on '502 > 0' (502 is 1, > 0)\n",
        ),
        // The page failed in the runs before, too.
        (&["new-5xx > 0"], 0, ""),
        (
            &["new-5xx > 0", "5xx >= 1"],
            10,
            "failed: --fail-on '5xx >= 1'",
        ),
    ];
    for (gates, code, expected) in cases {
        let gates = gates.iter().flat_map(|gate| ["--fail-on", *gate]);
        let args = ["audit", &home, "--retries", "0", "--rate", "0", "-q"];
        let said = workdir
            .run(&args.into_iter().chain(gates).collect::<Vec<_>>())
            .await;
        assert_eq!(said.code, Some(code), "{}", said.err);
        assert!(said.err.contains(expected), "{}", said.err);
        assert!(!expected.is_empty() || said.err.is_empty(), "{}", said.err);
    }
    origin.script("/robots.txt", [status(503)]);
    let said = workdir
        .run(&[
            "audit",
            &home,
            "--retries",
            "0",
            "--fail-on",
            "coverage < 95%",
        ])
        .await;
    assert_eq!(said.code, Some(3), "{}", said.err);
}

#[tokio::test]
async fn an_unreachable_robots_txt_ends_the_audit_with_3() {
    let origin = site(&[]).await;
    origin.script("/robots.txt", [status(503)]);
    let workdir = Workdir::new();
    let said = workdir
        .run(&["audit", &origin.url("/"), "--retries", "0", "-q"])
        .await;
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("robots.txt of"), "{}", said.err);
    assert!(said.err.contains("503"), "{}", said.err);
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    assert!(workdir.run(&["runs"]).await.out.contains("finished"));
}

#[tokio::test]
async fn a_host_whose_robots_txt_fails_is_named() {
    let (dark, origin) = (Origin::start().await, Origin::start().await);
    dark.script("/robots.txt", [status(503)]);
    let link = dark.url("/x");
    origin.page("/", &format!("<a href='{link}'>x</a>"));
    origin.script("/sitemap.xml", [status(503)]);
    let host = link.trim_start_matches("http://").trim_end_matches("/x");
    let site = origin.url("/");
    let args = ["audit", &site, "--host", host, "--retries", "0"];
    let said = Workdir::new().run(&args).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    for line in [
        format!(
            "Not audited    http://{host}: robots.txt answers 503, so nothing there was fetched"
        ),
        format!("Sitemaps       1 of 1 failing: {site}sitemap.xml answers 503"),
    ] {
        assert!(said.err.contains(&line), "{}", said.err);
    }
}

#[tokio::test]
async fn a_site_that_nobody_answers_for_ends_the_audit_with_3() {
    let workdir = Workdir::new();
    // The discard port: nothing listens there.
    let said = workdir
        .run(&["audit", "127.0.0.1:9", "--retries", "0"])
        .await;
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(
        said.err.contains("could not audit http://127.0.0.1:9: "),
        "{}",
        said.err
    );
}

#[tokio::test]
async fn a_start_that_leads_away_is_said() {
    let origin = Origin::start().await;
    origin.script("/", [redirect(301, "http://elsewhere.example/")]);
    let workdir = Workdir::new();
    let said = workdir
        .run(&["audit", &origin.url("/"), "-q", "--no-sitemap"])
        .await;
    assert!(
        said.err
            .contains("--host elsewhere.example audits that too"),
        "{}",
        said.err
    );
}

#[tokio::test]
async fn an_interrupted_audit_goes_on_where_it_stopped() {
    let paths: Vec<String> = (0..30).map(|n| format!("/p{n}")).collect();
    let origin = site(&paths).await;
    let workdir = Workdir::new();
    let args = ["audit", &origin.url("/"), "--rate", "10", "--no-sitemap"];
    let mut command = workdir.command(&args);
    let child = command.stderr(Stdio::piped()).spawn().expect("a program");
    while origin.requests().len() < 5 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let said = signal(child, "-HUP").await;
    assert_eq!(said.code, Some(130), "{}", said.err);
    assert!(
        said.err.contains("`gatecrawl audit --resume 1"),
        "{}",
        said.err
    );
    let said = workdir
        .run(&["audit", "--resume", "--rate", "0", "-o", "out"])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(workdir.read("out/pages.csv").lines().count(), 32);
    // Nothing was asked for twice.
    let mut asked: Vec<String> = origin
        .requests()
        .into_iter()
        .map(|seen| seen.path)
        .collect();
    let all = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), all);
    let said = workdir.run(&["audit", "--resume"]).await;
    assert_eq!(said.code, Some(2), "{}", said.err);
}

/// Audits a site of ten pages so that the run is stored and its exports are not, as if it had been killed before it
/// wrote them.
async fn owing(workdir: &Workdir, origin: &Origin, more: &[&str]) {
    let (home, dir) = (origin.url("/"), workdir.path().join("out"));
    let quick = ["--confirm", "none", "--no-probe", "--sample", "0"];
    let audit = ["audit", &home, "--rate", "10", "--no-sitemap", "-o", "out"];
    let mut command = workdir.command(&[&audit[..], more, &quick].concat());
    let child = command.stderr(Stdio::piped()).spawn().expect("a program");
    let before = origin.requests().len();
    while origin.requests().len() < before + 3 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    fs::create_dir(dir.join("pages.csv")).expect("in the way");
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    let said = Said::from(ended.await.expect("no panic").expect("an end"));
    assert_eq!(said.code, Some(2), "{}", said.err);
    fs::remove_dir(dir.join("pages.csv")).expect("out of the way");
}

#[tokio::test]
async fn exports_and_gates_that_a_run_still_owes_are_brought_by_resume() {
    let paths: Vec<String> = (0..10).map(|n| format!("/p{n}")).collect();
    let origin = site(&paths).await;
    let workdir = Workdir::new();
    owing(&workdir, &origin, &["--fail-on", "coverage > 0"]).await;
    let dir = workdir.path().join("out");
    let asked = origin.requests().len();

    let elsewhere = workdir.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("made");
    let mut command = workdir.command(&["audit", "--resume"]);
    command.current_dir(&elsewhere);
    let said = Said::from(output(command).await);
    assert_eq!(said.code, Some(10), "{}", said.err);
    assert!(said.err.contains("coverage > 0"), "{}", said.err);
    assert_eq!(workdir.read("out/pages.csv").lines().count(), 12);
    assert!(dir.join("report.html").exists() && dir.join("summary.json").exists());
    assert_eq!(origin.requests().len(), asked, "requested again");
    let said = workdir.run(&["audit", "--resume"]).await;
    assert_eq!(said.code, Some(2), "{}", said.err);
}

#[tokio::test]
async fn exports_that_a_run_still_owes_are_settled_by_report_if_they_are_the_same() {
    let paths: Vec<String> = (0..10).map(|n| format!("/p{n}")).collect();
    let origin = site(&paths).await;
    let workdir = Workdir::new();
    owing(&workdir, &origin, &[]).await;
    let report = |more: &[&str]| {
        let args = [&["report", "-q"], more].concat();
        let command = workdir.command(&args);
        async move { Said::from(output(command).await) }
    };
    // Elsewhere, or in fewer formats: not what was asked for.
    for (more, owes) in [
        (&["-o", "elsewhere"][..], true),
        (&["-o", "out", "-f", "csv"], true),
        (&["-o", "out"], false),
    ] {
        let said = report(more).await;
        assert_eq!(said.code, Some(0), "{}", said.err);
        let run = workdir.command(&["audit", "--resume", "--dry-run"]);
        let said = Said::from(output(run).await);
        let code = if owes { 0 } else { 2 };
        assert_eq!(said.code, Some(code), "{more:?}: {}", said.err);
    }

    let workdir = Workdir::new();
    owing(&workdir, &origin, &["--fail-on", "5xx > 0"]).await;
    let said = Said::from(output(workdir.command(&["report", "-o", "out"])).await);
    assert!(
        said.err.contains("has not judged its gates yet"),
        "{}",
        said.err
    );
    let said = workdir.run(&["audit", "--resume"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("5xx > 0"), "{}", said.err);
}

pub(crate) async fn signal(child: Child, name: &str) -> Said {
    let mut kill = Command::new("kill");
    output({
        kill.args([name, &child.id().to_string()]);
        kill
    })
    .await;
    let output = tokio::task::spawn_blocking(move || child.wait_with_output());
    Said::from(output.await.expect("no panic").expect("an end"))
}

#[tokio::test]
async fn a_list_is_audited_as_it_is() {
    let origin = site(&["/a".to_owned()]).await;
    origin.page("/b", "<a href='/a'>a</a>");
    let workdir = Workdir::new();
    let list = format!("# two pages\n{}\n\n{}\n", origin.url("/"), origin.url("/b"));
    fs::write(workdir.path().join("urls.txt"), list).expect("a list");
    let said = workdir
        .run(&["audit", "--url-list", "urls.txt", "--rate", "0"])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let mut asked: Vec<String> = origin
        .requests()
        .into_iter()
        .map(|seen| seen.path)
        .collect();
    asked.sort();
    assert_eq!(asked, ["/", "/b", "/robots.txt"]);
}

#[tokio::test]
async fn an_export_is_a_list() {
    let origin = site(&["/a".to_owned()]).await;
    origin.page("/b", "<a href='/a'>a</a>");
    let workdir = Workdir::new();
    let list = format!(
        "\u{feff}Top pages;Clicks;CTR\r\n{};12;3,5%\r\n(not set);1;0,1%\r\n{};2;1,0%\r\n",
        origin.url("/"),
        origin.url("/b")
    );
    fs::write(workdir.path().join("pages.csv"), list).expect("a list");
    let said = workdir
        .run(&["audit", "--url-list", "pages.csv", "--rate", "0"])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let taken = "--url-list pages.csv: 2 URLs from column \"Top pages\"\n";
    assert!(said.err.contains(taken), "{}", said.err);
    let left = "--url-list pages.csv: 1 cell is not a URL and was left out: line 3 \"(not set)\"\n";
    assert!(said.err.contains(left), "{}", said.err);
    let mut asked: Vec<String> = origin
        .requests()
        .into_iter()
        .map(|seen| seen.path)
        .collect();
    asked.sort();
    assert_eq!(asked, ["/", "/b", "/robots.txt"]);
}

#[tokio::test]
async fn secrets_go_to_the_site_and_nowhere_else() {
    let (origin, other) = (site(&[]).await, Origin::start().await);
    let away = other.url("/away");
    origin.script("/", [ok(&format!("<a href='{away}'>away</a>"))]);
    let workdir = Workdir::new();
    let seed = origin.url("/").replace("://", "://user:hunter2@");
    let args = [
        "audit",
        &seed,
        "--external",
        "--no-sitemap",
        "-vv",
        "-o",
        "out",
        "-f",
        "csv,json,jsonl",
    ];
    let mut command = workdir.command(&args);
    command
        .env("GATECRAWL_COOKIE", "sid=hunter3")
        .env("GATECRAWL_HEADER", "X-Key: hunter4");
    let said = Said::from(output(command).await);
    assert_eq!(said.code, Some(0), "{}", said.err);
    for seen in origin.requests() {
        assert_eq!(seen.header("authorization"), Some("Basic dXNlcjpodW50ZXIy"));
        assert_eq!(seen.header("cookie"), Some("sid=hunter3"));
        assert_eq!(seen.header("x-key"), Some("hunter4"));
    }
    assert!(!other.requests().is_empty());
    for seen in other.requests() {
        for name in ["authorization", "cookie", "x-key"] {
            assert_eq!(seen.header(name), None, "{name}");
        }
    }
    assert!(!said.err.contains("hunter"), "{}", said.err);
    let files = fs::read_dir(workdir.path().join("out")).expect("exports");
    for file in files.chain(fs::read_dir(workdir.path()).expect("a workdir")) {
        let path = file.expect("a file").path();
        let bytes = fs::read(&path).unwrap_or_default();
        let found = bytes.windows(6).any(|part| part == b"hunter");
        assert!(!found, "{}", path.display());
    }
}

#[tokio::test]
async fn the_secrets_of_one_site_are_not_shown_to_another() {
    let (one, two) = (site(&[]).await, site(&[]).await);
    let workdir = Workdir::new();
    let logged_in = one.url("/").replace("://", "://ann:hunter2@");
    let other = two.url_as("localhost", "/");
    let cookies = "127.0.0.1\tFALSE\t/\tFALSE\t0\tone\t1\n\
        localhost\tFALSE\t/\tFALSE\t0\ttwo\t2\n\
        localhost\tFALSE\t/\tTRUE\t0\tsafe\t3\n";
    fs::write(workdir.path().join("cookies.txt"), cookies).expect("a file");
    fs::write(
        workdir.path().join("urls.txt"),
        format!("{logged_in}\n{other}\n"),
    )
    .expect("a list");
    let args = [
        "audit",
        "--url-list",
        "urls.txt",
        "--cookie-file",
        "cookies.txt",
        "-H",
        "X-Key: both",
    ];
    let said = workdir.run(&args).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let expected = [
        (&one, Some("Basic YW5uOmh1bnRlcjI="), "one=1"),
        (&two, None, "two=2"),
    ];
    for (origin, login, cookie) in expected {
        assert_eq!(origin.requests().len(), 2);
        for seen in origin.requests() {
            assert_eq!(seen.header("authorization"), login);
            assert_eq!(seen.header("cookie"), Some(cookie));
            assert_eq!(seen.header("x-key"), Some("both"));
        }
    }
}

#[tokio::test]
async fn a_site_on_this_machine_leads_to_no_other_network() {
    let (origin, other) = (site(&[]).await, Origin::start().await);
    let near = other.url("/near");
    let links = format!(
        "<a href='{near}'>a</a> <a href='http://169.254.169.254/'>b</a> <a href='http://10.0.0.1/'>c</a>"
    );
    origin.script("/", [ok(&links)]);
    let workdir = Workdir::new();
    let args = [
        "audit",
        &origin.url("/"),
        "--external",
        "--no-sitemap",
        "--retries",
        "0",
        "-o",
        "out",
    ];
    let said = workdir.run(&args).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(other.requests().iter().any(|seen| seen.path == "/near"));
    let attempts = workdir.read("out/attempts.csv");
    for address in ["169.254.169.254", "10.0.0.1"] {
        let words = format!("address {address} is not public");
        assert!(attempts.contains(&words), "{attempts}");
    }
}

#[tokio::test]
async fn a_config_file_is_read_and_flags_go_before_it() {
    let origin = site(&["/a".to_owned(), "/b".to_owned()]).await;
    let workdir = Workdir::new();
    let config = "exclude = ['/a$']\nno-sitemap = true\nuser-agent = 'filed/1'\nout = 'out'\n";
    fs::write(workdir.path().join("gatecrawl.toml"), config).expect("a file");
    let said = workdir
        .run(&["audit", &origin.url("/"), "-A", "typed/1"])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let requests = origin.requests();
    assert!(
        requests
            .iter()
            .all(|seen| seen.header("user-agent") == Some("typed/1"))
    );
    assert!(
        requests
            .iter()
            .all(|seen| seen.path != "/a" && seen.path != "/sitemap.xml")
    );
    assert!(workdir.path().join("out/pages.csv").exists());
    fs::write(workdir.path().join("gatecrawl.toml"), "rat = 1").expect("a file");
    let said = workdir.run(&["audit", "a.example"]).await;
    assert_eq!(said.code, Some(2));
    let expected = "error: gatecrawl.toml, line 1: unknown key \"rat\"; did you mean \"rate\"?\n";
    assert_eq!(said.err, expected);
}

#[tokio::test]
async fn a_dry_run_reckons_with_the_pause_that_an_audit_makes() {
    let origin = site(&[]).await;
    let rules = "User-agent: *\nCrawl-delay: 3600\n";
    origin.script(
        "/robots.txt",
        [bytes(rules).header("Content-Type", "text/plain")],
    );
    let workdir = Workdir::new();
    let url = origin.url("/");
    let said = workdir.run(&["audit", &url, "--dry-run"]).await;
    let estimate = "estimate: at least 60000 ms for each page";
    assert!(said.out.contains(estimate), "{}", said.out);
    let said = workdir
        .run(&["audit", &url, "--dry-run", "--ignore-robots"])
        .await;
    let estimate = "estimate: at least 102 ms for each page";
    assert!(said.out.contains(estimate), "{}", said.out);
}

#[tokio::test]
async fn a_killed_run_is_shown_with_its_verdicts() {
    let paths: Vec<String> = (0..30).map(|n| format!("/p{n}")).collect();
    let origin = site(&paths).await;
    let workdir = Workdir::new();
    let args = ["audit", &origin.url("/"), "--rate", "10", "--no-sitemap"];
    let mut child = workdir.command(&args).spawn().expect("a program");
    while origin.requests().len() < 5 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    child.kill().expect("killed");
    child.wait().expect("an end");
    let shown = workdir.run(&["runs", "show"]).await;
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    assert!(shown.out.contains("not finished"), "{}", shown.out);
    assert!(!shown.out.contains("Verdicts       none"), "{}", shown.out);
}

#[tokio::test]
async fn experiments_are_made_on_what_fails_and_told_in_the_export() {
    let origin = site(&["/down".to_owned()]).await;
    origin.script("/down", [status(502)]);
    let workdir = Workdir::new();
    let url = origin.url("/");
    let args = ["audit", &url, "--confirm", "none", "--retries", "0"];
    let more = ["-o", "out", "-H", "X-Key: k"];
    let said = workdir.run(&[&args[..], &more].concat()).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let attempts = workdir.read("out/attempts.csv");
    for purpose in ["crawl", "probe:alone", "probe:browser"] {
        assert!(attempts.contains(&format!(",{purpose},")), "{attempts}");
    }
    let requests = origin.requests();
    let browsers: Vec<_> = requests
        .iter()
        .filter(|seen| seen.header("user-agent").unwrap().contains("Chrome/"))
        .collect();
    assert_eq!(browsers.len(), 1);
    assert_eq!(browsers[0].path, "/down");
    assert_eq!(browsers[0].header("x-key"), Some("k"));
    let pages = workdir.read("out/server_errors.csv");
    assert!(pages.contains("server_502,1,1,1,1,1,"), "{pages}");
}

#[tokio::test]
async fn a_dry_run_says_what_follows_the_crawl() {
    let origin = site(&[]).await;
    let workdir = Workdir::new();
    let dry = async |more: &[&str]| {
        let url = origin.url("/");
        let args = [&["audit", &url, "--dry-run"], more].concat();
        Said::from(output(workdir.command(&args)).await).out
    };
    let usual = dry(&[]).await;
    for line in [
        "confirm: failing URLs are requested again 15 s, 1 m 00 s after the crawl, for 10 m 00 s at most \
         without the waits; then once more those that were fine and failed last\n",
        "sample: pages that never failed, as many as 5 % of all pages (20 to 200), requested once more\n",
        "experiments: a few failing URLs are requested in other ways, also past caches\n",
    ] {
        assert!(usual.contains(line), "{line}: {usual}");
    }
    assert!(!usual.contains("max-time"), "{usual}");
    let more = [
        "--confirm",
        "none",
        "--sample",
        "1",
        "--max-time",
        "2h",
        "--no-probe",
    ];
    let other = dry(&more).await;
    for line in [
        "confirm: none: failing pages stay unconfirmed\n",
        "sample: 1 page that never failed requested once more\n",
        "max-time: 2 h 00 m\n",
        "experiments: none\n",
    ] {
        assert!(other.contains(line), "{line}: {other}");
    }
}

#[tokio::test]
async fn a_dry_run_asks_for_robots_txt_alone() {
    let origin = site(&[]).await;
    let rules = "User-agent: *\nCrawl-delay: 2\nSitemap: /map.xml\n";
    origin.script(
        "/robots.txt",
        [bytes(rules).header("Content-Type", "text/plain")],
    );
    let workdir = Workdir::new();
    let said = workdir
        .run(&["audit", &origin.url("/"), "--dry-run", "-o", "out"])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.out
            .contains(&format!("sitemap: {}\n", origin.url("/map.xml"))),
        "{}",
        said.out
    );
    assert!(said.out.contains("crawl-delay: 2.0 s\n"), "{}", said.out);
    assert_eq!(origin.requests().len(), 1);
    let left = fs::read_dir(workdir.path()).expect("a workdir").count();
    assert_eq!(left, 0, "no database, no directory");
}

#[tokio::test]
async fn a_dry_run_says_where_secrets_go() {
    let origin = site(&[]).await;
    let workdir = Workdir::new();
    let (url, host) = (origin.url("/"), origin.address());
    let told = async |more: &[&str]| {
        let said = workdir
            .run(&[&["audit", &url, "--dry-run"], more].concat())
            .await;
        assert_eq!(said.code, Some(0), "{}", said.err);
        let lines = said
            .out
            .lines()
            .filter_map(|line| line.strip_prefix("secrets: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told(&[]).await, ["none are given"]);
    let secrets = ["--cookie", "a=s3cret-token", "-H", "X-Key: s3cret-token"];
    let more = [
        "--subdomains",
        "--host",
        "github.io",
        "--host",
        "shop.example",
    ];
    assert_eq!(
        told(&[&secrets[..], &more].concat()).await,
        [
            format!("--header, --cookie: to {host}"),
            "--header, --cookie: to github.io, no host below it: it is a public suffix".to_owned(),
            "--header, --cookie: to shop.example and www.shop.example and every host below shop.example".to_owned(),
            format!("--header, --cookie: over https; over http only to http://{host}"),
        ]
    );
}

#[tokio::test]
async fn tools_follow_redirects_and_say_what_a_status_means() {
    let origin = site(&["/page".to_owned()]).await;
    let workdir = Workdir::new();
    let said = workdir.run(&["robots", &origin.url("/"), "/x"]).await;
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "ALLOWED\t/x\tno robots.txt\n")
    );
    assert!(
        said.err.contains("404") && said.err.contains("everything is allowed"),
        "{}",
        said.err
    );
    origin.script("/robots.txt", [status(500)]);
    let said = workdir.run(&["robots", &origin.url("/"), "/x"]).await;
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("nothing is allowed"), "{}", said.err);
    origin.script("/old", [redirect(302, "/new/")]);
    origin.page("/new/", "<a href=x>y</a>");
    let said = workdir.run(&["links", &origin.url("/old")]).await;
    assert!(said.out.contains(&origin.url("/new/x")), "{}", said.out);
    let map = format!(
        "<sitemapindex><sitemap><loc>{}</loc></sitemap></sitemapindex>",
        origin.url("/1.xml")
    );
    origin.script("/map.xml", [bytes(map)]);
    origin.script(
        "/1.xml",
        [bytes(
            "<urlset><url><loc>https://a.example/1</loc></url></urlset>",
        )],
    );
    let said = workdir.run(&["sitemap", &origin.url("/map.xml")]).await;
    assert_eq!(said.out, format!("{}\n", origin.url("/1.xml")));
    let said = workdir
        .run(&["sitemap", "--recursive", &origin.url("/map.xml")])
        .await;
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "https://a.example/1\n")
    );
}

#[tokio::test]
async fn a_check_tells_chain_times_cause_and_fix() {
    let origin = site(&[]).await;
    origin.script("/old", [redirect(301, "/bad")]);
    origin.script("/bad", [status(502)]);
    let workdir = Workdir::new();
    let said = workdir
        .run(&["check", &origin.url("/old"), "--attempts", "2"])
        .await;
    assert_eq!(
        (said.code, said.err.as_str()),
        (Some(0), ""),
        "{}",
        said.out
    );
    for expected in [
        "\nRedirects\n",
        "  1  301",
        "\nAttempts\n",
        "  2  502     server_502",
        "  Likely cause  ",
        "  More          gatecrawl explain ",
        "  curl -sS -o /dev/null -D - -w ",
    ] {
        assert!(said.out.contains(expected), "{expected}: {}", said.out);
    }
    let paths: Vec<_> = origin
        .requests()
        .into_iter()
        .map(|seen| seen.path)
        .collect();
    assert_eq!(paths, ["/old", "/bad", "/bad"]);
}

#[tokio::test]
async fn a_check_of_an_error_page_with_200_has_the_cause_that_it_says() {
    let closed = "<title>Maintenance</title><h1>Down for maintenance</h1>";
    let origin = site(&[]).await;
    origin.page("/closed", closed);
    let workdir = Workdir::new();
    let url = origin.url("/closed");
    let said = workdir
        .run(&["check", &url, "--attempts", "1", "--json"])
        .await;
    assert!(
        said.out.contains("\"cause\": \"maintenance\""),
        "{}",
        said.out
    );
}

#[tokio::test]
async fn a_check_compares_clients_and_keeps_secrets() {
    let origin = site(&[]).await;
    origin.script(
        "/wall",
        [status(403), status(403), ok("<p>fine"), ok("<p>fine")],
    );
    let workdir = Workdir::new();
    let url = origin.url("/wall");
    let args = [
        "check",
        &url,
        "--as",
        "gatecrawl,chrome",
        "--attempts",
        "2",
        "--basic-auth",
        "me:hush",
        "--json",
    ];
    let said = workdir.run(&args).await;
    assert_eq!(
        (said.code, said.err.as_str()),
        (Some(0), ""),
        "{}",
        said.out
    );
    let told: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    let clients = &told[0]["clients"];
    assert_eq!(clients[0]["attempts"][0]["status"], 403);
    assert_eq!(clients[1]["attempts"][0]["status"], 200);
    assert_eq!(clients[0]["why"]["causes"][0][0], "firewall");
    assert!(
        said.out
            .contains("The answers differ by client (gatecrawl 403, chrome 200)")
    );
    assert!(!said.out.contains("hush"), "{}", said.out);
}

#[tokio::test]
async fn a_project_is_added_to_a_file_that_is_not_there_yet() {
    let workdir = Workdir::new();
    let add = [
        "schedule",
        "add",
        "shop",
        "example.com",
        "--schedule",
        "@weekly",
    ];
    let named = [&add[..], &["--config", "weekly.toml"]].concat();
    let said = workdir.run(&named).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(workdir.read("weekly.toml").contains("[project.shop]"));
    // Whoever only reads is told that there is nothing to read.
    let said = workdir
        .run(&["schedule", "check", "--config", "other.toml"])
        .await;
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("other.toml"), "{}", said.err);
}
