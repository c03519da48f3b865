use super::super::Exit;
use super::{run, run_with};

/// Checks that a mistake of the user is reported on one line, before anything is done.
fn check(args: &[&str], expected: &str) {
    let said = run(args);
    assert_eq!(said.err, format!("error: {expected}\n"), "{args:?}");
    assert_eq!((said.exit, said.out.as_str()), (Exit::Usage, ""));
}

/// Checks the mistake that is reported after other messages.
fn check_last(args: &[&str], expected: &str) {
    let said = run(args);
    let last = said.err.lines().last();
    assert_eq!(last, Some(&*format!("error: {expected}")), "{args:?}");
    assert_eq!(said.exit, Exit::Usage);
}

#[test]
fn mistakes_are_named_with_what_to_do() {
    check(
        &["audit", "--max-depht", "2", "a.example"],
        "unexpected argument '--max-depht' found; tip: a similar argument exists: '--max-depth'",
    );
    check(
        &["audit", "a.example", "--max-pages", "-1"],
        "unexpected argument '-1' found; no value may be negative",
    );
    check(
        &["audit", "a.example", "--timeout", "soon"],
        "invalid value 'soon' for '--timeout <DURATION>': \"soon\" is not a duration such as \
         200ms, 2s or 1m",
    );
    check(
        &["audit", "a.example", "--fail-on", "5xx-rat > 1%"],
        "invalid value '5xx-rat > 1%' for '--fail-on <EXPR>': no metric \"5xx-rat\"; did you mean \
         \"5xx-rate\"?",
    );
    check(
        &["audit", "a.example", "--exclude", "("],
        "--exclude \"(\" is not a regular expression: unclosed group",
    );
    check(
        &["audit", "a.example", "--select", "price"],
        "--select \"price\": write NAME=CSS, such as price=.price",
    );
    check(
        &["audit", "a.example", "--select", "p=.a", "--select", "p=.b"],
        "--select \"p=.b\": there is a column of that name already; choose another",
    );
    check(
        &["audit", "a.example", "--proxy", "http://u:secret@ x"],
        "--proxy: not an address such as http://proxy:3128",
    );
    for proxy in [
        "ftp://p:1",
        "htps://p:1",
        "garbage",
        "socks4://p:1",
        "u:secret@p:1",
    ] {
        check(
            &["audit", "a.example", "--proxy", proxy],
            "--proxy: begin it with http://, https://, socks5:// or socks5h://",
        );
    }
    check(
        &["audit", "ftp://user:secret@a.example"],
        "\"ftp://a.example\": scheme \"ftp\" is not crawled",
    );
    check(
        &["audit", "--url-list", "no/such"],
        "--url-list no/such: No such file or directory (os error 2)",
    );
    check(
        &["audit", "--resume", "--max-pages", "5", "--rate", "1"],
        "--resume continues the run with its original settings, so --max-pages cannot be given; \
         leave it out, or start a new run without --resume",
    );
    check(
        &["runs", "--db", "no/such.db"],
        "--db no/such.db: no database there; `gatecrawl audit URL --db no/such.db` creates one",
    );
    check(&["report"], "--out: name the directory to write to");
    check(
        &["check", "a.example", "--as", "lynx"],
        "invalid value 'lynx' for '--as <LIST>': known are gatecrawl, googlebot, googlebot-desktop, \
         bingbot, chrome, firefox, safari, edge, opera",
    );
    check(&["serve"], "unrecognized subcommand 'serve'");
}

#[test]
fn flags_of_files_are_refused_if_no_file_is_written() {
    let flags: [&[&str]; 7] = [
        &["--format", "junit"],
        &["--title", "Shop"],
        &["--logo", "logo.png"],
        &["--audience", "client"],
        &["--tickets"],
        &["--csv-bom"],
        &["--overwrite"],
    ];
    let expected = |names: &str| format!("{names}: no file is written without --out; add `-o DIR`");
    for given in flags {
        check(
            &[&["audit", "a.example"], given].concat(),
            &expected(given[0]),
        );
    }
    check(
        &["audit", "a.example", "--tickets", "--title", "Shop"],
        &expected("--title, --tickets"),
    );
    check(
        &["logs", "access.log", "--overwrite"],
        &expected("--overwrite"),
    );
}

