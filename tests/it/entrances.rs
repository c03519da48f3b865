//! The two ways to an audit: what a person types, and the schedule. Both bring the same of the same site.

use std::fs;

use serde_json::Value;

use crate::answer::{Answer, html, redirect, status};
use crate::cli::{Desk, Said};
use crate::origin::Origin;

/// The name of the project, and of the directory of its exports.
const SHOP: &str = "shop";

/// An audit, and what it comes to.
#[derive(Clone, Default)]
struct Case<'a> {
    name: &'a str,
    /// What the site answered to an earlier audit, if there was one.
    before: Option<&'a [(&'a str, Answer)]>,
    site: &'a [(&'a str, Answer)],
    formats: &'a str,
    gates: &'a [&'a str],
    baseline: Option<&'a str>,
    /// The exit codes: of `audit`, and of `schedule run --once`.
    codes: [i32; 2],
    /// What became of the gates.
    rulings: &'a [&'a str],
    /// The beginning of the reason, if the site could not be audited or the audit not be made.
    reason: Option<&'a str>,
}

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
}

impl Entrance {
    async fn make(self, desk: &Desk, origin: &Origin, case: &Case<'_>) -> Said {
        match self {
            Entrance::Audit => audit(desk, origin, case).await,
            Entrance::Schedule => scheduled(desk, origin, case).await,
        }
    }

    /// Why there is no audit, without the words around it.
    fn reason(self, said: &Said) -> Option<String> {
        let marks: &[&str] = match self {
            Entrance::Audit => &["could not audit ", "error: "],
            Entrance::Schedule => &["could not be audited: ", "could not be run: "],
        };
        let line = said.err.lines().last()?;
        let (mark, rest) = marks
            .iter()
            .find_map(|mark| Some((mark, line.split_once(mark)?.1)))?;
        let rest = match *mark {
            "could not audit " => rest.split_once(": ")?.1,
            "could not be audited: " => rest.rsplit_once(", in ")?.0,
            _ => rest,
        };
        Some(rest.to_owned())
    }
}

async fn audit(desk: &Desk, origin: &Origin, case: &Case<'_>) -> Said {
    let url = origin.url("/");
    let mut args = vec!["audit", &url, "--retries", "0", "--rate", "0"];
    args.extend(["-o", SHOP, "--overwrite", "-f", case.formats]);
    for gate in case.gates {
        args.extend(["--fail-on", gate]);
    }
    if let Some(baseline) = case.baseline {
        args.extend(["--baseline", baseline]);
    }
    desk.run(&args).await
}

async fn scheduled(desk: &Desk, origin: &Origin, case: &Case<'_>) -> Said {
    let mut config = format!(
        "[project.{SHOP}]\nurl = '{}'\nschedule = '@weekly'\nretries = 0\nrate = 0\nconfirm = 'none'\n\
         no-probe = true\nsample = 0\nout = '{SHOP}'\noverwrite = true\nformat = '{}'\n",
        origin.url("/"),
        case.formats
    );
    if !case.gates.is_empty() {
        config += &format!("fail-on = {:?}\n", case.gates);
    }
    if let Some(baseline) = case.baseline {
        config += &format!("baseline = '{baseline}'\n");
    }
    fs::write(desk.path().join("shop.toml"), config).expect("written");
    let args = ["schedule", "run", "--once", "--now", SHOP];
    desk.run(&[&args[..], &["--config", "shop.toml"]].concat())
        .await
}

