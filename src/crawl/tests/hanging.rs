//! Directories whose pages never answer: nothing else waits for them, and the run ends soon.

use super::verdicts::usual;
use super::*;

/// Crawls a shop of 105 good pages with this number of pages in a directory that never answers, in the middle of the
/// queue. Answers of others take as long as on the internet.
async fn crawled(hanging: usize) -> Crawl {
    let section =
        |name: &'static str, pages: usize| (0..pages).map(move |n| format!("/{name}/{n}"));
    let all = section("products", 80).chain(section("export", hanging));
    let all: Vec<String> = all.chain(section("faq", 25)).collect();
    let start = links(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let mut crawl = Crawl::new(usual(), &[]);
    crawl.script.stores_in_time = true;
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        let reply = match asked.path {
            "/" => start.clone(),
            "/robots.txt" | "/sitemap.xml" => error(404),
            path if path.starts_with("/export/") => {
                return Some(Timed {
                    reply: silence(Outcome::TtfbTimeout),
                    takes: asked.request.first_byte_limit,
                });
            }
            _ => page("a page"),
        };
        let takes = Duration::from_millis(60);
        Some(Timed { reply, takes })
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    crawl
}

/// Checks what was requested when, and the verdicts. The run must end within this time.
async fn check(hanging: usize, most: Duration) {
    let crawl = crawled(hanging).await;
    let rows = crawl.rows(Table::Pages, &["Address", "Verdict"]);
    let persistent = rows.iter().filter(|row| row.ends_with("| persistent"));
    assert_eq!(persistent.count(), hanging);
    let requests = crawl.script.requests.lock().unwrap();
    let began = requests[0].0;
    let good = requests
        .iter()
        .filter(|(_, request)| request.url.section() == "/faq/");
    let waited = good.take(25).last().expect("requested").0 - began;
    assert!(waited < Duration::from_secs(25), "{waited:?}");
    let all = requests[requests.len() - 1].0 - began;
    assert!(all < most, "{all:?}");
}

#[tokio::test(start_paused = true)]
async fn no_good_page_waits_for_a_few_that_hang() {
    check(20, Duration::from_mins(4)).await;
}

#[tokio::test(start_paused = true)]
async fn a_large_directory_that_hangs_is_confirmed_within_minutes() {
    // With a real clock it is less: here the clock may advance while an answer is stored.
    check(200, Duration::from_mins(7)).await;
}
