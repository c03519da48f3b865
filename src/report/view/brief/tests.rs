//! Briefs from facts that are written by hand.

use crate::assess::compare::{
    Change, ChangeCounts, Comparison, Move, NewFailures, PageChange, PageState, ScoreModels, Side,
};
use crate::assess::diagnose::rules::{Rule, Severity};
use crate::assess::{Gate, GateResult, Interval, Measured, Score, ScoreModel, Verdict};
use crate::model::{Cause, CrawlPlan, CrawlUrl, Moment, Zone};
use crate::store::{RunId, RunRow, RunState, RunSummary, StillFailing, StoredFinding, StoredScore};

use super::*;

fn run(state: RunState) -> RunRow {
    let seed = CrawlUrl::parse("https://shop.example/").expect("a URL");
    RunRow {
        id: RunId(7),
        token: "token".to_owned(),
        site: "https://shop.example".to_owned(),
        plan: CrawlPlan::usual(vec![seed]),
        version: "0".to_owned(),
        started: Moment::from_millis(0),
        ended: Some(Moment::from_millis(65_000)),
        idle: std::time::Duration::ZERO,
        state,
    }
}

fn changed(path: &str, change: Change, verdict: Verdict, status: u16) -> PageChange {
    PageChange {
        address: format!("https://shop.example{path}"),
        old_address: None,
        change,
        old: Some(PageState::unlisted()),
        new: Some(PageState {
            verdict,
            status,
            ..PageState::unlisted()
        }),
        difference: None,
        evidence: "seen".to_owned(),
    }
}

fn comparison(changes: Vec<PageChange>) -> Comparison {
    let (mut counts, mut failures) = (ChangeCounts::default(), NewFailures::default());
    for page in &changes {
        counts.add(page.change);
        failures.add(page);
    }
    Comparison {
        old: Side {
            name: "run 6".to_owned(),
            started: "2026-11-16T06:00:00.000Z".to_owned(),
            ..Side::default()
        },
        compared: 300,
        counts,
        failures,
        changes,
        ..Comparison::default()
    }
}

fn finding(rule: Rule, severity: Severity) -> StoredFinding {
    StoredFinding {
        rule,
        severity,
        subject: "https://shop.example".to_owned(),
        ..StoredFinding::default()
    }
}

/// The facts of a case. The defaults are those of a run in which all is well.
struct Case {
    run: RunRow,
    summary: RunSummary,
    comparison: Option<Comparison>,
    old_findings: Vec<StoredFinding>,
    older_findings: Vec<StoredFinding>,
    unaudited_before: Option<Moment>,
    outages: Vec<OutageBrief>,
    still: Vec<StillFailing>,
    recovered: Vec<StillFailing>,
    gates: Vec<GateResult>,
    zone: Zone,
}

impl Case {
    fn of(comparison: Option<Comparison>) -> Case {
        let mut summary = RunSummary::default();
        summary.pages.fetched = 300;
        Case {
            run: run(RunState::Finished),
            summary,
            comparison,
            old_findings: Vec::new(),
            older_findings: Vec::new(),
            unaudited_before: None,
            outages: Vec::new(),
            still: Vec::new(),
            recovered: Vec::new(),
            gates: Vec::new(),
            zone: Zone::default(),
        }
    }

    fn brief(&self) -> Brief {
        Brief::of(&BriefFacts {
            run: &self.run,
            summary: &self.summary,
            no_start: None,
            likeliest: None,
            unaudited: None,
            gates: &self.gates,
            comparison: self.comparison.as_ref(),
            old_findings: Some(&self.old_findings),
            older_findings: &self.older_findings,
            unaudited_before: self.unaudited_before,
            refused_at_times: None,
            outages: &self.outages,
            failing: &[],
            still_failing: &self.still,
            recovered: &self.recovered,
            zone: &self.zone,
            runs: &[],
        })
    }
}

/// Returns the lists with the paths of their pages.
fn lists(brief: &Brief) -> Vec<(ListKind, Vec<&str>)> {
    let path = |page: &BriefPage| -> &str {
        let at = page.address.rfind('/').expect("a path");
        Box::leak(page.address[at..].to_owned().into_boxed_str())
    };
    let lists = brief.lists.iter();
    lists
        .map(|list| (list.kind, list.pages.iter().map(path).collect()))
        .collect()
}

