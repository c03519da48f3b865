//! Hosts and sections that go down as a whole, at regular times. The same with the real program in
//! real time is in `tests/real/sick/episodes.rs`.

use std::ops::Range;

use super::verdicts::usual;
use super::*;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Times in which a part of the site is down.
struct Turns {
    down: Range<Duration>,
    period: Duration,
    /// Shifts all of them, so that the crawl meets them at another time.
    shift: Duration,
}

impl Turns {
    fn is_down(&self, at: Duration) -> bool {
        let nanos = (at + self.shift).as_nanos() % self.period.as_nanos();
        self.down.contains(&Duration::from_nanos(nanos as u64))
    }
}

/// Audits a site of these sections with their numbers of pages. Pages below `down` answer 502 at
/// regular times.
async fn audited(sections: &[(&str, usize)], down: &'static str, turns: Turns) -> Crawl {
    let pages = |(name, count): &(&str, usize)| -> Vec<String> {
        (0..*count).map(|n| format!("/{name}/{n}.html")).collect()
    };
    let paths: Vec<String> = sections.iter().flat_map(pages).collect();
    let home = links(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    let mut crawl = Crawl::new(usual(), &[]);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        let is_page = paths.iter().any(|path| path == asked.path);
        let reply = match asked.path {
            path if path.starts_with(down) && turns.is_down(asked.at) => error(502),
            "/" => home.clone(),
            _ if is_page => page("a page"),
            _ => error(404),
        };
        Some(Timed {
            reply,
            takes: Duration::from_millis(20),
        })
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    crawl
}

impl Crawl {
    /// Returns the requests that failed.
    fn failures(&self) -> usize {
        let rows = self.rows(Table::Attempts, &["Status Code"]);
        rows.iter().filter(|status| *status == "502").count()
    }

    /// Returns the texts of the findings.
    fn said(&self) -> Vec<String> {
        self.rows(Table::Findings, &["Rule", "Subject", "Evidence"])
    }
}

#[tokio::test(start_paused = true)]
async fn pages_of_a_host_that_restarts_again_and_again_end_fine() {
    let sections = [("guides", 100), ("shop", 100), ("help", 96)];
    for shift in [0, 7, 13, 22] {
        let turns = Turns {
            down: s(10)..s(15),
            period: s(30),
            shift: s(shift),
        };
        let crawl = audited(&sections, "/", turns).await;
        let left: Vec<String> = crawl
            .rows(Table::Pages, &["Address", "Status Code", "Verdict"])
            .into_iter()
            .filter(|row| !row.ends_with("| 200 | ok") && !row.ends_with("| 200 | transient"))
            .collect();
        assert!(left.is_empty(), "{shift}: {left:#?}");
        assert!(crawl.failures() <= 30, "{shift}: {}", crawl.failures());
        let said = crawl.said();
        assert_eq!(said.len(), 1, "{shift}: {said:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_intermittent_section_is_reported_with_its_rhythm() {
    let sections = [("tickets", 60), ("guides", 200), ("shop", 236)];
    for shift in [0, 5, 10] {
        let turns = Turns {
            down: s(0)..s(30),
            period: s(60),
            shift: s(shift),
        };
        let crawl = audited(&sections, "/tickets/", turns).await;
        let said = crawl.said();
        assert_eq!(said.len(), 1, "{shift}: {said:#?}");
        let rhythm = (59..=61).any(|every| said[0].contains(&format!("in every {every} s")));
        assert!(rhythm, "{shift}: {said:#?}");
        let verdicts = crawl.rows(Table::Pages, &["Verdict"]);
        let wrong = verdicts
            .iter()
            .filter(|verdict| !["ok", "intermittent"].contains(&verdict.as_str()));
        assert_eq!(wrong.count(), 0, "{shift}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_dead_backend_of_three_makes_no_page_a_control_without_end() {
    let paths: Vec<String> = [("products", 80), ("blog", 30), ("jobs", 8)]
        .iter()
        .flat_map(|(name, count)| (0..*count).map(move |n| format!("/{name}/{n}")))
        .collect();
    let home = links(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    let mut crawl = Crawl::new(usual(), &[]);
    let turn = AtomicUsize::new(0);
    crawl.script.origin = Some(Origin(Box::new(move |asked| {
        let is_dead = turn.fetch_add(1, Ordering::Relaxed) % 3 == 2;
        let is_page = paths.iter().any(|path| path == asked.path);
        Some(at_once(match asked.path {
            _ if is_dead => error(502),
            "/" => home.clone(),
            _ if is_page => page("a page"),
            _ => error(404),
        }))
    })));
    assert_eq!(crawl.run_fresh().await, Ended::Finished);
    let said = crawl.said();
    assert!(
        said.iter().any(|it| it.starts_with("one_backend_down")),
        "{said:#?}"
    );
    let mut per_page: HashMap<String, usize> = HashMap::new();
    let asked = crawl.asked();
    for path in &asked {
        *per_page.entry(path.clone()).or_default() += 1;
    }
    let most = per_page.values().max().expect("requested");
    assert!(*most <= 60, "{most}");
    assert!(asked.len() < 750, "{}", asked.len());
}
