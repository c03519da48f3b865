//! Sites with random failures, and the results of their audits. The simulated server draws a random
//! number for each request.

#![expect(
    clippy::print_stdout,
    reason = "what a simulation found is read where its bounds are chosen"
)]

use std::collections::BTreeMap;

use super::*;

/// Pages and the chance of failure of each.
struct Flaky {
    /// Chance of failure of each page, in percent.
    chances: HashMap<String, u32>,
    plan: CrawlPlan,
}

/// The result of an audit for a page.
struct Found {
    /// Chance of failure of the page, in percent.
    chance: u32,
    verdict: String,
    attempts: u32,
    failed: u32,
    rate: (f64, f64),
}

impl Found {
    /// Returns whether its interval includes the true chance.
    fn is_within(&self) -> bool {
        let (low, high) = self.rate;
        let chance = f64::from(self.chance) / 100.0;
        low <= chance && chance <= high
    }
}

/// Returns the usual plan of an audit, without experiments.
fn audit() -> CrawlPlan {
    let mut plan = confirming();
    plan.pace.rate = Some(10.0);
    plan.pace.concurrency = 8;
    plan.sample = SamplePlan::Usual;
    plan
}

impl Flaky {
    /// Returns pages of four sections, with the number for each chance, in an order that depends on
    /// the seed.
    fn site(kinds: &[(u32, usize)], seed: u64) -> Flaky {
        let mut chances: Vec<u32> = kinds
            .iter()
            .flat_map(|(chance, count)| std::iter::repeat_n(*chance, *count))
            .collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut chances);
        let sections = ["shop", "blog", "help", "news"];
        let paths = (0..).map(|n: usize| format!("/{}/{n}", sections[n % 4]));
        Flaky {
            chances: paths.zip(chances).collect(),
            plan: audit(),
        }
    }

    async fn audited(self, seed: u64) -> (Crawl, Vec<Found>) {
        let mut paths: Vec<&str> = self.chances.keys().map(String::as_str).collect();
        paths.sort_unstable();
        let home = links(&paths);
        let fine = page("a page");
        let mut crawl = Crawl::new(self.plan, &[]);
        let chances = self.chances.clone();
        let dice = Mutex::new(fastrand::Rng::with_seed(seed));
        crawl.script.origin = Some(Origin(Box::new(move |asked| {
            let chance = chances.get(asked.path).copied();
            let reply = match chance {
                None if asked.path == "/" => home.clone(),
                None => error(404),
                Some(chance) if dice.lock().unwrap().u32(..100) < chance => error(502),
                Some(_) => fine.clone(),
            };
            Some(Timed {
                reply,
                takes: Duration::from_millis(20),
            })
        })));
        assert_eq!(crawl.run_fresh().await, Ended::Finished);
        let columns = [
            "Address",
            "Verdict",
            "Attempts",
            "Failed Attempts",
            "Error Rate Low 95%",
            "Error Rate High 95%",
        ];
        let found = crawl.rows(Table::Pages, &columns).into_iter();
        let found = found.filter_map(|row| {
            let cells: Vec<&str> = row.split(" | ").collect();
            Some(Found {
                chance: *self.chances.get(cells[0])?,
                verdict: cells[1].to_owned(),
                attempts: cells[2].parse().unwrap(),
                failed: cells[3].parse().unwrap(),
                rate: (cells[4].parse().unwrap(), cells[5].parse().unwrap()),
            })
        });
        let found = found.collect();
        (crawl, found)
    }
}

/// Returns the number of pages by chance and verdict.
fn matrix(found: &[Found]) -> BTreeMap<(u32, String), u32> {
    let mut matrix = BTreeMap::new();
    for page in found {
        let verdict = match page.failed {
            0 => "never failed".to_owned(),
            _ => page.verdict.clone(),
        };
        *matrix.entry((page.chance, verdict)).or_default() += 1;
    }
    matrix
}

fn share(part: usize, of: usize) -> f64 {
    part as f64 / of as f64
}