#[test]
fn a_run_without_a_change_says_so_in_one_line() {
    let mut case = Case::of(Some(comparison(vec![])));
    let brief = case.brief();
    assert_eq!(
        (brief.news.len(), brief.subject().as_str()),
        (0, "no change")
    );
    let line = "No change since run 6 of 2026-11-16. All is well: none of 300 pages failed.";
    assert_eq!(brief.headline(), line);
    let still = |path: &str, since: i64| StillFailing {
        address: format!("https://shop.example{path}"),
        status: 502,
        since: Moment::from_millis(since),
        runs: 7,
    };
    case.still = vec![
        still("/a", 1_790_000_000_000),
        still("/b", 1_789_000_000_000),
    ];
    let brief = case.brief();
    let line =
        "No change since run 6 of 2026-11-16: 2 pages still fail, the first since 2026-09-10.";
    assert_eq!((brief.news.len(), brief.headline().as_str()), (0, line));
    let detail = &brief.lists[0].pages[1].detail;
    assert_eq!(detail, "still failing since 2026-09-10, in 7 runs");
    // An unclear change is not news.
    let unclear = changed("/c", Change::Unclear, Verdict::Intermittent, 502);
    case.comparison = Some(comparison(vec![unclear]));
    assert_eq!(case.brief().news, []);
}

#[test]
fn the_new_and_the_recovered_pages_are_named_exactly() {
    let changes = comparison(vec![
        changed("/new", Change::New, Verdict::Persistent, 502),
        changed("/appeared", Change::Appeared, Verdict::Persistent, 503),
        changed("/appeared-fine", Change::Appeared, Verdict::Ok, 200),
        changed("/unclear", Change::Unclear, Verdict::Unconfirmed, 502),
        changed("/fixed", Change::Fixed, Verdict::Ok, 200),
    ]);
    let brief = Case::of(Some(changes)).brief();
    let expected = [
        (ListKind::New, vec!["/new", "/appeared"]),
        (ListKind::Recovered, vec!["/fixed"]),
        (ListKind::Appeared, vec!["/appeared-fine"]),
    ];
    assert_eq!(lists(&brief), expected);
    assert_eq!(
        brief.subject(),
        "2 pages newly failing, 1 recovered, 1 page new"
    );
    assert!(brief.lasting_5xx);
    assert_eq!(brief.tone(), Tone::Bad);
}

#[test]
fn a_move_and_a_lost_sitemap_are_named_in_the_subject() {
    let mut changes = comparison(
        (0..40)
            .map(|n| changed(&format!("/help/{n}"), Change::Moved, Verdict::Ok, 301))
            .collect(),
    );
    changes.counts.appeared = 42;
    changes.moved_here = 40;
    changes.moves = vec![Move {
        pages: 40,
        from: "/help/".to_owned(),
        to: "/support/".to_owned(),
    }];
    changes.lost_sitemaps = vec!["https://shop.example/sitemap.xml".to_owned()];
    let brief = Case::of(Some(changes)).brief();
    let subject = "40 pages moved from /help/ to /support/, the sitemap is gone, 2 pages new";
    assert_eq!(brief.subject(), subject);
    let headline = "40 pages moved from /help/ to /support/. The sitemap https://shop.example/sitemap.xml is \
                    gone. 2 pages are new.";
    assert_eq!(brief.headline(), headline);
}

#[test]
fn intermittent_pages_are_news_once_they_always_fail() {
    let flapping = |path, verdict, status| changed(path, Change::Flapping, verdict, status);
    let brief = |changes| Case::of(Some(comparison(changes))).brief();
    let quiet = brief(vec![
        flapping("/a", Verdict::Ok, 200),
        flapping("/b", Verdict::Intermittent, 502),
    ]);
    assert_eq!(quiet.news, []);
    let dead = brief(vec![flapping("/a", Verdict::Persistent, 502)]);
    assert_eq!(dead.subject(), "1 page dead after coming and going");
    assert_eq!(lists(&dead), [(ListKind::Died, vec!["/a"])]);
    assert!(dead.lasting_5xx);
}

#[test]
fn failing_pages_that_are_not_among_the_listed_changes_are_counted() {
    let many = Comparison::MOST_CHANGES;
    let mut changes: Vec<PageChange> = (0..many)
        .map(|n| changed(&format!("/{n}"), Change::New, Verdict::Intermittent, 502))
        .collect();
    changes.push(changed("/dead", Change::Flapping, Verdict::Persistent, 502));
    changes.push(changed("/a", Change::Appeared, Verdict::Intermittent, 502));
    let mut cut = comparison(changes);
    cut.changes.truncate(many);
    let brief = Case::of(Some(cut)).brief();
    let subject = "1,001 pages newly failing, 1 page dead after coming and going";
    assert_eq!(brief.subject(), subject);
    assert!(brief.lasting_5xx);

    let mut case = Case::of(None);
    let verdicts = [(Verdict::Persistent, 1_500), (Verdict::Transient, 7)];
    case.summary.pages.by_verdict.extend(verdicts);
    assert_eq!(case.brief().subject(), "1,500 pages failing");
}

