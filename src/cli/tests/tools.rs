use super::super::Exit;
use super::{run, run_with};

const ROBOTS: &str = "User-agent: *\nDisallow: /private\nAllow: /private/open\n\
    User-agent: otherbot\nDisallow: /\nFoo: bar\n";

#[test]
fn robots_names_the_deciding_line() {
    let urls = ["/private/x", "https://a.example/private/open", "/"];
    let said = run_with(&[&["robots", "-"][..], &urls].concat(), ROBOTS);
    assert_eq!(
        said.out,
        "DISALLOWED\t/private/x\tline 2: Disallow: /private\n\
         ALLOWED\thttps://a.example/private/open\tline 3: Allow: /private/open\n\
         ALLOWED\t/\tno rule\n"
    );
    assert_eq!(said.err, "line 6: unknown directive: Foo: bar\n");
    assert_eq!(said.exit, Exit::Failed);
}

#[test]
fn no_file_can_control_the_terminal() {
    let text = "User-agent: *\nDisallow: /\u{1b}[2J\nFoo\u{202e}: \u{7}\n";
    let robots = run_with(&["robots", "-", "/\u{1b}[2J"], text);
    let sitemap = run_with(
        &["sitemap", "-"],
        "<urlset><url><loc>https://a.example/\u{202e}\u{9b}</loc></url></urlset>",
    );
    let links = run_with(
        &["links", "-", "--base", "https://a.example/"],
        "<a href=/x>\u{1b}]0;x\u{7}\u{2067}</a>",
    );
    for said in [robots, sitemap, links] {
        let text = said.out + &said.err;
        let strange = |c: char| {
            (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
                || matches!(c, '\u{202e}' | '\u{2067}')
        };
        assert!(!text.contains(strange), "{text:?}");
    }
}

#[test]
fn robots_succeeds_if_all_urls_are_allowed() {
    let said = run_with(&["robots", "-", "/a", "/b"], ROBOTS);
    assert_eq!(said.exit, Exit::Done);
    let said = run_with(&["robots", "-", "--agent", "otherbot", "/a"], ROBOTS);
    assert_eq!(said.exit, Exit::Failed);
}

const SITEMAP: &str = "<urlset>\n<url><loc>https://a.example/1</loc><lastmod>2026-01-02</lastmod></url>\n\
    <url><loc>https://a.example/=2</loc></url>\n</urlset>";

#[test]
fn sitemap_lists_urls_as_text_and_csv() {
    let said = run_with(&["sitemap", "-"], SITEMAP);
    assert_eq!(said.out, "https://a.example/1\nhttps://a.example/=2\n");
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""));
    let said = run_with(&["sitemap", "-", "--format", "csv"], SITEMAP);
    assert_eq!(
        said.out,
        "url,lastmod,kind\r\nhttps://a.example/1,2026-01-02,page\r\nhttps://a.example/=2,,page\r\n"
    );
}

#[test]
fn a_sitemap_that_loses_entries_fails() {
    let said = run_with(&["sitemap", "-"], "<urlset><url></url></urlset>");
    assert_eq!(said.exit, Exit::Failed);
    assert_eq!(said.err, "-: line 1: entry without location\n");
    let said = run_with(
        &["sitemap", "-"],
        "<urlset><url><loc>https://a.example/?a&b</loc></url></urlset>",
    );
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
}

#[test]
fn links_are_resolved_and_never_a_formula() {
    let page = "<base href=/dir/><a href=a rel='nofollow x'> =SUM(1) </a><img src='//cdn.example/i.png'>\
        <a href='mailto:a@b'>m</a><a href='http://['>bad</a>";
    let said = run_with(&["links", "-", "--base", "a.example/x"], page);
    assert_eq!(
        said.out,
        "type,url,anchor,rel,follow\r\n\
         Hyperlink,https://a.example/dir/a,'=SUM(1),nofollow x,false\r\n\
         Image,https://cdn.example/i.png,,,true\r\n"
    );
    assert_eq!(
        said.err,
        "\"http://[\": not a valid URL: invalid IPv6 address\n"
    );
    assert_eq!(said.exit, Exit::Done);
}

