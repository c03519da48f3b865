//! The ways to an audit: what a person types, the schedule, and the library. All bring the same of the same site.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatecrawl::audit::{
    Asked, AuditError, Audited, CrawlOrder, Network, Order, Out, Remembered, RunOrder, Work, make,
    new_token,
};
use gatecrawl::crawl::{Ended, Event, Stop, StopLevel, stop_switch};
use gatecrawl::logs::NamedLogs;
use gatecrawl::model::{CrawlPlan, CrawlUrl, SamplePlan, Zone};
use gatecrawl::store::Store;
use serde_json::Value;

use crate::answer::{Answer, html, redirect, status};
use crate::cli::{Said, Workdir};
use crate::origin::Origin;

/// The name of the project, and of the directory of its exports.
const SHOP: &str = "shop";

/// What a site answers, by path.
type Site = fn() -> Vec<(&'static str, Answer)>;

/// An audit, and what it comes to.
#[derive(Clone)]
struct Case {
    name: &'static str,
    /// The site at the time of an earlier audit, if there was one.
    before: Option<Site>,
    site: Site,
    formats: &'static str,
    gates: &'static [&'static str],
    baseline: Option<&'static str>,
    /// The exit codes of `audit` and of `schedule run --once`.
    codes: [i32; 2],
    /// What became of the gates.
    rulings: &'static [&'static str],
    /// The beginning of the reason, if the site could not be audited or the audit not be made.
    reason: Option<&'static str>,
}

fn home() -> (&'static str, Answer) {
    ("/", html(200, "<p>home <a href='/a'>x</a>"))
}

fn fine() -> Vec<(&'static str, Answer)> {
    vec![home(), ("/a", html(200, "<p>fine"))]
}

fn broken() -> Vec<(&'static str, Answer)> {
    vec![home(), ("/a", status(502))]
}

const USUAL: Case = Case {
    name: "",
    before: None,
    site: fine,
    formats: "csv,json",
    gates: &[],
    baseline: None,
    codes: [0, 0],
    rulings: &[],
    reason: None,
};

const CASES: &[Case] = &[
    Case {
        name: "all is well",
        site: fine,
        gates: &["5xx > 0", "coverage < 90%"],
        rulings: &["held", "held"],
        ..USUAL
    },
    Case {
        name: "other formats",
        site: broken,
        formats: "jsonl,json,junit,md",
        gates: &["5xx > 1"],
        rulings: &["held"],
        ..USUAL
    },
    Case {
        name: "a gate fails",
        site: broken,
        gates: &["5xx > 1", "502 > 0"],
        rulings: &["held", "failed"],
        codes: [10, 10],
        ..USUAL
    },
    Case {
        name: "a gate without an earlier run",
        site: broken,
        gates: &["new-5xx > 0"],
        rulings: &["undecided"],
        codes: [4, 4],
        ..USUAL
    },
    Case {
        name: "an earlier run",
        before: Some(fine),
        site: broken,
        gates: &["new-5xx > 0"],
        rulings: &["undecided"],
        codes: [4, 4],
        ..USUAL
    },
    Case {
        name: "a named run",
        before: Some(broken),
        site: broken,
        gates: &["new-5xx > 0"],
        baseline: Some("1"),
        rulings: &["held"],
        ..USUAL
    },
    Case {
        name: "a summary",
        before: Some(fine),
        site: broken,
        gates: &["new-5xx > 0"],
        baseline: Some("old.json"),
        rulings: &["undecided"],
        codes: [4, 4],
        ..USUAL
    },
    Case {
        name: "a login",
        site: || vec![("/", status(401))],
        gates: &["persistent > 9"],
        rulings: &["undecided"],
        codes: [3, 3],
        reason: Some("the start page SITE/ answers 401 Unauthorized; give a login"),
        ..USUAL
    },
    Case {
        name: "another site",
        site: || vec![("/", redirect(302, "http://sso.example/start"))],
        gates: &["5xx > 0"],
        rulings: &["undecided"],
        codes: [3, 3],
        reason: Some("the start page SITE/ redirects to another site, http://sso.example/"),
        ..USUAL
    },
    Case {
        name: "no robots.txt",
        site: || vec![("/robots.txt", status(503))],
        codes: [3, 3],
        reason: Some("robots.txt of SITE could not be read (503"),
        ..USUAL
    },
    Case {
        name: "no such baseline",
        site: fine,
        baseline: Some("nope"),
        codes: [2, 1],
        reason: Some("--baseline nope: neither a run of WORKDIR/runs.db nor a file"),
        ..USUAL
    },
];