#[test]
fn flags_of_files_in_a_config_file_are_defaults_for_audits_that_write_files() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("shop.toml");
    let named = path.to_str().expect("UTF-8");
    std::fs::write(
        &path,
        "title = \"Shop\"\ntickets = true\naudience = \"client\"\n",
    )
    .expect("a config file");
    // Reading the list of URLs is what fails, after the flags were accepted.
    let list = ["--url-list", "no/such"];
    let begun = "--url-list no/such: No such file or directory (os error 2)";
    let audit = ["audit", "--config", named];
    check_last(&[&audit[..], &list].concat(), begun);
    // A directory in the file is enough for flags on the command line.
    let more = ["--csv-bom"];
    let expected = "--csv-bom: no file is written without --out; add `-o DIR`";
    check_last(&[&audit[..], &list, &more].concat(), expected);
    std::fs::write(&path, "out = \"exports\"\n").expect("a config file");
    check_last(&[&audit[..], &list, &more].concat(), begun);
}

#[test]
fn too_many_secrets_are_refused_before_anything_is_done() {
    let value = format!("a1{}", "-a".repeat(40_000));
    let header = format!("X-Key: {value}");
    check(
        &["audit", "http://127.0.0.1:9/", "-H", &header, "--dry-run"],
        "headers and cookies are too many or too long to search for in answers",
    );
}

#[test]
fn a_selected_column_has_a_name_of_its_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let db = dir.path().join("runs.db");
    let db = db.to_str().expect("UTF-8");
    check(
        &[
            "audit",
            "a.example",
            "--select",
            "Status Code=.x",
            "--db",
            db,
        ],
        "--select \"Status Code=.x\": \"Status Code\" is a column of gatecrawl; choose another \
         name",
    );
}

#[test]
fn no_database_is_created_by_commands_that_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let (absent, empty) = (dir.path().join("absent.db"), dir.path().join("empty.db"));
    std::fs::write(&empty, "").expect("written");
    for path in [&absent, &empty] {
        let db = path.to_str().expect("UTF-8");
        for command in [
            &["runs"][..],
            &["runs", "show"],
            &["runs", "prune", "--keep", "1"],
            &["report", "-o", "out"],
            &["audit", "--resume"],
        ] {
            let expected = format!(
                "--db {db}: no database there; `gatecrawl audit URL --db {db}` creates one"
            );
            check(&[command, &["--db", db]].concat(), &expected);
        }
    }
    assert!(!absent.exists());
    assert_eq!(std::fs::metadata(&empty).expect("there").len(), 0);
}

#[test]
fn a_list_without_a_url_names_its_first_line() {
    let said = run_with(&["audit", "--url-list", "-"], "# none\n\nhttp://[\n");
    assert_eq!(said.exit, Exit::Usage);
    assert_eq!(
        said.err,
        "error: --url-list stdin: no URL in it; give one URL per line, or an export with a column of URLs: \
         line 3 \"http://[\": invalid IPv6 address\n"
    );
}

#[test]
fn no_arguments_print_the_help() {
    let said = run(&[]);
    assert_eq!((said.exit, said.out.as_str()), (Exit::Usage, ""));
    assert!(said.err.contains("Usage: gatecrawl"));
}

#[test]
fn version_and_help_go_to_stdout() {
    let said = run(&["--version"]);
    assert_eq!(
        said.out,
        concat!("gatecrawl ", env!("CARGO_PKG_VERSION"), "\n")
    );
    assert_eq!(run(&["audit", "--help"]).exit, Exit::Done);
}