#[test]
fn a_file_needs_a_base() {
    let said = run_with(&["links", "-"], "");
    assert_eq!(said.exit, Exit::Usage);
}

#[test]
fn a_missing_file_is_named_on_one_line() {
    for command in [
        &["robots", "no/such", "/"][..],
        &["sitemap", "no/such"],
        &["links", "no/such", "--base", "h"],
    ] {
        let said = run(command);
        assert_eq!(said.exit, Exit::Usage);
        assert!(said.err.starts_with("error: no/such: "), "{}", said.err);
        assert_eq!(said.err.lines().count(), 1);
    }
}

const LOG: &str = "192.0.2.1 - - [22/Nov/2026:11:23:17 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0\"\n\
    66.249.66.1 - - [22/Nov/2026:11:23:18 +0000] \"GET /b?key=x HTTP/1.1\" 502 1 \"-\" \"Googlebot/2.1\"\n\
    what is this\n\
    192.0.2.1 - - [22/Nov/2026:11:23:19 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0\"\n\
    192.0.2.1 - - [22/Nov/2026:11:23:20 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0\"\n\
    192.0.2.1 - - [22/Nov/2026:11:23:21 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0\"\n";

#[test]
fn logs_are_summed_up_judged_and_exported() {
    let said = run_with(&["logs", "-"], LOG);
    assert_eq!((said.exit, said.err.as_str()), (Exit::Done, ""));
    for line in [
        "6 lines in 1 file (combined), 2026-11-22 11:00 to 2026-11-22 12:00 UTC\n",
        "  Requests       1 of 5 requests failed with 5xx: 20 % [3.6 % to 62 %] (502: 1)\n",
        "  Failed for     users 0 of 4 (0 %); search engines 1 of 1 (100 %); Googlebot 1 of 1 (100 %)\n",
        "1 request, 1 failed, verified\n",
        "  Unread         1 line of stdin (17 %) is not combined, such as\n                 line 3: what is this\n",
    ] {
        assert!(said.out.contains(line), "{line}\n{}", said.out);
    }
    let gate = |gate: &str| run_with(&["logs", "-", "--fail-on", gate], LOG).exit;
    assert_eq!(gate("googlebot-5xx > 0"), Exit::GateFailed);
    // Five requests prove no rate.
    assert_eq!(gate("5xx-rate > 10%"), Exit::Done);
    assert_eq!(gate("coverage < 1%"), Exit::Usage);
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("out");
    let out_name = out.to_str().expect("UTF-8");
    for _ in 0..2 {
        let said = run_with(&["logs", "-", "-o", out_name, "--json"], LOG);
        assert_eq!(said.exit, Exit::Done, "{}", said.err);
        assert!(said.out.contains("\"failed\": 1,"), "{}", said.out);
    }
    let urls = std::fs::read_to_string(out.join("log_urls.csv")).expect("written");
    assert!(urls.contains("\r\n/b?key=***,"), "{urls}");
    assert_eq!(std::fs::read_dir(out).expect("readable").count(), 8);
    let unknown = run_with(&["logs", "-"], "no log\n");
    assert_eq!(unknown.exit, Exit::Usage);
    // A log that was rotated just now.
    let empty = run_with(&["logs", "-"], "");
    assert_eq!(empty.exit, Exit::Done, "{}", empty.err);
    assert!(
        empty.out.starts_with("0 lines in 1 file\n"),
        "{}",
        empty.out
    );
    assert!(empty.out.contains("stdin is empty"), "{}", empty.out);
    let none = dir.path().join("none*.log").display().to_string();
    std::fs::create_dir(dir.path().join("nothing")).expect("made");
    let nothing = dir.path().join("nothing").display().to_string();
    for (source, why) in [
        ("no/such", "could not read no/such: "),
        (none.as_str(), "none*.log: no file matches"),
        (nothing.as_str(), "nothing: no file in this directory"),
    ] {
        let said = run(&["logs", source]);
        assert_eq!(said.exit, Exit::Usage);
        assert!(said.err.contains(why), "{}", said.err);
    }
}
