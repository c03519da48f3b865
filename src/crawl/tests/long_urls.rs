//! URLs that are longer than those of usual pages.

use super::*;

fn length_of_longest(crawl: &Crawl, table: Table) -> usize {
    let rows = crawl.rows(table, &["Address"]);
    rows.iter().map(String::len).max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_long_url_is_kept_as_a_distinct_excerpt_and_not_requested() {
    let long = |end: &str| format!("/{}{end}", "l".repeat(3_000));
    let start = links(&[&long("x"), &long("y"), &long("y"), "/short"]);
    let answers: &[(&str, &[Reply])] = &[("/", &[start]), ("/short", &[page("a page")])];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    assert_eq!(crawl.asked_sorted(), ["/", "/short"]);
    let columns = ["Address", "Reason", "Detail", "Found On"];
    let mut skipped = crawl.rows(Table::Skipped, &columns);
    skipped.sort();
    assert_eq!(skipped.len(), 2, "{skipped:?}");
    for row in &skipped {
        assert!(row.starts_with("/llll"), "{row}");
        assert!(row.contains("... (3018 bytes, fingerprint "), "{row}");
        assert!(
            row.ends_with(" | invalid | longer than 2048 bytes | /"),
            "{row}"
        );
        assert!(row.len() < 400, "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn short_references_with_a_long_base_are_listed_up_to_a_limit() {
    let base = format!("<base href='/{}/'>", "b".repeat(8_000));
    let short = (0..20_000).map(|n| format!("<a href={n}>x</a>"));
    let body = base + "<a href=/fine>fine</a>" + &short.collect::<String>();
    let start = links(&["/p0", "/p1", "/p2", "/p3"]);
    let mut answers = vec![("/".to_owned(), [start])];
    answers.extend((0..4).map(|n| (format!("/p{n}"), [page(&body)])));
    let answers: Vec<(&str, &[Reply])> = answers
        .iter()
        .map(|(path, replies)| (path.as_str(), &replies[..]))
        .collect();
    let crawl = Crawl::to_the_end(plan(), &answers).await;
    let requested = crawl.asked_sorted();
    assert_eq!(requested.len(), 6, "{requested:?}");
    let skipped = crawl.rows(Table::Skipped, &["Reason", "Detail"]);
    let rest = |row: &&String| row.contains("invalid beyond the first 100");
    assert_eq!(skipped.iter().filter(rest).count(), 4);
    assert_eq!(skipped.len(), 4 * 101);
    assert!(length_of_longest(&crawl, Table::Skipped) < 300);
    let database = std::fs::metadata(crawl.store.path()).unwrap().len();
    assert!(database < 5 << 20, "{database} bytes");
}

/// Crawls a site whose start page has the links `before`, then ten links to pages of the site.
async fn behind(before: String) -> Crawl {
    let own: Vec<String> = (0..10).map(|n| format!("/own{n}")).collect();
    let links = own.iter().map(|to| format!("<a href={to}>x</a>"));
    let links: Vec<String> = links.collect();
    let mut answers = vec![("/", [page(&(before + &links.concat()))])];
    answers.extend(own.iter().map(|path| (path.as_str(), [page("a page")])));
    let answers: Vec<(&str, &[Reply])> = answers
        .iter()
        .map(|(path, replies)| (*path, &replies[..]))
        .collect();
    Crawl::to_the_end(plan(), &answers).await
}

#[tokio::test(start_paused = true)]
async fn links_that_are_too_long_or_lead_elsewhere_hide_no_page_of_the_site() {
    let long = |n| format!("<a href='/{n}{}'>x</a>", "l".repeat(7_900));
    let foreign = |n| format!("<a href='http://other.test/{n:0100}'>x</a>");
    let cases = [
        (0..1_500).map(long).collect::<String>(),
        (0..45_000).map(foreign).collect(),
    ];
    for before in cases {
        let crawl = behind(before).await;
        assert_eq!(crawl.asked_sorted().len(), 11);
        let summary = crawl.store.summary(crawl.run).unwrap();
        assert_eq!(summary.unseen, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn links_that_were_not_resolved_are_counted() {
    let base = format!("<base href='/{}/'>", "b".repeat(8_000));
    let short = (0..3_000).map(|n| format!("<a href={n}>x</a>"));
    let crawl = behind(base + &short.collect::<String>()).await;
    assert_eq!(crawl.asked_sorted().len(), 1);
    let summary = crawl.store.summary(crawl.run).unwrap();
    let unseen = summary.unseen;
    assert!((900..1_000).contains(&unseen), "{unseen}");
    let skipped = crawl.rows(Table::Skipped, &["Detail"]);
    let detail = format!("; {unseen} may lead to unknown pages");
    assert!(skipped.iter().any(|row| row.ends_with(&detail)));
}

#[tokio::test(start_paused = true)]
async fn broken_references_hide_no_link_behind_them() {
    let broken = "<a href='http://['>x</a>".repeat(5_000);
    let body = format!("{broken}<a href=/fine>fine</a>");
    let answers: &[(&str, &[Reply])] = &[("/", &[page(&body)]), ("/fine", &[page("a page")])];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    assert_eq!(crawl.asked_sorted(), ["/", "/fine"]);
    let skipped = crawl.rows(Table::Skipped, &["Address", "Detail"]);
    let rest = "4900 further links | 0 beyond the limit of links per page, 0 longer than a link may \
                be, 4900 invalid beyond the first 100";
    assert_eq!(skipped.iter().filter(|row| *row == rest).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_invalid_link_is_one_row_of_its_page_however_often_it_occurs() {
    let broken = "<p>A page.<a href='http://[x'>a</a> <a href='http://[x'>b</a>";
    let home = format!("{broken}<a href='/a'>a</a>");
    let answers: &[(&str, &[Reply])] = &[("/", &[page(&home)]), ("/a", &[page(broken)])];
    let crawl = Crawl::to_the_end(plan(), answers).await;
    let rows = crawl.rows(Table::Skipped, &["Reason", "Address", "Found On"]);
    assert_eq!(
        rows,
        ["invalid | http://[x | /", "invalid | http://[x | /a"]
    );
    let summary = crawl.store.summary(crawl.run).expect("a summary");
    assert_eq!(summary.invalid, 2);
}
