//! Sitemaps chosen by others: endless indexes, and those of strangers.

use super::*;
use crate::assess::diagnose::rules::Rule;

fn index(of: impl IntoIterator<Item = String>) -> Reply {
    let mut xml = "<sitemapindex>".to_owned();
    for url in of {
        let _ = write!(xml, "<sitemap><loc>{url}</loc></sitemap>");
    }
    text(&(xml + "</sitemapindex>"))
}

fn urls(of: &[&str]) -> Reply {
    let mut xml = "<urlset>".to_owned();
    for url in of {
        let _ = write!(xml, "<url><loc>{url}</loc></url>");
    }
    text(&(xml + "</urlset>"))
}

fn names(of: impl IntoIterator<Item = String>) -> Reply {
    let lines = of.into_iter().map(|url| format!("Sitemap: {url}\n"));
    text(&lines.collect::<String>())
}

/// Returns the number of requested sitemaps whose URL has this part.
fn requested(crawl: &Crawl, part: &str) -> usize {
    let requested = crawl.script.asked.lock().unwrap();
    let maps = requested.iter().filter(|(path, _)| path.contains(".xml"));
    maps.filter(|(path, _)| path.contains(part)).count()
}

fn skipped(crawl: &Crawl, detail: &str) -> usize {
    let rows = crawl.rows(Table::Skipped, &["Reason", "Detail"]);
    rows.iter().filter(|row| *row == detail).count()
}

/// Returns the number of links and sitemap entries that were left out and may lead to unknown
/// pages.
fn unseen(crawl: &Crawl) -> u64 {
    crawl.store.summary(crawl.run).unwrap().unseen
}

