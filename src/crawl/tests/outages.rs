//! Local outages during a crawl, and sites that only look like one.

use crate::model::Silence;

use super::*;

const PAGES: usize = 500;

/// A time in which nothing answers.
#[derive(Debug)]
pub(super) struct Dark {
    /// The request that it begins with.
    from: usize,
    lasts: Duration,
    since: Mutex<Option<Instant>>,
    /// The witnesses' answers in that time.
    witnesses: fn(&Witnesses) -> Network,
    /// The number of checks.
    checks: Mutex<usize>,
    /// The answers that arrive in that time.
    spared: fn(&str) -> bool,
}

impl Dark {
    fn from(from: usize, lasts: Duration, witnesses: fn(&Witnesses) -> Network) -> Dark {
        Dark {
            from,
            lasts,
            since: Mutex::default(),
            witnesses,
            checks: Mutex::default(),
            spared: |_| false,
        }
    }

    fn is_now(&self) -> bool {
        let since = *self.since.lock().unwrap();
        since.is_some_and(|since| since.elapsed() < self.lasts)
    }

    pub(super) fn swallows(&self, path: &str, asked: usize) -> Option<Reply> {
        if asked >= self.from {
            let mut since = self.since.lock().unwrap();
            since.get_or_insert_with(Instant::now);
        }
        (self.is_now() && !(self.spared)(path)).then(|| silence(Outcome::ConnectTimeout))
    }

    pub(super) fn network(&self, witnesses: &Witnesses) -> Network {
        *self.checks.lock().unwrap() += 1;
        if self.is_now() {
            (self.witnesses)(witnesses)
        } else {
            Network::Up
        }
    }
}

fn silent(_: &Witnesses) -> Network {
    Network::Down(Silence {
        name_servers: vec![[192, 0, 2, 53].into()],
        ..Silence::default()
    })
}

/// Returns a crawl of five hundred pages on a server whose IP address is not on this machine.
fn big() -> Crawl {
    let paths: Vec<String> = (1..PAGES).map(|n| format!("/s{}/p{n}", n % 7)).collect();
    let all: Vec<&str> = paths.iter().map(String::as_str).collect();
    let start = [links(&all)];
    let fine = [page("a page")];
    let mut answers: Vec<(&str, &[Reply])> = vec![("/", &start)];
    answers.extend(all.iter().map(|path| (*path, &fine[..])));
    let mut crawl = Crawl::new(plan(), &answers);
    crawl.script.remote = Some(([192, 0, 2, 1], 80).into());
    crawl
}

impl Crawl {
    fn count(&self, table: Table, column: &str, value: &str) -> usize {
        let rows = self.rows(table, &[column]);
        rows.iter().filter(|row| *row == value).count()
    }

    fn verdicts(&self, verdict: &str) -> usize {
        self.count(Table::Pages, "Verdict", verdict)
    }

    /// Returns the number of discarded attempts.
    fn discarded(&self) -> usize {
        self.count(Table::Attempts, "Purpose", "outage")
    }

    fn own_outage(&self) -> Vec<String> {
        let rows = self.rows(Table::Findings, &["Rule", "Evidence"]);
        let own = rows.into_iter().filter(|row| row.starts_with("own_outage"));
        own.collect()
    }