/// What an entrance brought.
#[derive(Debug, PartialEq)]
struct Brought {
    /// The state of the run; none if there are no exports.
    state: Option<Value>,
    gates: Value,
    compare: Value,
    files: Vec<String>,
    reason: Option<String>,
    /// What the site was asked for.
    requests: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Entrance {
    Audit,
    Schedule,
    Library,
}

/// The end of an audit: an exit code if there was a process, and why there is no audit.
type End = (Option<i32>, Option<String>);

impl Entrance {
    async fn make(self, workdir: &Workdir, origin: &Origin, case: &Case) -> End {
        let said = match self {
            Entrance::Audit => audit(workdir, origin, case).await,
            Entrance::Schedule => scheduled(workdir, origin, case).await,
            Entrance::Library => return (None, library(workdir, origin, case).await),
        };
        (said.code, reason(&said))
    }
}

/// Why there is no audit, without the words around it.
fn reason(said: &Said) -> Option<String> {
    let line = said.err.lines().last()?;
    let after = |mark| line.split_once(mark).map(|(_, rest)| rest);
    let of_site = || after("could not audit ")?.split_once(": ");
    let of_project = || after(": run ")?.split_once(" could not be audited: ");
    let rest = if let Some((_, why)) = of_site() {
        why
    } else if let Some((_, why)) = of_project() {
        why.rsplit_once(", in ")?.0
    } else {
        after("error: ").or(after("could not be run: "))?
    };
    Some(rest.to_owned())
}

async fn audit(workdir: &Workdir, origin: &Origin, case: &Case) -> Said {
    let url = origin.url("/");
    let mut args = vec!["audit", &url, "--retries", "0", "--rate", "0"];
    args.extend(["-o", SHOP, "--overwrite", "-f", case.formats]);
    for gate in case.gates {
        args.extend(["--fail-on", gate]);
    }
    if let Some(baseline) = case.baseline {
        args.extend(["--baseline", baseline]);
    }
    workdir.run(&args).await
}

async fn scheduled(workdir: &Workdir, origin: &Origin, case: &Case) -> Said {
    let mut config = format!(
        "[project.{SHOP}]\nurl = '{}'\nschedule = '@weekly'\nretries = 0\nrate = 0\nconfirm = 'none'\n\
         no-probe = true\nsample = 0\nout = '{SHOP}'\noverwrite = true\nformat = '{}'\n",
        origin.url("/"),
        case.formats
    );
    if !case.gates.is_empty() {
        let _ = writeln!(config, "fail-on = {:?}", case.gates);
    }
    if let Some(baseline) = case.baseline {
        let _ = writeln!(config, "baseline = '{baseline}'");
    }
    fs::write(workdir.path().join("shop.toml"), config).expect("written");
    let args = ["schedule", "run", "--once", "--now", SHOP];
    workdir
        .run(&[&args[..], &["--config", "shop.toml"]].concat())
        .await
}

async fn library(workdir: &Workdir, origin: &Origin, case: &Case) -> Option<String> {
    let attempts = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&attempts);
    let observer = move |event: &Event<'_>| {
        if let Event::Attempted { .. } = event {
            seen.fetch_add(1, Ordering::Relaxed);
        }
    };
    let asked = origin.requests().len();
    let made = match order(workdir, origin, case).check() {
        Ok(order) => make(order, observer, stop_switch().1).await,
        Err(fault) => Err(fault),
    };
    let requests = origin.requests().len() - asked;
    assert_eq!(attempts.load(Ordering::Relaxed), requests, "{}", case.name);
    match made {
        Ok(Audited { delivered, .. }) => Some(delivered?.unaudited?.to_string()),
        Err(fault) => Some(chain(&fault)),
    }
}