async fn brought(entrance: Entrance, case: &Case<'_>) -> (Option<i32>, Brought) {
    let (origin, desk) = (Origin::start().await, Desk::new());
    let serve = |pages: &[(&str, Answer)]| {
        for (path, answer) in pages {
            origin.script(path, [answer.clone()]);
        }
    };
    let export = desk.path().join(SHOP);
    if let Some(before) = case.before {
        serve(before);
        let earlier = Case {
            gates: &[],
            baseline: None,
            ..case.clone()
        };
        let said = entrance.make(&desk, &origin, &earlier).await;
        assert_eq!(said.code, Some(0), "{entrance:?}: {}", said.err);
        fs::copy(export.join("summary.json"), desk.path().join("old.json")).expect("copied");
        fs::remove_dir_all(&export).expect("removed");
    }
    serve(case.site);
    let asked = origin.requests().len();
    let said = entrance.make(&desk, &origin, case).await;
    let summary = match export.join("summary.json").exists() {
        true => serde_json::from_str(&desk.read(&format!("{SHOP}/summary.json"))).expect("JSON"),
        false => Value::Null,
    };
    // Each has a port, a directory and a day of its own.
    let here = origin.url("");
    let plain = |text: &str| {
        let text = text.replace(&here, "SITE");
        text.replace(&desk.path().display().to_string(), "DESK")
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
        reason: entrance.reason(&said).map(|reason| plain(&reason)),
        requests: requests.into_iter().map(|request| request.path).collect(),
    };
    (said.code, brought)
}

fn name(file: &fs::DirEntry) -> String {
    file.file_name().to_string_lossy().into_owned()
}

#[tokio::test]
async fn the_command_line_and_the_schedule_bring_the_same_of_the_same_site() {
    let home = ("/", html(200, "<p>home <a href='/a'>x</a>"));
    let fine = &[home.clone(), ("/a", html(200, "<p>fine"))][..];
    let broken = &[home, ("/a", status(502))][..];
    let closed = &[("/", status(401))][..];
    let away = &[("/", redirect(302, "http://sso.example/start"))][..];
    let dark = &[("/robots.txt", status(503))][..];
    let usual = Case {
        formats: "csv,json",
        ..Case::default()
    };
    let cases = [
        Case {
            name: "all is well",
            site: fine,
            gates: &["5xx > 0", "coverage < 90%"],
            rulings: &["held", "held"],
            ..usual
        },
        Case {
            name: "other formats",
            site: broken,
            formats: "jsonl,json,junit,md",
            gates: &["5xx > 1"],
            rulings: &["held"],
            ..usual
        },
        Case {
            name: "a gate fails",
            site: broken,
            gates: &["5xx > 1", "502 > 0"],
            rulings: &["held", "failed"],
            codes: [10, 10],
            ..usual
        },
        Case {
            name: "a gate without an earlier run",
            site: broken,
            gates: &["new-5xx > 0"],
            rulings: &["undecided"],
            codes: [4, 4],
            ..usual
        },
        Case {
            name: "an earlier run",
            before: Some(fine),
            site: broken,
            gates: &["new-5xx > 0"],
            rulings: &["failed"],
            codes: [10, 10],
            ..usual
        },
        Case {
            name: "a named run",
            before: Some(broken),
            site: broken,
            gates: &["new-5xx > 0"],
            baseline: Some("1"),
            rulings: &["held"],
            ..usual
        },
        Case {
            name: "a summary",
            before: Some(fine),
            site: broken,
            gates: &["new-5xx > 0"],
            baseline: Some("old.json"),
            rulings: &["failed"],
            codes: [10, 10],
            ..usual
        },
        Case {
            name: "a login",
            site: closed,
            gates: &["persistent > 9"],
            rulings: &["undecided"],
            codes: [3, 3],
            reason: Some("the start page SITE/ answers 401 Unauthorized; give a login"),
            ..usual
        },
        Case {
            name: "another site",
            site: away,
            gates: &["5xx > 0"],
            rulings: &["undecided"],
            codes: [3, 3],
            reason: Some("the start page SITE/ redirects to another site, http://sso.example/"),
            ..usual
        },
        Case {
            name: "no robots.txt",
            site: dark,
            codes: [3, 3],
            reason: Some("robots.txt of SITE could not be read (503"),
            ..usual
        },
        Case {
            name: "no such baseline",
            site: fine,
            baseline: Some("nope"),
            codes: [2, 1],
            reason: Some("--baseline nope: neither a run of DESK/runs.db nor a file"),
            ..usual
        },
    ];
    for case in &cases {
        let (audit, schedule) = tokio::join!(
            brought(Entrance::Audit, case),
            brought(Entrance::Schedule, case)
        );
        let name = case.name;
        assert_eq!(audit.1, schedule.1, "{name}");
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
