//! The scores of twenty everyday sites lie where an experienced SEO lead would put them, and in that order.

use std::fmt::Write as _;
use std::time::Duration;

use gatecrawl::assess::{
    Aggregate, Band, Crawlability, Extent, HostFiles, HostState, Importance, IndexingRisk,
    Judgement, Observation, RobotsState, Rules, ScoreModel, Scored, SiteTally, Tally, crawlability,
    indexing_risk, weight,
};
use gatecrawl::model::{Moment, Outcome, Pressure};
use gatecrawl::report::words::{hindrance, risk};
use serde::Deserialize;

/// The document whose table this test keeps true.
const DOCUMENT: &str = include_str!("../../docs/scores.md");

#[derive(Deserialize)]
struct Sites {
    site: Vec<Site>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    name: String,
    says: String,
    crawlability: Wanted,
    indexing_risk: Wanted,
    v1: First,
    #[serde(default)]
    robots: Option<String>,
    #[serde(default)]
    sitemaps: u32,
    #[serde(default)]
    failing_sitemaps: u32,
    #[serde(default = "fast")]
    ttfb_ms: u64,
    pages: Vec<Alike>,
}

/// The range and the band of a score, and its place among the sites: the first is the best.
#[derive(Deserialize)]
struct Wanted {
    from: f64,
    to: f64,
    band: String,
    place: u32,
}

/// What the first model said.
#[derive(Deserialize)]
struct First {
    crawlability: f64,
    crawlability_band: String,
    indexing_risk: f64,
    indexing_risk_band: String,
}

/// Pages that are alike.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alike {
    pages: u32,
    #[serde(default)]
    home: bool,
    #[serde(default = "linked")]
    inlinks: u32,
    #[serde(default = "fine")]
    looks: String,
    #[serde(default)]
    outcome: Option<String>,
}

/// Milliseconds to the first byte of a site that is not slow.
fn fast() -> u64 {
    180
}

/// Inlinks of a common page, of 300 at most.
fn linked() -> u32 {
    10
}

fn fine() -> String {
    "S".to_owned()
}

const MOST_INLINKS: u32 = 300;

/// Seconds after the start at which passes begin, as `--confirm quick` has them.
const PASSES: [i64; 3] = [0, 15, 75];

impl Alike {
    fn judgement(&self, ttfb: Duration) -> Judgement {
        let failing = self.outcome.as_deref().map_or(Outcome::Server502, |id| {
            Outcome::from_id(id).expect("an outcome")
        });
        let mut tally = Tally::default();
        for ((pass, marks), seconds) in (1..).zip(self.looks.split(' ')).zip(PASSES) {
            for (second, mark) in (seconds..).zip(marks.chars()) {
                let outcome = if mark == 'F' {
                    failing
                } else {
                    Outcome::OkHtml
                };
                let (in_flight, rate) = if pass == 1 { (8, 10.0) } else { (1, 1.0) };
                tally.add(Observation {
                    outcome,
                    status: None,
                    started: Moment::from_millis(second * 1_000),
                    pass,
                    reused: false,
                    pressure: Pressure {
                        in_flight,
                        rate: Some(rate),
                    },
                    announced: None,
                    ttfb: (!outcome.is_failure()).then_some(ttfb),
                    host_episode: None,
                });
            }
        }
        // Only a limit of requests is taken for one that the crawl's speed caused.
        let rules = Rules::ONE_SHOT.at(Moment::from_millis(76_000));
        match failing {
            Outcome::Client429 => tally.judge(&rules),
            _ => tally.judge(&rules.ignoring_speed()),
        }
    }
}

impl Site {
    fn scores(&self) -> (Crawlability, IndexingRisk) {
        let mut tally = SiteTally::default();
        for pages in &self.pages {
            let judgement = pages.judgement(Duration::from_millis(self.ttfb_ms));
            let weight = weight(Importance {
                inlinks: pages.inlinks,
                max_inlinks: MOST_INLINKS,
                in_sitemap: true,
                canonical: judgement.last_ok.is_some(),
                home: pages.home,
            });
            for _ in 0..pages.pages {
                tally.add(&Scored {
                    address: "https://example.test/page",
                    host: "https://example.test",
                    section: "/",
                    judgement: &judgement,
                    weight,
                    home: pages.home,
                });
            }
        }
        let robots = match self.robots.as_deref() {
            Some("failing_le_12h") => RobotsState::Recent,
            Some(other) => panic!("{other}"),
            None => RobotsState::Ok,
        };
        let failing: Vec<String> = (0..self.failing_sitemaps)
            .map(|number| format!("https://example.test/{number}.xml"))
            .collect();
        let files = HostFiles {
            host: "https://example.test",
            robots_address: "https://example.test/robots.txt",
            robots,
            sitemaps: self.sitemaps,
            failing_sitemaps: &failing,
            down: 0.0,
        };
        let state = HostState { robots, down: 0.0 };
        let host: &Aggregate = tally.hosts.get("https://example.test").expect("a host");
        (
            crawlability(host, &files),
            indexing_risk(&tally.site, Extent::Full, &[(host.urls, state)]),
        )
    }
}