fn order(workdir: &Workdir, origin: &Origin, case: &Case) -> Order {
    let seeds = vec![CrawlUrl::parse(&origin.url("/")).expect("a URL")];
    let mut plan = CrawlPlan::usual(seeds.clone());
    (plan.pace.rate, plan.pace.retries) = (None, 0);
    plan.confirm.delays.clear();
    plan.sample = SamplePlan::Off;
    plan.experiments.enabled = false;
    let gates = case.gates.iter().map(|gate| gate.parse().expect("a gate"));
    let formats = case.formats.split(',');
    // A file is named from the test's own directory.
    let path = |name: &'static str| {
        let file = workdir.path().join(name);
        if file.exists() {
            file.display().to_string()
        } else {
            name.to_owned()
        }
    };
    Order {
        work: Work::Crawl(Box::new(CrawlOrder {
            plan,
            network: Network::default(),
            run: RunOrder::New {
                token: new_token(),
                seeds,
            },
        })),
        asked: Asked {
            out: Some(Out::To(workdir.path().join(SHOP))),
            formats: formats.map(|name| name.parse().expect("known")).collect(),
            overwrite: true,
            cover: gatecrawl::report::Cover::default(),
            gates: gates.collect(),
            baseline: case.baseline.map(path),
            maps: Vec::new(),
            logs: NamedLogs::default(),
            zone: Zone::default(),
        },
        remembered: Remembered::WithRun,
        store: Store::open(&workdir.path().join("runs.db")).expect("a store"),
    }
}

/// A fault with its causes.
fn chain(fault: &AuditError) -> String {
    let first: &dyn Error = fault;
    let causes = std::iter::successors(Some(first), |&fault| fault.source());
    let words: Vec<_> = causes.map(ToString::to_string).collect();
    words.join(": ")
}

async fn brought(entrance: Entrance, case: &Case) -> (Option<i32>, Brought) {
    let (origin, workdir) = (Origin::start().await, Workdir::new());
    let serve = |site: Site| {
        for (path, answer) in site() {
            origin.script(path, [answer]);
        }
    };
    let export = workdir.path().join(SHOP);
    if let Some(before) = case.before {
        serve(before);
        let earlier = Case {
            gates: &[],
            baseline: None,
            ..case.clone()
        };
        let (_, reason) = entrance.make(&workdir, &origin, &earlier).await;
        assert_eq!(reason, None, "{entrance:?}");
        fs::copy(export.join("summary.json"), workdir.path().join("old.json")).expect("copied");
        fs::remove_dir_all(&export).expect("removed");
    }
    serve(case.site);
    let asked = origin.requests().len();
    let (code, reason) = entrance.make(&workdir, &origin, case).await;
    let summary = fs::read_to_string(export.join("summary.json"));
    let summary: Value = summary.map_or(Value::Null, |text| {
        serde_json::from_str(&text).expect("JSON")
    });
    // Each has a port, a directory and a day of its own.
    let here = origin.url("");
    let plain = |text: &str| {
        let text = text.replace(&here, "SITE");
        text.replace(&workdir.path().display().to_string(), "WORKDIR")
    };
    let mut files: Vec<String> = fs::read_dir(&export).map_or_else(
        |_| Vec::new(),
        |dir| dir.map(|file| name(&file.expect("readable"))).collect(),
    );
    files.sort();
    let mut compare: Value =
        serde_json::from_str(&plain(&summary["compare"].to_string())).expect("JSON");
    for side in ["old", "new"] {
        if let Some(side) = compare[side].as_object_mut() {
            side.retain(|key, _| !matches!(key.as_str(), "started" | "name"));
        }
    }
    let mut requests: Vec<_> = origin.requests().split_off(asked);
    requests.sort_by(|a, b| a.path.cmp(&b.path));
    let brought = Brought {
        state: summary.pointer("/run/state").cloned(),
        gates: summary["gates"].clone(),
        compare,
        files,
        reason: reason.map(|reason| plain(&reason)),
        requests: requests.into_iter().map(|request| request.path).collect(),
    };
    (code, brought)
}