#[tokio::test(start_paused = true)]
async fn entries_beyond_the_limit_of_a_file_may_lead_to_unknown_pages() {
    for (listed, expected) in [(50_000, 0), (50_007, 7)] {
        let map = text(&"http://site.test/a\n".repeat(listed));
        let answers: &[(&str, &[Reply])] = &[("/sitemap.xml", &[map]), ("/a", &[page("a page")])];
        let crawl = Crawl::to_the_end(once(), answers).await;
        assert_eq!(unseen(&crawl), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_index_of_the_site_leads_to_no_sitemap_of_a_stranger() {
    let strangers = (0..50).map(|n| format!("http://stranger.test/{n}.xml"));
    let own = ["http://site.test/own.xml".to_owned()];
    let answers: &[(&str, &[Reply])] = &[
        ("/robots.txt", &[names(["/index.xml".to_owned()])]),
        ("/index.xml", &[index(strangers.chain(own))]),
        ("/own.xml", &[urls(&["http://site.test/orphan"])]),
        ("/orphan", &[page("a page")]),
    ];
    let crawl = Crawl::to_the_end(once(), answers).await;
    assert_eq!(requested(&crawl, "stranger"), 0);
    assert!(crawl.asked().contains(&"/orphan".to_owned()));
    let detail = "scope | a sitemap of another site that robots.txt does not name";
    assert_eq!(skipped(&crawl, detail), 50);
}

#[tokio::test(start_paused = true)]
async fn robots_txt_may_name_up_to_a_hundred_sitemaps_elsewhere() {
    let named = (0..60).map(|n| format!("http://a{n}.test/map.xml"));
    let beside = (0..60).map(|n| format!("http://a0.test/{n}.xml"));
    let other = ["http://other.test/far.xml".to_owned()];
    let answers: &[(&str, &[Reply])] = &[
        ("/robots.txt", &[names(named)]),
        ("http://a0.test/map.xml", &[index(beside.chain(other))]),
    ];
    let crawl = Crawl::to_the_end(once(), answers).await;
    assert_eq!(requested(&crawl, ".test/"), 100);
    assert_eq!(requested(&crawl, "other"), 0);
    assert_eq!(
        skipped(&crawl, "trap | more than 100 sitemaps of other sites"),
        20
    );
    assert_eq!(unseen(&crawl), 20);
}

#[tokio::test(start_paused = true)]
async fn indexes_without_end_are_read_up_to_a_thousand_files() {
    let mut plan = once();
    plan.pace.concurrency = 32;
    let mut crawl = Crawl::new(plan, &[]);
    // Each sitemap is an index of thirty more.
    crawl.script.edge = Some(|request| {
        let path = request.url.path_and_query();
        let stem = path.strip_suffix(".xml")?;
        let below = (0..30).map(|n| format!("http://site.test{stem}-{n}.xml"));
        Some(index(below))
    });
    crawl.run_fresh().await;
    assert_eq!(requested(&crawl, ""), 1_000);
    let beyond = skipped(&crawl, "trap | more than 1000 sitemaps in one run");
    assert!(beyond > 20_000);
    let deep = skipped(&crawl, "trap | sitemap index nested more than 3 deep");
    assert_eq!(unseen(&crawl), (beyond + deep) as u64);
}

#[tokio::test(start_paused = true)]
async fn there_are_no_more_sitemaps_than_pages() {
    let maps = |n| (0..n).map(|n| format!("http://site.test/{n}.xml"));
    let mut few = once();
    few.scope.max_pages = Some(5);
    let answers: &[(&str, &[Reply])] = &[("/robots.txt", &[names(maps(20))])];
    let mut crawl = Crawl::new(few, answers);
    crawl.script.addresses = Vec::new();
    crawl.run_fresh().await;
    assert_eq!(requested(&crawl, ""), 5);
    let detail = "max_pages | no more sitemaps than the 5 pages of --max-pages";
    assert_eq!(skipped(&crawl, detail), 15);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_run_knows_how_many_sitemaps_it_read() {
    let named = (0..120).map(|n| format!("http://a{n}.test/map.xml"));
    let mut crawl = Crawl::new(once(), &[("/robots.txt", &[names(named)])]);
    let (placeholder, _) = stop_switch();
    crawl.script.stop_after = Some((60, placeholder));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    assert!(requested(&crawl, ".test/") < 100);
    crawl.script.stop_after = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    assert_eq!(requested(&crawl, ".test/"), 100);
}

#[tokio::test(start_paused = true)]
async fn a_guessed_sitemap_is_marked_and_a_named_one_has_its_source() {
    let columns = ["Address", "Found On"];
    let named = names(["/sitemap.xml".to_owned()]);
    let unusable = names(["mailto:a@b".to_owned()]);
    let cases = [
        (error(404), "guessed"),
        (text("User-agent: *"), "guessed"),
        (unusable, "guessed"),
        (named, "/robots.txt"),
    ];
    for (robots, found_on) in cases {
        let answers: &[(&str, &[Reply])] = &[("/robots.txt", &[robots])];
        let crawl = Crawl::to_the_end(once(), answers).await;
        let expected = format!("/sitemap.xml | {found_on}");
        assert_eq!(crawl.rows(Table::Sitemaps, &columns), [expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sitemap_that_answers_html_is_a_page_if_a_page_links_to_it() {
    let home = [links(&["/sitemap", "/a", "/old.xml", "/map.xml"])];
    let answers: &[(&str, &[Reply])] = &[
        (
            "/robots.txt",
            &[names(
                ["/sitemap", "/unlinked", "/old.xml", "/map.xml"].map(str::to_owned),
            )],
        ),
        ("/", &home),
        ("/sitemap", &[links(&["/behind"])]),
        ("/unlinked", &[links(&["/never"])]),
        ("/old.xml", &[error(404)]),
        ("/map.xml", &[urls(&["http://site.test/a"])]),
        ("/behind", &[links(&["/unlinked"])]),
        ("/never", &[page("a page")]),
        ("/a", &[page("a page")]),
    ];
    let crawl = Crawl::to_the_end(once(), answers).await;
    let mut pages = crawl.rows(Table::Pages, &["Address", "Outcome", "Crawl Depth"]);
    pages.sort();
    // The second is linked from behind the first.
    let expected = [
        "/ | ok_html | 0",
        "/a | ok_html | 1",
        "/behind | ok_html | 2",
        "/never | ok_html | 4",
        "/sitemap | ok_html | 1",
        "/unlinked | ok_html | 3",
    ];
    assert_eq!(pages, expected);
    let mut files = crawl.rows(Table::Sitemaps, &["Address", "Format"]);
    files.sort();
    assert_eq!(
        files,
        [
            "/map.xml | urlset",
            "/old.xml | -",
            "/sitemap | -",
            "/unlinked | -"
        ]
    );
    let twice = crawl
        .asked()
        .iter()
        .filter(|path| *path == "/sitemap")
        .count();
    assert_eq!(twice, 2);
}

#[tokio::test(start_paused = true)]
async fn a_guessed_sitemap_that_redirects_is_marked_too() {
    let answers: &[(&str, &[Reply])] = &[("/sitemap.xml", &[redirect("/map.xml")])];
    let crawl = Crawl::to_the_end(once(), answers).await;
    let found_on = crawl.rows(Table::Redirects, &["Address", "Found On"]);
    assert_eq!(found_on, ["/sitemap.xml | guessed"]);
    let found_on = crawl.rows(Table::Sitemaps, &["Address", "Found On"]);
    assert_eq!(
        found_on,
        ["/map.xml | /sitemap.xml", "/sitemap.xml | guessed"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_alternate_is_found_and_is_not_an_entry_of_the_sitemap() {
    let alternate = |url: &str| format!("<xhtml:link rel='alternate' hreflang='de' href='{url}'/>");
    let entry =
        |url: &str, more: &str| format!("<url><loc>http://site.test{url}</loc>{more}</url>");
    let both = alternate("http://site.test/b");
    let apart = alternate("http://site.test/c") + &alternate("http://elsewhere.test/d");
    let map = format!(
        "<urlset xmlns:xhtml='http://www.w3.org/1999/xhtml'>{}{}</urlset>",
        entry("/a", &(both + &apart)),
        entry("/b", "")
    );
    let fine = [page("a page")];
    let answers: &[(&str, &[Reply])] = &[
        ("/sitemap.xml", &[text(&map)]),
        ("/a", &fine),
        ("/b", &fine),
        ("/c", &fine),
    ];
    let crawl = Crawl::to_the_end(once(), answers).await;
    let counts = crawl.rows(Table::Sitemaps, &["Entries", "Foreign Entries", "Problems"]);
    assert_eq!(counts, ["2 | 0 | "]);
    let mut listed = crawl.rows(Table::Pages, &["Address", "In Sitemap"]);
    listed.sort();
    assert_eq!(
        listed,
        ["/ | false", "/a | true", "/b | true", "/c | false"]
    );
}

/// A crawl with passes of a site whose robots.txt names an index of two sitemaps, one of which fails so many times.
async fn with_a_failing_sitemap(times: usize) -> Crawl {
    let mut map = vec![error(503); times];
    map.push(urls(&["http://site.test/b"]));
    let maps = ["a", "b"].map(|map| format!("http://site.test/{map}.xml"));
    let answers: &[(&str, &[Reply])] = &[
        ("/robots.txt", &[names(["/index.xml".to_owned()])]),
        ("/index.xml", &[index(maps)]),
        ("/a.xml", &[urls(&["http://site.test/a"])]),
        ("/b.xml", &map),
        ("/a", &[page("a page")]),
        ("/b", &[page("a page")]),
        ("/", &[page("a page")]),
    ];
    Crawl::to_the_end(confirming(), answers).await
}

#[tokio::test(start_paused = true)]
async fn a_sitemap_that_fails_is_requested_again_in_each_pass_and_leads_on() {
    for times in [3, 4] {
        let crawl = with_a_failing_sitemap(times).await;
        assert!(crawl.asked().contains(&"/b".to_owned()), "{times}");
        // Once it was read it is not requested again.
        assert_eq!(requested(&crawl, "/b.xml"), times + 1);
        assert_eq!(requested(&crawl, "/a.xml"), 1);
        assert_eq!(unseen(&crawl), 0);
        // It was not there for search engines either.
        let failed = crawl.rows(Table::Sitemaps, &["Address", "Failed Attempts"]);
        assert!(failed.contains(&format!("/b.xml | {times}")), "{failed:?}");
        let findings = crawl.store.summary(crawl.run).unwrap().findings;
        let found = findings.iter().find(|it| it.rule == Rule::FileOutage);
        let evidence = found.expect("a finding").evidence.join("; ");
        assert!(evidence.starts_with(&format!("{times} ")), "{evidence}");
        assert!(evidence.contains("; it failed from "), "{evidence}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sitemap_that_fails_to_the_end_may_lead_to_unknown_pages() {
    let crawl = with_a_failing_sitemap(99).await;
    let summary = crawl.store.summary(crawl.run).unwrap();
    assert_eq!((summary.unseen, summary.unread_sitemaps), (1, 1));
    let rows = crawl.rows(Table::Sitemaps, &["Address", "Attempts", "Problems"]);
    let expected = "/b.xml | 5 | could not be read: server_503".to_owned();
    assert!(rows.contains(&expected), "{rows:?}");
    let finding = summary
        .findings
        .iter()
        .find(|it| it.rule == Rule::SitemapFailing);
    let evidence = &finding.expect("a finding").evidence;
    assert!(evidence[0].starts_with("5 "), "{evidence:?}");
}

#[tokio::test(start_paused = true)]
async fn a_guessed_sitemap_that_fails_leads_to_nothing_that_anybody_knows_of() {
    for (robots, expected) in [(error(404), 0), (names(["/sitemap.xml".to_owned()]), 1)] {
        let answers: &[(&str, &[Reply])] = &[
            ("/robots.txt", &[robots]),
            ("/sitemap.xml", &[error(503)]),
            ("/", &[page("a page")]),
        ];
        let crawl = Crawl::to_the_end(confirming(), answers).await;
        assert_eq!(unseen(&crawl), expected);
        let problems = crawl.rows(Table::Sitemaps, &["Problems"]);
        assert_eq!(problems, ["could not be read: server_503"]);
        let findings = crawl.store.summary(crawl.run).unwrap().findings;
        assert!(findings.iter().any(|it| it.rule == Rule::SitemapFailing));
    }
}

#[tokio::test(start_paused = true)]
async fn a_guessed_sitemap_that_failed_for_a_while_is_told_and_a_missing_one_is_not() {
    for (sitemap, expected) in [(&[error(503), error(404)][..], 1), (&[error(404)], 0)] {
        let answers: &[(&str, &[Reply])] = &[
            ("/robots.txt", &[error(404)]),
            ("/sitemap.xml", sitemap),
            ("/", &[page("a page")]),
        ];
        let crawl = Crawl::to_the_end(confirming(), answers).await;
        let findings = crawl.store.summary(crawl.run).unwrap().findings;
        let told = findings.iter().filter(|it| it.rule == Rule::FileOutage);
        assert_eq!(told.count(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_index_page_that_is_never_fine_may_lead_to_unknown_pages() {
    for (index, expected) in [(error(500), 1), (page("an index"), 0)] {
        let answers: &[(&str, &[Reply])] = &[
            ("/", &[links(&["/docs/", "/a"])]),
            ("/docs/", &[index]),
            ("/a", &[error(500)]),
        ];
        let crawl = Crawl::to_the_end(confirming(), answers).await;
        let summary = crawl.store.summary(crawl.run).unwrap();
        let found = (summary.unseen, summary.unread_indexes);
        assert_eq!(found, (expected, expected));
    }
}
