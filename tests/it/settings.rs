//! Where settings come from, and what is said about it.

use std::fs;

use crate::cli::{Said, Workdir, output};
use crate::origin::Origin;

async fn site() -> Origin {
    let origin = Origin::start().await;
    origin.page("/", "<p>home</p>");
    origin
}

fn write(workdir: &Workdir, config: &str) {
    fs::write(workdir.path().join("gatecrawl.toml"), config).expect("a file");
}

const NOTICE: &str = "settings of gatecrawl.toml are in use";

#[tokio::test]
async fn the_config_file_in_use_is_named() {
    let (origin, workdir) = (site().await, Workdir::new());
    let url = origin.url("/");
    let dry = ["audit", &url, "--dry-run"];
    assert!(workdir.run(&dry).await.out.contains("config: none\n"));
    write(&workdir, "rate = 50\n");
    let said = workdir.run(&dry).await;
    assert!(
        said.out.contains("config: gatecrawl.toml\n"),
        "{}",
        said.out
    );
    let said = workdir.run(&["audit", &url]).await;
    assert_eq!(
        (said.code, said.err.matches(NOTICE).count()),
        (Some(0), 1),
        "{}",
        said.err
    );
    let quiet = workdir.run(&["audit", &url, "-q"]).await;
    assert_eq!((quiet.code, quiet.err.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn a_config_file_that_was_only_found_does_not_decide_whom_secrets_reach() {
    let (origin, evil, workdir) = (site().await, site().await, Workdir::new());
    let url = origin.url("/");
    write(&workdir, &format!("proxy = 'http://{}'\n", evil.address()));
    let said = workdir
        .run(&["audit", &url, "--cookie", "a=s3cret-token"])
        .await;
    assert_eq!(said.code, Some(2));
    assert!(
        said.err
            .starts_with("error: gatecrawl.toml, line 1: proxy: it decides where secrets go"),
        "{}",
        said.err
    );
    assert!(evil.requests().is_empty());
    let named = ["audit", &url, "--dry-run", "--config", "gatecrawl.toml"];
    assert_eq!(workdir.run(&named).await.code, Some(0));

    // The environment's secrets go to the site that was typed, or that a named file says.
    write(&workdir, &format!("url = ['{}']\n", evil.url("/")));
    let seen = evil.requests().len();
    let mut command = workdir.command(&["audit", "--confirm", "none"]);
    command.env("GATECRAWL_COOKIE", "a=s3cret-token");
    let said = Said::from(output(command).await);
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert_eq!(evil.requests().len(), seen);

    // A file of the user's is a secret too.
    std::fs::write(workdir.path().join(".env"), "KEY=hunter2").expect("written");
    let config = format!("url = ['{}']\ncookie-file = '.env'\n", evil.url("/"));
    write(&workdir, &config);
    let said = workdir.run(&["audit"]).await;
    let expected =
        "error: gatecrawl.toml, line 2: cookie-file: it sends a file of yours to the site";
    assert_eq!(said.code, Some(2));
    assert!(said.err.starts_with(expected), "{}", said.err);
    assert_eq!(evil.requests().len(), seen);
}

#[tokio::test]
async fn a_config_file_that_was_only_found_sends_no_lines_of_files_elsewhere() {
    let (evil, workdir, home) = (site().await, Workdir::new(), Workdir::new());
    let private = home.path().join("private.txt");
    std::fs::write(&private, "/token-hunter2\n").expect("written");
    std::os::unix::fs::symlink(&private, workdir.path().join("link.txt")).expect("made");
    std::fs::write(workdir.path().join("own.txt"), "/own\n").expect("written");
    let site = format!("url = ['{}']\nconfirm = 'none'\n", evil.url("/"));
    for list in [
        private.to_str().expect("text"),
        "../private.txt",
        "link.txt",
    ] {
        let list = format!("url-list = '{list}'\n");
        let project = format!("[project.shop]\nschedule = '@daily'\n{site}{list}");
        for (config, args, line) in [
            (format!("{site}{list}"), &["audit"][..], 3),
            (project, &["schedule", "run", "--once"], 5),
        ] {
            write(&workdir, &config);
            let said = workdir.run(args).await;
            let expected =
                format!("error: gatecrawl.toml, line {line}: url-list: it would request the lines");
            assert_eq!(said.code, Some(2), "{config}");
            assert!(said.err.starts_with(&expected), "{}", said.err);
        }
    }
    assert!(evil.requests().is_empty());
    write(&workdir, &format!("{site}url-list = 'own.txt'\n"));
    assert_eq!(workdir.run(&["audit"]).await.code, Some(0));
    assert!(evil.requests().iter().any(|asked| asked.path == "/own"));
}

#[tokio::test]
async fn a_schedule_that_was_only_found_gets_no_secrets_of_the_environment() {
    let (evil, workdir) = (site().await, Workdir::new());
    let project = format!(
        "[project.shop]\nurl = '{}'\nschedule = '@daily'\n",
        evil.url("/")
    );
    for (config, secret, said) in [
        (
            project.clone(),
            "GATECRAWL_SHOP_COOKIE",
            "line 2: url: the environment has secrets",
        ),
        (
            format!("{project}cookie-file = '.env'\n"),
            "NONE",
            "line 4: cookie-file: it sends",
        ),
    ] {
        write(&workdir, &config);
        let mut command = workdir.command(&["schedule", "run", "--once", "--now", "shop"]);
        command.env(secret, "a=s3cret-token");
        let found = Said::from(output(command).await);
        assert_eq!(found.code, Some(2), "{}", found.err);
        assert!(found.err.contains(said), "{}", found.err);
        assert!(evil.requests().is_empty());
    }
}

#[tokio::test]
async fn a_schedule_that_was_only_found_does_not_decide_whom_secrets_reach() {
    let workdir = Workdir::new();
    let project = "[project.shop]\nurl = 'http://127.0.0.1:9/'\nschedule = '@daily'\n";
    let smtp = "[smtp]\nhost = 'h.example'\nfrom = 'a@b.example'\npassword-env = 'HOME'\n";
    for config in [
        format!("{project}insecure = true\n"),
        format!("insecure = true\n{project}"),
        format!("{smtp}{project}"),
    ] {
        write(&workdir, &config);
        let said = workdir.run(&["schedule", "run", "--once"]).await;
        assert_eq!(said.code, Some(2), "{config}: {}", said.err);
        assert!(said.err.contains("--config gatecrawl.toml"), "{}", said.err);
        let checked = workdir.run(&["schedule", "check"]).await;
        assert_eq!(checked.code, Some(0), "{config}: {}", checked.err);
    }
}

#[tokio::test]
async fn an_empty_variable_is_as_if_it_were_not_set() {
    let (origin, workdir) = (site().await, Workdir::new());
    let url = origin.url("/");
    let mut command = workdir.command(&["audit", &url, "--confirm", "none", "--sample", "0"]);
    for name in ["PROXY", "COOKIE", "HEADER", "BASIC_AUTH"] {
        command.env(format!("GATECRAWL_{name}"), "");
    }
    let said = Said::from(output(command).await);
    assert_eq!(said.code, Some(0), "{}", said.err);
    // So a setting of the file holds.
    write(&workdir, "cookie = 'a=1'\n");
    let mut command = workdir.command(&["audit", &url, "--confirm", "none", "--sample", "0"]);
    command.env("GATECRAWL_COOKIE", "");
    assert_eq!(output(command).await.status.code(), Some(0));
    let last = origin.requests().pop().expect("a request");
    assert_eq!(last.header("cookie"), Some("a=1"));
}

#[tokio::test]
async fn a_contact_is_in_the_user_agent_and_its_absence_is_said_once() {
    let (origin, workdir) = (site().await, Workdir::new());
    let url = origin.url("/");
    let agent = || {
        let last = origin.requests().pop().expect("a request");
        last.header("user-agent").map(str::to_owned)
    };
    let version = env!("CARGO_PKG_VERSION");
    let silent = workdir.run(&["audit", &url]).await;
    assert!(
        !silent.err.contains("--contact"),
        "this machine is its own operator"
    );
    assert_eq!(agent(), Some(format!("gatecrawl/{version}")));
    workdir
        .run(&["audit", &url, "--contact", "seo@shop.example"])
        .await;
    assert_eq!(
        agent(),
        Some(format!("gatecrawl/{version} (+seo@shop.example)"))
    );
    write(&workdir, "contact = 'https://shop.example/bot'\n");
    workdir
        .run(&["check", &url, "--attempts", "1", "--contact", "a@b.example"])
        .await;
    assert_eq!(agent(), Some(format!("gatecrawl/{version} (+a@b.example)")));
    workdir.run(&["audit", &url]).await;
    assert_eq!(
        agent(),
        Some(format!("gatecrawl/{version} (+https://shop.example/bot)"))
    );
    workdir.run(&["audit", &url, "-A", "AcmeBot/1"]).await;
    assert_eq!(agent(), Some("AcmeBot/1".to_owned()));
    fs::remove_file(workdir.path().join("gatecrawl.toml")).expect("removed");

    // A name of another host, at an address of this one.
    let port = origin.address().port();
    let given = format!("shop.example:{port}:127.0.0.1");
    let away = origin.url_as("shop.example", "/");
    let said = workdir.run(&["audit", &away, "--resolve", &given]).await;
    assert_eq!(
        said.err.matches("--contact URL|MAIL").count(),
        1,
        "{}",
        said.err
    );
    let bad = workdir.run(&["audit", &url, "--contact", "nobody"]).await;
    assert_eq!(bad.code, Some(2), "{}", bad.err);
}

#[tokio::test]
async fn a_pattern_that_would_hold_up_every_url_is_refused() {
    let workdir = Workdir::new();
    let args = ["audit", "a.example", "--exclude", "(a{0,500}){0,50}b"];
    let said = workdir.run(&args).await;
    assert_eq!(said.code, Some(2));
    let expected =
        r#"error: --exclude "(a{0,500}){0,50}b" is too large: it takes more than 1024 KiB"#;
    assert!(said.err.starts_with(expected), "{}", said.err);
}

#[tokio::test]
async fn a_database_that_may_not_be_read_is_not_called_missing() {
    let workdir = Workdir::new();
    fs::write(workdir.path().join("file"), "text").expect("a file");
    let said = workdir.run(&["runs", "--db", "file/runs.db"]).await;
    assert_eq!(said.code, Some(2));
    let expected = "error: could not open the database file/runs.db: ";
    assert!(said.err.starts_with(expected), "{}", said.err);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = workdir.path().join("shut.db");
        fs::write(&path, "text").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).expect("shut");
        // Root may read everything.
        if fs::File::open(&path).is_err() {
            let said = workdir.run(&["runs", "--db", "shut.db"]).await;
            let expected = "error: could not open the database shut.db: no permission to read it\n";
            assert_eq!(said.err, expected);
        }
    }
}

#[tokio::test]
async fn a_quiet_report_lists_no_files() {
    let (origin, workdir) = (site().await, Workdir::new());
    workdir.run(&["audit", &origin.url("/")]).await;
    let said = workdir.run(&["report", "-o", "out"]).await;
    assert!(said.out.contains("pages.csv"), "{}", said.out);
    let said = workdir.run(&["report", "-q", "-o", "again"]).await;
    assert_eq!(
        (said.code, said.out.as_str(), said.err.as_str()),
        (Some(0), "", "")
    );
    assert!(workdir.path().join("again/pages.csv").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_config_file_that_was_only_found_writes_below_its_directory_alone() {
    let (origin, workdir, elsewhere) = (site().await, Workdir::new(), Workdir::new());
    let (url, away) = (origin.url("/"), elsewhere.path().display().to_string());
    std::os::unix::fs::symlink(elsewhere.path(), workdir.path().join("link")).expect("a link");
    let typed = format!("{away}/typed");
    let audit = ["audit", &url];
    let typed = ["audit", &url, "-o", &typed];
    let resume = ["audit", "--resume"];
    let project = format!("[project.shop]\nurl = '{url}'\nschedule = '@daily'\n");
    let schedule = ["schedule", "run", "--once"];
    let refused = [
        (
            format!("out = '{away}/out'\n"),
            &audit[..],
            "out: it would write outside",
        ),
        (
            "out = 'a/../../out'\n".to_owned(),
            &audit,
            "out: it would write outside",
        ),
        (
            "out = 'link/out'\n".to_owned(),
            &audit,
            "out: it would write outside",
        ),
        (
            format!("db = '{away}/runs.db'\n"),
            &audit,
            "db: it would write outside",
        ),
        (
            "db = 'link/runs.db'\n".to_owned(),
            &resume,
            "db: it would write outside",
        ),
        (
            "db = 'own.db'\n".to_owned(),
            &resume,
            "db: it decides which site",
        ),
        (
            "overwrite = true\n".to_owned(),
            &typed,
            "overwrite: it would write outside",
        ),
        (
            format!("{project}out = '{away}/out'\n"),
            &schedule,
            "out: it would write outside",
        ),
        (
            format!("db = '{away}/runs.db'\n{project}"),
            &schedule,
            "db: it would write outside",
        ),
    ];
    let own = "db = 'own.db'\nout = 'reports/{run}'\noverwrite = true\n".to_owned();
    let without_variable = |args: &[&str]| {
        let mut command = workdir.command(args);
        command.env_remove("GATECRAWL_DB");
        command
    };
    for (config, args, expected) in refused {
        write(&workdir, &config);
        let said = Said::from(output(without_variable(args)).await);
        assert_eq!(said.code, Some(2), "{config}: {}", said.err);
        assert!(said.err.contains(expected), "{config}: {}", said.err);
        assert!(said.err.contains("--config gatecrawl.toml"), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
        assert_eq!(fs::read_dir(elsewhere.path()).expect("read").count(), 0);
    }
    assert!(origin.requests().is_empty());
    write(&workdir, &own);
    let quick = ["--confirm", "none", "--no-probe", "--sample", "0"];
    let said = Said::from(output(without_variable(&[&audit[..], &quick].concat())).await);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(workdir.path().join("own.db").exists() && workdir.path().join("reports").is_dir());
    // A file that is named may write anywhere.
    write(&workdir, &format!("out = '{away}/out'\n"));
    let said = workdir
        .run(&["audit", &url, "--config", "gatecrawl.toml"])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(elsewhere.path().join("out/pages.csv").exists());
}

#[tokio::test]
async fn a_place_to_write_has_a_name_of_one_line() {
    let (origin, workdir) = (site().await, Workdir::new());
    let url = origin.url("/");
    for flag in ["-o", "--db"] {
        let said = workdir.run(&["audit", &url, flag, "a\nb"]).await;
        assert_eq!(said.code, Some(2), "{}", said.err);
        assert!(said.err.contains("control characters"), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    }
    assert_eq!(fs::read_dir(workdir.path()).expect("read").count(), 0);
}

#[tokio::test]
async fn what_a_schedule_cannot_do_is_said_before_the_first_run() {
    const SHOP: &str = "[project.shop]\nurl = 'shop.example'\nschedule = 'weekly on mon 03:30'\ntimezone = 'UTC'\n";
    const SMTP: &str = "[smtp]\nhost = 'localhost'\nsecurity = 'none'\nfrom = 'a@shop.example'\n";
    let mail = "[[project.shop.notify.mail]]\nto = ['seo@shop.example']\n";
    // What is wrong ends the check.
    let wrong = [
        (
            format!("{SHOP}{mail}"),
            "line 5: project.shop.notify.mail: a mail needs a server: add [smtp] with `host` and `from`",
        ),
        (
            format!("{SHOP}{mail}[smtp]\nhost = 'localhost'\nsecurity = 'none'\nfrom = 'shop'\n"),
            "line 10: smtp.from: \"shop\" is not a mail address",
        ),
        (
            format!("{SHOP}[project.shop.notify]\nalways = true\non = ['digest', 'new-5x']\n"),
            "line 7: project.shop.notify: unknown occasion \"new-5x\"; did you mean \"new-5xx\"?",
        ),
        (
            format!("{SHOP}[project.shop.notify]\nalwys = true\n"),
            "line 6: project.shop.notify: unknown field `alwys`",
        ),
        (
            format!(
                "{SHOP}out = 'r/{{date}}'\n{}out = 'r/{{date}}'\n",
                SHOP.replace(".shop]", ".blog]")
            ),
            "line 10: project blog: out: project shop writes to the same directory; put {project} in it",
        ),
    ];
    // What is doubtful is said, and the times are printed.
    let doubtful = [
        (
            format!("{SHOP}quiet-hours = '22:00-06:00'\n"),
            "line 5: project shop: quiet-hours: 5 of its next 5 times are in them and wait until 06:00",
        ),
        (
            format!("{SHOP}confirm = '5m'\n"),
            "line 5: project shop: confirm: with one pass a page that newly fails",
        ),
        (
            format!("{SHOP}[[project.shop.notify.slack]]\nurl-env = 'NOWHERE_SET'\n"),
            "line 6: project.shop.notify.slack[0].url-env: the environment has no variable NOWHERE_SET; \
             `schedule run` needs it",
        ),
    ];
    let workdir = Workdir::new();
    let cases = [(2, &wrong[..]), (0, &doubtful[..])];
    for (code, (text, expected)) in cases
        .into_iter()
        .flat_map(|(code, cases)| cases.iter().map(move |case| (code, case)))
    {
        write(&workdir, text);
        let said = workdir.run(&["schedule", "check"]).await;
        assert_eq!(said.code, Some(code), "{}", said.err);
        let line = (said.err.lines()).find(|line| line.contains("gatecrawl.toml, line "));
        assert!(
            line.is_some_and(|line| line.contains(expected)),
            "{}",
            said.err
        );
        assert_eq!(
            said.out.contains("shop: weekly on mon 03:30 (UTC)"),
            code == 0
        );
    }
    write(&workdir, &format!("{SHOP}{SMTP}{mail}"));
    let said = workdir.run(&["schedule", "check"]).await;
    assert!(said.err.ends_with("1 project, all valid\n"), "{}", said.err);
    let password = "user = 'u'\npassword-env = 'PATH'\n";
    write(&workdir, &format!("{SHOP}{SMTP}{password}{mail}"));
    let said = workdir.run(&["schedule", "check"]).await;
    let refused = "`schedule run` and `notify-test` refuse this file: ";
    assert!(said.err.contains(refused), "{}", said.err);
    let named = ["schedule", "--config", "gatecrawl.toml", "check"];
    let said = workdir.run(&named).await;
    assert!(!said.err.contains(refused), "{}", said.err);
}

#[tokio::test]
async fn a_database_that_cannot_be_read_is_an_error_of_schedule_list_and_remove() {
    let workdir = Workdir::new();
    let project = "[project.shop]\nurl = 'http://127.0.0.1:9/'\nschedule = '@daily'\n";
    write(&workdir, project);
    for args in [&["schedule", "list"][..], &["schedule", "remove", "shop"]] {
        let damaged = workdir.path().join("damaged.db");
        fs::write(&damaged, "not a database").expect("a file");
        let damaged = damaged.to_string_lossy().into_owned();
        let said = workdir.run(&[args, &["--db", &damaged]].concat()).await;
        assert_eq!(said.code, Some(2), "{args:?}: {}{}", said.out, said.err);
        assert!(
            said.err.contains("is not a gatecrawl database"),
            "{}",
            said.err
        );
    }
    let config = fs::read_to_string(workdir.path().join("gatecrawl.toml")).expect("the file");
    assert_eq!(config, project, "a project is not removed by half");
}
