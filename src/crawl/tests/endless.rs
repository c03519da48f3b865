//! Sites without an end, and limits: the crawl ends, and every URL that it left is accounted for.

use super::*;

/// A site that answers by path, each answer after 20 ms, slow ones after 5 s.
async fn crawl(plan: CrawlPlan, answer: fn(&Asked<'_>) -> Reply) -> Crawl {
    let mut crawl = Crawl::new(plan, &[]);
    let answering = move |asked: &Asked<'_>| {
        let reply = match asked.path {
            "/robots.txt" | "/sitemap.xml" => error(404),
            _ => answer(asked),
        };
        let slow = asked.path.starts_with("/slow");
        let takes = Duration::from_millis(if slow { 5_000 } else { 20 });
        Some(Timed { reply, takes })
    };
    crawl.script.origin = Some(Origin(Box::new(answering)));
    let seeds = crawl.plan.scope.seeds.clone();
    assert_eq!(crawl.run(Start::Fresh(seeds)).await, Ended::Finished);
    crawl
}

/// How many URLs were skipped for each reason and detail.
fn skipped(crawl: &Crawl) -> std::collections::BTreeMap<String, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for row in crawl.rows(Table::Skipped, &["Reason", "Detail"]) {
        *counts.entry(row).or_default() += 1;
    }
    counts
}

fn number(asked: &Asked<'_>) -> u64 {
    let digits = asked.path.trim_start_matches("/cal/");
    digits.trim_end_matches('/').parse().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn a_calendar_in_the_path_ends() {
    let crawl = crawl(plan(), |asked| {
        let day = number(asked);
        let next = [1, 2, 3].map(|ahead| format!("/cal/{}/", day + ahead));
        links(&next.each_ref().map(String::as_str))
    })
    .await;
    // Five times as many paths as a path may have queries, or as many as are close.
    let fetched = crawl.asked().len();
    assert!((150..160).contains(&fetched), "{fetched}");
    let told = "trap | the site seems endless here: more than 25 paths that differ in numbers alone, \
                each found on the one before";
    let skipped = skipped(&crawl);
    assert!(skipped.contains_key(told), "{skipped:?}");
    assert_eq!(skipped.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_page_is_requested_first_after_the_allowed_time() {
    let mut timed = plan();
    timed.scope.max_time = Some(Duration::from_secs(2));
    timed.pace.rate = Some(10.0);
    let crawl = crawl(timed, |asked| {
        let next = [1, 2].map(|way| format!("/{}{way}", asked.path.trim_start_matches('/')));
        links(&next.each_ref().map(String::as_str))
    })
    .await;
    let fetched = crawl.asked().len();
    assert!((5..=21).contains(&fetched), "{fetched}");
    let left = skipped(&crawl)["max_time | after the allowed time"];
    assert_eq!(left, fetched + 1, "each page has two links");
}

#[tokio::test(start_paused = true)]
async fn hosts_that_never_end_are_told_and_left() {
    let mut wide = plan();
    wide.scope.subdomains = true;
    wide.scope.max_hosts = Some(7);
    let crawl = crawl(wide, |asked| {
        let host = asked.request.url.host_key();
        let label = host.as_str().trim_start_matches("http://");
        let label = label.trim_end_matches("site.test").trim_end_matches('.');
        links(
            &[1, 2]
                .map(|n| format!("http://h{n}{label}.site.test/"))
                .each_ref()
                .map(String::as_str),
        )
    })
    .await;
    let asked = crawl.asked();
    let pages = asked.iter().filter(|path| path.ends_with('/')).count();
    assert_eq!(pages, 8, "the start and seven others");
    assert_eq!(skipped(&crawl)["max_hosts | after 7 hosts"], 9);
}

#[tokio::test(start_paused = true)]
async fn depth_is_breadth_first_whatever_the_order_of_answers() {
    let mut near = plan();
    near.scope.max_depth = Some(3);
    let crawl = crawl(near, |asked| match asked.path {
        "/" => links(&["/slow", "/a"]),
        "/a" => links(&["/b"]),
        // The long way is the quick one.
        "/slow" | "/b" => links(&["/x"]),
        "/x" => links(&["/y"]),
        "/y" => links(&["/z"]),
        _ => page("the end"),
    })
    .await;
    assert_eq!(crawl.asked_sorted(), ["/", "/a", "/b", "/slow", "/x", "/y"]);
    assert_eq!(
        crawl.rows(Table::Skipped, &["Address", "Reason"]),
        ["/z | depth"]
    );
    let depths = crawl.rows(Table::Pages, &["Address", "Crawl Depth"]);
    assert!(depths.contains(&"/y | 3".to_owned()), "{depths:?}");
}