#[test]
fn an_outage_is_reported_with_its_times() {
    let mut case = Case::of(Some(comparison(vec![])));
    let outage = OutageBrief {
        what: "the whole site".to_owned(),
        subjects: Vec::new(),
        how: "answered 502".to_owned(),
        from: "2026-11-23 10:02:10 UTC".to_owned(),
        until: "10:02:35".to_owned(),
        took: "20 to 26 s".to_owned(),
        times: 1,
        is_new: true,
    };
    case.outages = vec![outage.clone()];
    let brief = case.brief();
    let subject = "the whole site answered 502 for 20 to 26 s";
    assert_eq!(brief.subject(), subject);
    let sentence = "The whole site answered 502 from 2026-11-23 10:02:10 UTC and was fine again by 10:02:35 (down for \
                    20 to 26 s).";
    assert_eq!(brief.headline(), sentence);
    case.outages[0].until.clear();
    case.outages[0].took = "at least 20 s".to_owned();
    let sentence =
        "The whole site answered 502 from 2026-11-23 10:02:10 UTC (down for at least 20 s).";
    assert_eq!(case.brief().headline(), sentence);
    case.outages = vec![OutageBrief {
        is_new: false,
        ..outage
    }];
    assert_eq!(case.brief().news, []);
}

#[test]
fn findings_have_cause_owner_and_first_step_and_are_news_once() {
    let mut case = Case::of(Some(comparison(vec![])));
    case.summary.findings = vec![
        StoredFinding {
            causes: [Cause::UpstreamDown].into_iter().collect(),
            advice: "upstream_down".to_owned(),
            server: Some("nginx".to_owned()),
            evidence: vec!["2 of 9 fail".to_owned()],
            ..finding(Rule::OneBackendDown, Severity::Error)
        },
        StoredFinding {
            advice: "external_links".to_owned(),
            ..finding(Rule::ExternalLinks, Severity::Warning)
        },
        finding(Rule::TransientCluster, Severity::Notice),
    ];
    let brief = case.brief();
    assert_eq!(
        brief.subject(),
        "one backend of several fails and 1 other finding"
    );
    let reported: Vec<(&str, bool, &str)> = (brief.findings.iter())
        .map(|found| (found.title.as_str(), found.new, found.owner.as_str()))
        .collect();
    let expected = [
        ("One backend of several fails", true, "hosting team"),
        ("External links that fail", true, "content team"),
    ];
    assert_eq!(reported, expected);
    assert!(!brief.findings[0].cause.is_empty());
    let step = &brief.findings[0].step;
    let own = "Read the error log: `grep -E 'upstream|resolve' /var/log/nginx/error.log";
    assert!(step.starts_with(own), "that of the product: {step}");
    case.old_findings.clone_from(&case.summary.findings);
    let brief = case.brief();
    assert_eq!((brief.news.len(), brief.findings.len()), (0, 2));
    assert!(!brief.findings[0].new);
    // The pages of a cluster are counted as changes, with a guard against chance.
    case.summary.findings = vec![finding(Rule::PersistentCluster, Severity::Error)];
    assert_eq!(case.brief().news, []);
}

#[test]
fn pages_that_were_not_seen_come_first() {
    let mut case = Case::of(Some(comparison(vec![])));
    case.run = run(RunState::Incomplete);
    case.summary.given_up = 67;
    let measured = Measured {
        server_errors: 2,
        requested: 9,
        ..Measured::default()
    };
    let gate: Gate = "5xx > 0".parse().expect("a gate");
    case.gates = vec![gate.judge(&measured)];
    let brief = case.brief();
    assert_eq!(
        brief.subject(),
        "a part of the site was given up, 1 gate failed"
    );
    let said =
        "A part of the site was given up, and 67 URLs were not requested. A gate failed: 5xx > 0.";
    assert_eq!((brief.headline().as_str(), brief.tone()), (said, Tone::Bad));
}

#[test]
fn a_first_run_says_that_a_finding_is_there_though_no_page_fails() {
    let mut case = Case::of(None);
    case.summary.findings = vec![finding(Rule::ExternalLinks, Severity::Warning)];
    let brief = case.brief();
    assert_eq!(brief.subject(), "external links that fail");
    assert_eq!(Case::of(None).brief().subject(), "first report");
    let all = "All is well: none of 300 pages failed.";
    assert_eq!(Case::of(None).brief().headline(), all);
    let sentence = "New finding: external links that fail (https://shop.example).";
    assert_eq!(brief.headline(), sentence);
}

#[test]
fn good_news_is_no_good_news_while_something_is_broken() {
    let fixed = comparison(vec![changed("/a", Change::Fixed, Verdict::Ok, 200)]);
    let mut case = Case::of(Some(fixed));
    assert_eq!(case.brief().tone(), Tone::Good);
    let broken = finding(Rule::SectionDown, Severity::Error);
    case.old_findings = vec![broken.clone()];
    case.summary.findings = vec![broken];
    assert_eq!(case.brief().tone(), Tone::Neutral);
}