    fn network_events(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let events = events.iter().filter(|line| line.starts_with("network "));
        events.cloned().collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_local_outage_leaves_no_trace_in_the_conclusions() {
    let mut crawl = big();
    crawl.script.dark = Some(Dark::from(200, Duration::from_mins(1), silent));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    assert_eq!(crawl.network_events(), ["network gone", "network back"]);
    assert_eq!(crawl.verdicts("ok"), PAGES);
    assert_eq!(crawl.count(Table::Pages, "Attempts", "1"), PAGES);
    assert!(crawl.rows(Table::ServerErrors, &["Address"]).is_empty());
    let discarded = crawl.discarded();
    assert!((4..=12).contains(&discarded), "{discarded}");
    // Each discarded page is requested again, and no other page twice.
    assert_eq!(crawl.asked().len(), PAGES + discarded);
    let own = crawl.own_outage();
    assert_eq!(own.len(), 1, "{own:?}");
    assert!(own[0].contains("name server 192.0.2.53 no longer resolves names"));
    assert!(
        own[0].contains(&format!("{discarded} attempts at")),
        "{own:?}"
    );
    let rules = crawl.rows(Table::Findings, &["Rule"]);
    assert_eq!(rules, ["own_outage"], "and the site is blamed for nothing");
    let checks = *crawl.script.dark.as_ref().unwrap().checks.lock().unwrap();
    assert!((3..=14).contains(&checks), "{checks} checks in a minute");
}

#[tokio::test(start_paused = true)]
async fn the_site_is_at_fault_if_a_witness_answers() {
    let blamed = |dark: Option<Dark>| async {
        let mut crawl = big();
        let seen = dark.is_some();
        crawl.script.dark = dark;
        if !seen {
            crawl.script.trouble =
                Some(|_, checks| (checks >= 200).then(|| silence(Outcome::ConnectTimeout)));
        }
        assert_eq!(crawl.run_fresh().await, Ended::Incomplete);
        assert_eq!((crawl.discarded(), crawl.own_outage().len()), (0, 0));
        (crawl.verdicts("persistent"), crawl.verdicts("unconfirmed"))
    };
    let forever = Duration::from_hours(24);
    let today = blamed(None).await;
    assert!(today.0 + today.1 > 0, "{today:?}");
    let up = blamed(Some(Dark::from(200, forever, |_| Network::Up))).await;
    let unknown = blamed(Some(Dark::from(200, forever, |_| Network::Unknown))).await;
    assert!(
        up.0 + up.1 > 0 && unknown.0 + unknown.1 > 0,
        "{up:?} {unknown:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_crawl_of_this_machine_requests_no_witness() {
    let mut crawl = big();
    crawl.script.remote = Some(([127, 0, 0, 1], 80).into());
    crawl.script.dark = Some(Dark::from(200, Duration::from_hours(24), silent));
    assert_eq!(crawl.run_fresh().await, Ended::Incomplete);
    let checks = *crawl.script.dark.as_ref().unwrap().checks.lock().unwrap();
    assert_eq!((checks, crawl.discarded()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_outage_without_an_end_ends_the_crawl_which_can_be_resumed() {
    let mut crawl = big();
    crawl.script.dark = Some(Dark::from(200, Duration::from_hours(1), silent));
    assert_eq!(crawl.run_fresh().await, Ended::Offline);
    let run = crawl.store.run_by_id(crawl.run).unwrap();
    assert_eq!(run.state, RunState::Interrupted);
    assert_eq!(crawl.network_events(), ["network gone"]);
    assert!(crawl.rows(Table::ServerErrors, &["Address"]).is_empty());
    assert!(crawl.own_outage()[0].contains("until the crawl was interrupted"));
    let discarded = crawl.discarded();
    crawl.script.dark = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    assert_eq!(crawl.verdicts("ok"), PAGES);
    assert_eq!(crawl.asked().len(), PAGES + discarded);
}

#[tokio::test(start_paused = true)]
async fn a_crawl_that_begins_without_a_network_reports_it_and_does_not_wait() {
    let mut crawl = big();
    let began = Instant::now();
    crawl.script.edge = Some(|_| Some(silence(Outcome::DnsTimeout)));
    crawl.script.dark = Some(Dark::from(0, Duration::from_hours(1), |witnesses| {
        assert_eq!(witnesses.name.as_deref(), Some("site.test"));
        silent(witnesses)
    }));
    assert_eq!(crawl.run_fresh().await, Ended::NeverOnline);
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(crawl.asked().is_empty());
    assert_eq!(crawl.discarded(), 1, "robots.txt, which closes nothing");
    crawl.script.edge = None;
    crawl.script.dark = None;
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    assert_eq!(crawl.verdicts("ok"), PAGES);
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_pass_continues_after_an_outage_with_all_of_its_time() {
    let mut crawl = Crawl::new(plan(), &[("/", &[links(&["/a", "/b", "/c"])])]);
    crawl.plan.confirm = ConfirmPlan {
        delays: vec![Duration::from_secs(15), Duration::from_mins(1)],
        budget: Duration::from_mins(2),
        proof: Duration::from_mins(1),
    };
    crawl.script.remote = Some(([192, 0, 2, 1], 80).into());
    crawl.script.trouble = Some(|path, _| matches!(path, "/a" | "/b" | "/c").then(|| error(500)));
    // robots.txt, the page, its sitemap, three times two, and a control; then all but one of a
    // pass.
    crawl.script.dark = Some(Dark::from(15, Duration::from_mins(5), silent));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    assert_eq!(crawl.network_events(), ["network gone", "network back"]);
    assert!(crawl.discarded() > 0);
    assert_eq!(crawl.verdicts("persistent"), 3);
    let passes = crawl.rows(Table::ServerErrors, &["Passes"]);
    assert_eq!(passes, ["3", "3", "3"]);
    let outcomes = crawl.rows(Table::ServerErrors, &["Outcome"]);
    assert_eq!(outcomes, ["server_500"; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_robots_txt_that_fails_in_a_local_outage_closes_no_host() {
    let other = "http://other.test/";
    let mut list = plan();
    list.scope.external = true;
    let all: Vec<String> = (0..40).map(|n| format!("/p{n}")).collect();
    let mut to: Vec<&str> = all.iter().map(String::as_str).collect();
    to.insert(0, other);
    let start = [links(&to)];
    let fine = [page("a page")];
    let mut answers: Vec<(&str, &[Reply])> = vec![("/", &start), (other, &fine)];
    answers.extend(all.iter().map(|path| (path.as_str(), &fine[..])));
    let mut crawl = Crawl::new(list, &answers);
    crawl.script.remote = Some(([192, 0, 2, 1], 80).into());
    crawl.script.dark = Some(Dark::from(4, Duration::from_mins(1), silent));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let robots = crawl.rows(Table::Robots, &["Access", "Attempts"]);
    assert_eq!(robots, ["allow_all | 1"; 2]);
    assert!(crawl.discarded() > 0);
    assert_eq!(crawl.verdicts("ok"), 42);
}

#[tokio::test(start_paused = true)]
async fn experiments_that_an_outage_cuts_short_are_made_again() {
    let crawled = |dark: Option<Dark>| async {
        let mut list = plan();
        list.experiments.enabled = true;
        list.confirm.delays = vec![Duration::from_secs(1)];
        let all = [links(&["/a", "/b"])];
        let mut crawl = Crawl::new(list, &[("/", &all), ("/b", &[page("fine")])]);
        crawl.script.remote = Some(([192, 0, 2, 1], 80).into());
        crawl.script.trouble = Some(|path, _| (path == "/a").then(|| error(500)));
        crawl.script.dark = dark;
        assert_eq!(crawl.run_fresh().await, Ended::Finished);
        crawl
    };
    let experiments = |crawl: &Crawl| {
        let rows = crawl.rows(Table::Attempts, &["Purpose", "Outcome"]);
        let experiments = rows.into_iter().filter(|row| row.starts_with("probe:"));
        experiments.collect::<Vec<_>>()
    };
    let plain = crawled(None).await;
    let made = experiments(&plain);
    assert!(made.len() >= 2, "{made:?}");
    // The last requests of a crawl are its experiments: all but the first are discarded.
    let all = plain.script.asked.lock().unwrap().len();
    let second = all - made.len() + 2;
    let cut = crawled(Some(Dark::from(second, Duration::from_mins(1), silent))).await;
    assert_eq!(cut.network_events(), ["network gone", "network back"]);
    assert!(cut.discarded() > 0);
    let again = experiments(&cut);
    assert_eq!(again[again.len() - made.len()..], made);
    assert!(
        again.iter().all(|row| !row.contains("connect_timeout")),
        "{again:?}"
    );
    assert_eq!(cut.verdicts("persistent"), plain.verdicts("persistent"));
}

#[tokio::test(start_paused = true)]
async fn discarded_attempts_do_not_count_against_max_pages() {
    let mut crawl = big();
    crawl.plan.scope.max_pages = Some(300);
    crawl.script.dark = Some(Dark::from(200, Duration::from_mins(1), silent));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    assert!(crawl.discarded() > 0);
    assert_eq!(crawl.verdicts("ok"), 300);
}

#[tokio::test(start_paused = true)]
async fn a_finished_run_stays_finished_if_a_further_pass_has_no_network() {
    let mut crawl = Crawl::new(confirming(), &[("/", &[links(&["/a", "/b"])])]);
    crawl.script.remote = Some(([192, 0, 2, 1], 80).into());
    crawl.script.trouble = Some(|path, _| matches!(path, "/a" | "/b").then(|| error(500)));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    crawl.plan.confirm.proof = Duration::from_hours(8 * 24);
    let seen = |crawl: &Crawl| {
        let summary = crawl.store.summary(crawl.run).unwrap();
        let run = crawl.store.run_by_id(crawl.run).unwrap();
        (
            run.state,
            summary.pages.fetched,
            crawl.verdicts("persistent"),
        )
    };
    let whole = seen(&crawl);
    assert_eq!(whole.0, RunState::Finished);
    let next = crawl.store.last_pass(crawl.run).unwrap();
    crawl.plan.confirm.delays = vec![Duration::ZERO; next.into()];
    crawl.script.edge = Some(|_| Some(silence(Outcome::DnsTimeout)));
    crawl.script.dark = Some(Dark::from(0, Duration::from_hours(1), silent));
    assert_eq!(crawl.run(Start::Resume).await, Ended::NeverOnline);
    assert_eq!(seen(&crawl), whole);
    (crawl.script.edge, crawl.script.dark) = (None, None);
    crawl.plan.confirm.delays.push(Duration::ZERO);
    assert_eq!(crawl.run(Start::Resume).await, Ended::Finished);
    assert_eq!(seen(&crawl), whole);
    // The next pass requests the URLs that this one could not, once and at its pace.
    let rows = crawl.rows(Table::Attempts, &["Address", "Purpose", "Pass"]);
    let confirmed = |path: &str| {
        let mut of = rows.iter().filter(|row| row.starts_with(path));
        of.rfind(|row| row.contains("confirm")).cloned()
    };
    for path in ["/a", "/b"] {
        let expected = format!("{path} | confirm | {}", next + 2);
        assert_eq!(confirmed(path), Some(expected));
    }
    let of_pass = format!(" | {}", next + 1);
    let mut of_pass = rows.iter().filter(|row| row.ends_with(&of_pass));
    assert!(of_pass.all(|row| row.contains("outage")), "{rows:?}");
}
