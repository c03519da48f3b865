//! Audits of sites that fail only because of the crawl: they allow a number of requests in a time, on the whole host or in
//! one directory. No page is to blame, no score loses a point, and one finding names the limit.

use super::*;

/// Returns whether more than this number of requests came within the time before each, itself included. With
/// `only_served`, refused requests do not count.
fn beyond(
    count: usize,
    within: impl Fn() -> f64 + Send + Sync,
    only_served: bool,
) -> impl Fn(Duration) -> bool + Send + Sync {
    let served = Mutex::new(Vec::<f64>::new());
    move |at| {
        let (mut served, at) = (served.lock().unwrap(), at.as_secs_f64());
        let since = at - within();
        let recent = served.iter().filter(|other| **other > since).count();
        let is_beyond = recent >= count;
        if !(is_beyond && only_served) {
            served.push(at);
        }
        is_beyond
    }
}

fn refused(seconds: Option<u32>) -> Reply {
    let mut reply = error(429);
    let wait = seconds.map(|seconds| ("retry-after", seconds.to_string()));
    reply.headers.extend(wait);
    reply
}

impl Audited {
    /// Checks that no page is to blame, and that one finding names this limit.
    fn blames_the_crawl(&self, limit: &str) {
        let verdicts = self.verdicts();
        let is_fair =
            |verdict: &str| verdict.ends_with(" ok") || verdict.ends_with(" load_induced");
        assert!(verdicts.split(", ").all(is_fair), "{verdicts}");
        assert!(verdicts.contains("load_induced"), "{verdicts}");
        assert_eq!(self.findings(), ["load_induced overload"], "{verdicts}");
        let evidence = self.evidence("load_induced");
        assert!(evidence.contains(limit), "{evidence}");
        assert!(self.crawlability() > 99.9, "{}", self.crawlability());
        let found = self.finding("load_induced");
        for page in self.crawl.store.worst_pages(self.crawl.run, 200).unwrap() {
            let of_page = (page.causes.to_string(), page.advice.as_str());
            let of_finding = (found.causes.to_string(), found.advice.as_str());
            assert_eq!(of_page, of_finding, "{}", page.address);
        }
    }

    /// Returns the number of all requests.
    fn all_requests(&self) -> usize {
        self.crawl.script.requests.lock().unwrap().len()
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_that_fails_at_the_rate_of_the_crawl_is_one_finding() {
    // The network delays each request by another time.
    let dice = Mutex::new(fastrand::Rng::with_seed(3));
    let within = move || 0.94 + 0.1 * dice.lock().unwrap().f64();
    let is_beyond = beyond(9, within, false);
    let mut site = site_of(&[("/products/", 150), ("/blog/", 30)]);
    site.origin = Some(Origin(Box::new(move |asked| {
        let takes = Duration::from_secs(3);
        let reply = error(500);
        is_beyond(asked.at).then_some(Timed { reply, takes })
    })));
    let audited = site.audited().await;
    audited.blames_the_crawl("requests within a second");
    assert!(audited.all_requests() < 400, "{}", audited.all_requests());
}

#[tokio::test(start_paused = true)]
async fn a_limit_over_a_minute_is_named() {
    let is_beyond = beyond(180, || 60.0, true);
    let site = site_of(&[("/shop/", 180), ("/stories/", 60)]);
    let audited = site
        .simulated(move |asked| is_beyond(asked.at).then(|| refused(None)))
        .audited()
        .await;
    audited.blames_the_crawl("refuses more than 180 requests in 60 s");
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_one_directory_is_named() {
    let is_beyond = beyond(10, || 60.0, true);
    let site = site_of(&[("/products/", 90), ("/search/", 16), ("/blog/", 25)]);
    let audited = site
        .simulated(move |asked| {
            let is_limited = asked.path.starts_with("/search/") && is_beyond(asked.at);
            is_limited.then(|| refused(Some(20)))
        })
        .audited()
        .await;
    audited.blames_the_crawl("refuses more than 10 requests in 60 s in /search/");
}

#[tokio::test(start_paused = true)]
async fn a_429_that_went_away_is_load_even_if_its_limit_is_unknown() {
    let site = site_of(&[("/shop/", 40), ("/blog/", 40)]);
    let audited = site
        .with("/shop/7", &[refused(Some(5)), page("a page")])
        .audited()
        .await;
    assert_eq!(audited.page("/shop/7", &["Verdict"]), "load_induced");
    audited.blames_the_crawl("1 \u{d7} 429");
    assert_eq!(audited.finding("load_induced").advice, "rate_limit");
}