#[test]
fn a_stored_brief_is_read_back() {
    let changes = comparison(vec![changed("/new", Change::New, Verdict::Persistent, 502)]);
    let mut case = Case::of(Some(changes));
    case.summary.findings = vec![finding(Rule::PersistentCluster, Severity::Error)];
    let brief = case.brief();
    let text = serde_json::to_string(&brief).expect("JSON");
    assert_eq!(
        serde_json::from_str::<Brief>(&text).expect("a brief"),
        brief
    );
}

#[test]
fn scores_of_another_model_are_explained_and_not_shown_as_a_change() {
    let (old, new) = (Interval::exact(24.7), Interval::exact(63.6));
    let case = |old_model| {
        let models = ScoreModels {
            old: old_model,
            new: ScoreModel::OURS,
        };
        let mut compared = comparison(Vec::new());
        compared.models = models;
        compared.scores.crawlability = models.compare(Some(old), Some(new));
        let mut case = Case::of(Some(compared));
        case.summary.scores.crawlability = Some(StoredScore {
            score: Score::Known(new),
            band: None,
        });
        let rows = case.brief().table.into_iter();
        let rows = rows.map(|row| format!("{}: {}", row.name, row.value));
        rows.filter(|row| row.contains("rawlability"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        case(ScoreModel::OURS),
        ["Crawlability: 63.6, before 24.7 (100 is best)"]
    );
    assert_eq!(
        case(ScoreModel::FIRST),
        [
            "Crawlability: 63.6 (100 is best)",
            "About the scores: Crawlability and Indexing Risk of the two runs follow different models (v1 and v2), so \
             they differ without a change of the site: compare pages and rates instead"
        ]
    );
}

#[test]
fn what_comes_and_goes_is_news_once() {
    let backend = || finding(Rule::OneBackendDown, Severity::Error);
    let mut case = Case::of(Some(comparison(vec![])));
    case.summary.findings = vec![backend()];
    assert_eq!(case.brief().subject(), "one backend of several fails");
    case.older_findings = vec![backend()];
    assert_eq!(case.brief().news, []);
    // Nor is it resolved because one run did not see it.
    case.summary.findings = Vec::new();
    case.old_findings = vec![backend()];
    assert_eq!(case.brief().news, []);
    case.old_findings = vec![finding(Rule::TlsFault, Severity::Error)];
    assert_eq!(case.brief().subject(), "resolved: no secure connection");
    // What was there at every request is news again.
    case.summary.findings = vec![finding(Rule::DnsFault, Severity::Error)];
    case.old_findings = Vec::new();
    case.older_findings = case.summary.findings.clone();
    assert_eq!(case.brief().news.len(), 1);
}

#[test]
fn a_score_is_not_called_chance_beside_pages_that_certainly_changed() {
    let score = |value: f64| Interval {
        value,
        low: value - 9.0,
        high: value + 9.0,
    };
    let told = |changes| {
        let mut changes = comparison(changes);
        let models = ScoreModels::default();
        changes.scores.crawlability = models.compare(Some(score(80.0)), Some(score(75.0)));
        let mut case = Case::of(Some(changes));
        case.summary.scores.crawlability = Some(StoredScore {
            score: Score::Known(score(75.0)),
            band: None,
        });
        let row = (case.brief().table.into_iter()).find(|row| row.name == "Crawlability");
        row.expect("a score").value
    };
    let chance = "75.0, before 80.0, which may be chance (100 is best)";
    assert_eq!(told(vec![]), chance);
    let broken = changed("/a", Change::New, Verdict::Persistent, 502);
    assert_eq!(told(vec![broken]), "75.0, before 80.0 (100 is best)");
}

#[test]
fn a_page_that_recovered_has_its_history() {
    let fixed = changed("/a", Change::Fixed, Verdict::Ok, 200);
    let mut case = Case::of(Some(comparison(vec![fixed])));
    case.recovered = vec![StillFailing {
        address: "https://shop.example/a".to_owned(),
        status: 502,
        since: Moment::from_millis(1_789_000_000_000),
        runs: 7,
    }];
    let detail = &case.brief().lists[0].pages[0].detail;
    assert_eq!(detail, "failed since 2026-09-10, in 7 runs");
}

#[test]
fn a_finding_is_said_once() {
    let mut case = Case::of(Some(comparison(vec![])));
    case.summary.findings = vec![finding(Rule::SlowPages, Severity::Warning)];
    let brief = case.brief();
    assert_eq!(
        (brief.news.len(), brief.state_beside_changes()),
        (1, "No page failed.")
    );
    case.old_findings = case.summary.findings.clone();
    let state = "No page failed, but: pages that answer slowly (https://shop.example).";
    assert_eq!(case.brief().state_beside_changes(), state);
}