fn name(file: &fs::DirEntry) -> String {
    file.file_name().to_string_lossy().into_owned()
}

#[tokio::test]
async fn every_entrance_brings_the_same_of_the_same_site() {
    for case in CASES {
        let (audit, schedule, library) = tokio::join!(
            brought(Entrance::Audit, case),
            brought(Entrance::Schedule, case),
            brought(Entrance::Library, case)
        );
        let name = case.name;
        assert_eq!(audit.1, schedule.1, "{name}");
        assert_eq!(audit.1, library.1, "{name}");
        let codes = case.codes.map(Some);
        assert_eq!([audit.0, schedule.0], codes, "{name}: {:?}", audit.1);
        let rulings = audit.1.gates.as_array().into_iter().flatten();
        let rulings: Vec<_> = rulings.filter_map(|gate| gate["result"].as_str()).collect();
        assert_eq!(rulings, case.rulings, "{name}");
        let reason = audit.1.reason.as_deref();
        match case.reason {
            Some(begin) => assert!(
                reason.is_some_and(|why| why.starts_with(begin)),
                "{reason:?}"
            ),
            None => assert_eq!(reason, None, "{name}"),
        }
    }
}

/// Makes an audit by the library.
async fn made(order: Order, stop: Stop) -> Audited {
    let order = order.check().expect("nothing is wrong");
    let made = make(order, |_: &Event<'_>| (), stop).await;
    made.expect("an audit")
}

#[tokio::test]
async fn what_a_finished_run_still_owes_is_delivered_without_a_request() {
    let (origin, workdir) = (Origin::start().await, Workdir::new());
    for (path, answer) in broken() {
        origin.script(path, [answer]);
    }
    let case = Case {
        gates: &["502 > 0"],
        ..USUAL
    };
    let first = made(order(&workdir, &origin, &case), stop_switch().1).await;
    let requests = origin.requests().len();
    let work = Work::Deliver(Box::new(first.run.clone()));
    let again = Order {
        work,
        ..order(&workdir, &origin, &case)
    };
    let again = made(again, stop_switch().1).await;
    assert_eq!(origin.requests().len(), requests);
    assert_eq!((again.run.id, again.ended), (first.run.id, first.ended));
    let of = |audited: Audited| {
        let delivered = audited.delivered.expect("what was asked for");
        (delivered.gates, delivered.files)
    };
    assert_eq!(of(again), of(first));
}

#[tokio::test]
async fn an_interrupted_run_is_delivered_unless_it_is_ordered_again() {
    for (remembered, is_delivered) in [(Remembered::WithRun, true), (Remembered::ByCaller, false)] {
        let (origin, workdir) = (Origin::start().await, Workdir::new());
        let order = Order {
            remembered,
            ..order(&workdir, &origin, &USUAL)
        };
        let store = order.store.clone();
        let (switch, stop) = stop_switch();
        switch.send(StopLevel::Drain).expect("somebody listens");
        let audited = made(order, stop).await;
        assert_eq!(audited.ended, Ended::Interrupted);
        assert_eq!(audited.delivered.is_some(), is_delivered, "{remembered:?}");
        let kept = Asked::kept(&store, audited.run.id).expect("readable");
        assert_eq!(kept.is_some(), is_delivered, "{remembered:?}");
    }
}