fn sites() -> Vec<Site> {
    let text = include_str!("../../fixtures/scores/everyday-sites.toml");
    let sites: Sites = toml::from_str(text).expect("a table of sites");
    sites.site
}

/// A site with its two scores.
struct Found {
    site: Site,
    crawlability: (f64, Band),
    indexing_risk: (f64, Band),
}

fn found() -> Vec<Found> {
    let found = sites().into_iter().map(|site| {
        let (crawlability, risk) = site.scores();
        Found {
            crawlability: (
                crawlability.score.known().expect("a score").value,
                crawlability.band().expect("a band"),
            ),
            indexing_risk: (
                risk.score.known().expect("a score").value,
                risk.band().expect("a band"),
            ),
            site,
        }
    });
    found.collect()
}

fn lies_within(name: &str, wanted: &Wanted, (value, band): (f64, Band)) {
    // The last digit of a product of factors may be off.
    let near = 1e-9;
    assert!(
        wanted.from - near <= value && value <= wanted.to + near,
        "{name}: {value} is not within {} to {}",
        wanted.from,
        wanted.to
    );
    assert_eq!(band.name(), wanted.band, "{name}: {value}");
}

#[test]
fn twenty_everyday_sites_score_as_an_seo_lead_would_say() {
    let found = found();
    assert_eq!(found.len(), 20);
    for Found {
        site,
        crawlability,
        indexing_risk,
    } in &found
    {
        lies_within(&site.name, &site.crawlability, *crawlability);
        lies_within(&site.name, &site.indexing_risk, *indexing_risk);
    }
}

#[test]
fn the_worse_of_two_everyday_sites_scores_worse() {
    let found = found();
    let mut pairs = 0;
    for one in &found {
        for other in &found {
            let names = (&one.site.name, &other.site.name);
            if one.site.crawlability.place < other.site.crawlability.place {
                let (better, worse) = (one.crawlability.0, other.crawlability.0);
                assert!(better > worse, "crawlability {names:?}: {better} {worse}");
                pairs += 1;
            }
            if one.site.indexing_risk.place < other.site.indexing_risk.place {
                let (better, worse) = (one.indexing_risk.0, other.indexing_risk.0);
                assert!(better < worse, "indexing risk {names:?}: {better} {worse}");
                pairs += 1;
            }
        }
    }
    assert!(pairs > 300, "{pairs}");
}

#[test]
fn deductions_of_everyday_sites_add_up_to_their_scores() {
    for site in sites() {
        let (crawlability, risk) = site.scores();
        let lost: f64 = crawlability.deductions().iter().map(|row| row.points).sum();
        let left = crawlability.score.known().expect("a score").value;
        assert!((lost + left - 100.0).abs() < 0.006, "{}: {lost}", site.name);
        let added: f64 = risk.deductions().iter().map(|row| row.points).sum();
        let value = risk.score.known().expect("a score").value;
        assert!((added - value).abs() < 0.006, "{}: {added}", site.name);
    }
}

/// The table of the document: a row for each site.
fn table() -> String {
    let mut out = String::new();
    let band = |name: &str| Band::from_name(name).expect("a band");
    for Found {
        site,
        crawlability,
        indexing_risk,
    } in found()
    {
        let first = &site.v1;
        let _ = writeln!(
            out,
            "| {} | {} | {:.1} {} | **{:.1}** {} | {:.1} {} | **{:.1}** {} |",
            site.name,
            site.says,
            first.crawlability,
            hindrance(band(&first.crawlability_band)),
            crawlability.0,
            hindrance(crawlability.1),
            first.indexing_risk,
            risk(band(&first.indexing_risk_band)),
            indexing_risk.0,
            risk(indexing_risk.1),
        );
    }
    out
}

#[test]
fn the_document_about_scores_has_the_table_of_both_models() {
    let table = table();
    assert!(DOCUMENT.contains(&table), "docs/scores.md needs\n{table}");
    assert!(DOCUMENT.contains(&ScoreModel::OURS.to_string()));
}