#[tokio::test(start_paused = true)]
async fn random_failures_are_distinguished_from_dead_pages_and_accidents() {
    let kinds = [(0, 280), (5, 30), (50, 30), (85, 30), (100, 30)];
    let mut all = Vec::new();
    for seed in 0..5 {
        let (crawl, found) = Flaky::site(&kinds, seed).audited(100 + seed).await;
        let uncaught = found.iter().filter(|page| page.failed == 0);
        let truth = uncaught.filter(|page| page.chance > 0).count();
        let scores = crawl.store.summary(crawl.run).unwrap().scores;
        let estimate = scores.uncaught.expect("an estimate").pages;
        println!(
            "seed {seed}: {} requests in {:?}; {truth} not caught, estimated {} ({} to {})",
            crawl.script.asked.lock().unwrap().len(),
            crawl.script.began.get().unwrap().elapsed(),
            estimate.value,
            estimate.low,
            estimate.high
        );
        all.extend(found);
    }
    for ((chance, verdict), pages) in matrix(&all) {
        println!("chance {chance:3} %: {pages:5} {verdict}");
    }
    let half: Vec<&Found> = (all.iter())
        .filter(|page| page.chance == 50 && page.failed > 0)
        .collect();
    let right = half.iter().filter(|page| page.verdict == "intermittent");
    let right = share(right.count(), half.len());
    let within = all.iter().filter(|page| page.is_within());
    let within = share(within.count(), all.len());
    let caught: Vec<&Found> = all.iter().filter(|page| page.failed > 0).collect();
    let of_caught = caught.iter().filter(|page| page.is_within());
    let of_caught = share(of_caught.count(), caught.len());
    println!("{right:.3} of those at 0.5 and caught are intermittent");
    println!("{within:.3} of all intervals hold the truth, {of_caught:.3} of caught pages");
    assert!(right >= 0.9, "{right}");
    assert!(within >= 0.93, "{within}");
    for page in &all {
        assert!(page.chance > 0 || page.verdict == "ok", "blamed");
        let fine = page.attempts - page.failed;
        assert!(
            page.verdict != "persistent" || fine == 0,
            "fine {fine} times"
        );
        assert!(
            page.chance < 100 || page.verdict == "persistent",
            "{}",
            page.verdict
        );
    }
}

#[tokio::test(start_paused = true)]
async fn dead_pages_are_persistent_among_many_intermittent_ones() {
    let kinds = [(33, 356), (100, 45)];
    let (crawl, found) = Flaky::site(&kinds, 1).audited(2).await;
    println!("{:#?}", matrix(&found));
    let elapsed = crawl.script.began.get().unwrap().elapsed();
    println!("{elapsed:?}");
    for page in &found {
        assert!(
            page.chance < 100 || page.verdict == "persistent",
            "{}",
            page.verdict
        );
        assert!(page.chance == 100 || page.verdict != "persistent");
    }
}

#[tokio::test(start_paused = true)]
async fn every_dead_page_of_a_large_site_is_confirmed_within_the_default_budget() {
    let kinds = [(0, 1_116), (100, 34)];
    let (crawl, found) = Flaky::site(&kinds, 1).audited(2).await;
    println!("{:#?}", matrix(&found));
    let elapsed = crawl.script.began.get().unwrap().elapsed();
    println!("{elapsed:?}");
    for page in &found {
        let expected = if page.chance == 100 {
            "persistent"
        } else {
            "ok"
        };
        assert_eq!(page.verdict, expected);
    }
    assert!(elapsed < Duration::from_mins(4), "{elapsed:?}");
}

/// Makes a page of the simulated site fail at some requests.
fn answering(crawl: &mut Crawl, answer: fn(&Asked<'_>) -> Option<Reply>) {
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        Some(Timed {
            reply: answer(asked)?,
            takes: Duration::from_millis(20),
        })
    })));
}

/// Returns pages that are always fine, and the start page that links to them and to `others`.
fn with_fine(count: usize, others: &[&str]) -> Vec<(String, Vec<Reply>)> {
    let fine: Vec<String> = (0..count).map(|n| format!("/fine/{n}")).collect();
    let mut all: Vec<&str> = fine.iter().map(String::as_str).collect();
    all.extend(others);
    let mut site = vec![("/".to_owned(), vec![links(&all)])];
    site.extend(fine.iter().map(|path| (path.clone(), vec![page("a page")])));
    site
}

