//! Sites without an end, and limits: the crawl ends, and accounts for every URL that it left out.

use super::*;

/// Crawls a site that answers by path, each answer after 20 ms, slow ones after 5 s.
async fn crawl(plan: CrawlPlan, answer: fn(&Asked<'_>) -> Reply) -> Crawl {
    crawl_in(None, plan, answer).await
}

/// Crawls the same with another limit of the frontier's memory.
async fn crawl_in(room: Option<usize>, plan: CrawlPlan, answer: fn(&Asked<'_>) -> Reply) -> Crawl {
    let mut crawl = Crawl::new(plan, &[]);
    crawl.room = room;
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
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    crawl
}

/// Returns the number of skipped URLs by reason and detail.
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
    let detail = "trap | the site seems endless here: more than 25 paths that differ in numbers alone, \
                each found on the one before";
    let skipped = skipped(&crawl);
    assert!(skipped.contains_key(detail), "{skipped:?}");
    assert_eq!(skipped.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_page_is_requested_for_the_first_time_after_the_allowed_time() {
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
async fn urls_that_wait_when_the_time_is_over_are_skipped_together() {
    let mut timed = plan();
    timed.scope.max_time = Some(Duration::from_millis(90));
    timed.pace.concurrency = 1;
    let crawl = crawl_in(Some(0), timed, |asked| {
        let names: Vec<String> = (0..5_000).map(|n| format!("/p{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if asked.path == "/" {
            links(&names)
        } else {
            page("a page")
        }
    })
    .await;
    let fetched = crawl.asked().len();
    assert!(fetched < 10, "{fetched}");
    let left = skipped(&crawl)["max_time | after the allowed time"];
    assert_eq!(left + fetched, 5_001);
}

#[tokio::test(start_paused = true)]
async fn endless_hosts_are_reported_and_left_out() {
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
    let requested = crawl.asked();
    let pages = requested.iter().filter(|path| path.ends_with('/')).count();
    assert_eq!(pages, 8, "the start and seven others");
    assert_eq!(skipped(&crawl)["max_hosts | after 7 hosts"], 9);
}

#[tokio::test(start_paused = true)]
async fn the_order_is_breadth_first_whatever_the_order_of_answers() {
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

/// Returns a page of an endless site: three links to pages below it, with names that no other page
/// has.
fn bushy(asked: &Asked<'_>, text: &str) -> Reply {
    let folder = asked.path.trim_end_matches('/');
    let name = |n: u64| xxhash_rust::xxh3::xxh3_64_with_seed(asked.path.as_bytes(), n);
    let below = (0..3).map(|n| format!("<a href='{folder}/{:x}/'></a>", name(n)));
    let below: String = below.collect();
    page(&format!("<title>Welcome</title><p>{text}</p>{below}"))
}

#[tokio::test(start_paused = true)]
async fn a_site_with_one_answer_for_every_path_ends() {
    let crawl = crawl(plan(), |asked| bushy(asked, "Hello.")).await;
    // A thousand copies, and the pages that they link to.
    let fetched = crawl.asked().len();
    assert!((1_000..3_500).contains(&fetched), "{fetched}");
    let detail = "trap | the site seems endless here: found on one of more than 1000 pages with the same title \
                and text";
    let skipped = skipped(&crawl);
    assert!(skipped.contains_key(detail), "{skipped:?}");
    assert_eq!(skipped.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_large_site_under_one_title_is_fetched_to_its_last_page() {
    let crawl = crawl(plan(), |asked| match asked.path.strip_prefix("/p/") {
        None => links(&["/p/1"]),
        Some(number) => {
            let number: u32 = number.parse().unwrap_or(0);
            let next = [2 * number, 2 * number + 1].map(|n| format!("<a href='/p/{n}'></a>"));
            let next = if number < 1_000 {
                next.concat()
            } else {
                String::new()
            };
            page(&format!("<title>Shop</title><p>Article {number}</p>{next}"))
        }
    })
    .await;
    assert_eq!(crawl.asked().len(), 2_000);
    assert!(skipped(&crawl).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_properly_at_the_limit_of_its_disk() {
    let mut small = plan();
    small.scope.max_disk = Some(2_000_000);
    let crawl = crawl(small, |asked| {
        let text = format!("{} {}", asked.path, "word ".repeat(100));
        bushy(asked, &text)
    })
    .await;
    let size = crawl.store.size().unwrap();
    assert!((2_000_000..4_000_000).contains(&size), "{size}");
    let left = skipped(&crawl);
    assert!(
        left["max_disk | the database has grown by 2 MB"] > 100,
        "{left:?}"
    );
    let run = crawl.store.run_by_id(crawl.run).unwrap();
    assert_eq!(run.state, RunState::Finished);
    assert!(!crawl.rows(Table::Pages, &["Verdict"]).is_empty());
}

/// Returns a page of a site of 341 pages, with four below each.
fn tree(asked: &Asked<'_>) -> Reply {
    let number: u32 = asked.path.trim_matches('/').parse().unwrap_or(1);
    let below = (0..4).map(|n| format!("/{}/", number * 4 + n));
    let below: Vec<String> = below.filter(|_| number < 200).collect();
    links(&below.iter().map(String::as_str).collect::<Vec<_>>())
}

#[tokio::test(start_paused = true)]
async fn urls_that_wait_only_in_the_store_are_fetched_in_the_same_order() {
    let mut one_by_one = plan();
    one_by_one.pace.concurrency = 1;
    let in_memory = crawl_in(None, one_by_one.clone(), tree).await;
    let in_store = crawl_in(Some(0), one_by_one.clone(), tree).await;
    assert_eq!(in_memory.asked().len(), 341);
    assert_eq!(in_store.asked(), in_memory.asked());
    one_by_one.scope.max_depth = Some(3);
    let near = crawl_in(Some(0), one_by_one, tree).await;
    assert_eq!(near.asked(), in_memory.asked()[..85], "three clicks");
}

#[tokio::test(start_paused = true)]
async fn urls_that_wait_only_in_the_store_are_fetched_by_a_resumed_run() {
    let answer = |asked: &Asked<'_>| {
        let is_file = ["/robots.txt", "/sitemap.xml"].contains(&asked.path);
        let reply = if is_file { error(404) } else { tree(asked) };
        let takes = Duration::from_millis(20);
        Some(Timed { reply, takes })
    };
    let mut crawl = Crawl::new(plan(), &[]);
    crawl.room = Some(0);
    crawl.script.origin = Some(Origin(Box::new(answer)));
    let (switch, _) = stop_switch();
    crawl.script.stop_after = Some((150, switch));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    crawl.script.stop_after = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let mut requested = crawl.asked_sorted();
    requested.dedup();
    assert_eq!(requested.len(), 341);
}