#[tokio::test(start_paused = true)]
async fn no_retry_after_holds_up_a_pass_and_an_announced_end_counts_as_proof() {
    let site = with_fine(40, &["/long", "/short", "/dead"]);
    let mut plan = audit();
    plan.sample = SamplePlan::Off;
    let mut crawl = Crawl::new(plan, &borrowed(&site));
    answering(&mut crawl, |asked| match asked.path {
        "/long" => Some(closed(3_600)),
        "/short" => Some(closed(30)),
        "/dead" => Some(error(502)),
        _ => None,
    });
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let columns = ["Address", "Verdict"];
    let rows = crawl.rows(Table::ServerErrors, &columns);
    for path in ["/long", "/short", "/dead"] {
        assert!(rows.contains(&format!("{path} | persistent")), "{rows:?}");
    }
    let attempts = crawl.rows(Table::Attempts, &["Address", "Purpose"]);
    let confirmed = |path: &str| {
        let row = format!("{path} | confirm");
        attempts.iter().filter(|found| **found == row).count()
    };
    assert_eq!(confirmed("/long"), 0, "its time has not come");
    assert!(
        confirmed("/short") > 0 && confirmed("/dead") > 0,
        "{attempts:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn pages_that_failed_only_in_an_outage_of_the_host_get_one_more_look() {
    let site = with_fine(200, &[]);
    let mut plan = audit();
    plan.sample = SamplePlan::Off;
    plan.pace.retries = 0;
    // A crawl that slows down sees too little of an outage of five seconds.
    plan.pace.adapt = false;
    let mut crawl = Crawl::new(plan, &borrowed(&site));
    answering(&mut crawl, |asked| {
        let seconds = asked.at.as_secs();
        let down = (5..10).contains(&seconds) && asked.path.starts_with("/fine/");
        down.then(|| error(502))
    });
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let failed = crawl.rows(Table::ServerErrors, &["Verdict"]);
    assert!(failed.len() > 20, "{failed:?}");
    assert!(
        failed.iter().all(|verdict| verdict == "transient"),
        "{failed:?}"
    );
    let purposes = crawl.rows(Table::Attempts, &["Purpose"]);
    let confirmed = purposes.iter().filter(|purpose| *purpose == "confirm");
    // Each once, and two controls in each pass. Some of those that were controls at the time, more
    // often.
    let confirmed = confirmed.count();
    assert!(
        confirmed <= failed.len() + 20,
        "{confirmed} {}",
        failed.len()
    );
}

#[tokio::test(start_paused = true)]
async fn a_sample_finds_failures_that_the_crawl_missed_and_is_made_once() {
    let site = with_fine(30, &["/late"]);
    let mut plan = audit();
    plan.sample = SamplePlan::Share(1.0);
    let mut crawl = Crawl::new(plan, &borrowed(&site));
    let requested = AtomicUsize::new(0);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        if asked.path != "/late" {
            return None;
        }
        // Fine in the crawl, then every second time.
        let fails = requested.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        Some(Timed {
            reply: if fails { error(502) } else { page("a page") },
            takes: Duration::from_millis(20),
        })
    })));
    let (placeholder, _) = stop_switch();
    // robots.txt, sitemap, 32 pages of the crawl and some of the sample.
    crawl.script.stop_after = Some((44, placeholder));
    assert_eq!(crawl.run_fresh().await, Ended::Interrupted);
    crawl.script.stop_after = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    let mut rows = crawl.rows(Table::Attempts, &["Address", "Purpose", "Pass"]);
    rows.retain(|row| row.ends_with("| sample | 0"));
    // Two pages are requested once more next to the one that fails.
    let made = rows.len();
    rows.dedup();
    assert!(made <= 34, "each page once: {rows:?}");
    assert_eq!(rows.len(), 32);
    let late = crawl.rows(Table::ServerErrors, &["Address", "Verdict"]);
    assert_eq!(late, ["/late | intermittent"]);
}
