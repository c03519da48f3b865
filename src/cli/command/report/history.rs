//! `gatecrawl report --url`: the history of one URL in all stored runs: since when it fails, when it was last fine, and
//! for how many runs in a row.

use serde::Serialize;

use crate::assess::compare::{PageState, Sight};
use crate::model::Moment;
use crate::store::UrlInRun;

use crate::cli::database;
use crate::settings::args::ReportArgs;
use crate::settings::args::value::crawl_url;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::columns::{Side, columns};
use crate::terminal::streams::Console;
use crate::terminal::text::count;

/// The history of a URL in all runs.
#[derive(Serialize)]
struct History<'a> {
    url: &'a str,
    /// The first failure in all runs.
    first_failed: Option<Moment>,
    last_failed: Option<Moment>,
    last_ok: Option<Moment>,
    /// The state in the newest run that requested it: `failing` or `fine`.
    state: Option<&'static str>,
    /// The number of runs in a row with this state, among the runs that requested the URL.
    streak: usize,
    longest_failing: usize,
    runs: Vec<InRun>,
}

#[derive(Serialize)]
struct InRun {
    run: i64,
    started: Moment,
    site: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_fetched: Option<String>,
}

/// Prints the history.
pub(in crate::cli) fn run(
    url: &str,
    args: &ReportArgs,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let store = database::open(&args.store)?;
    let parsed = crawl_url(url).map_err(|fault| Failure::usage(format!("--url {fault}")))?;
    let found = store.url_history(parsed.as_str())?;
    if found.is_empty() {
        return Err(Failure::usage(format!(
            "--url {url}: in no run of {}; `gatecrawl runs` lists them, pages.csv has their URLs",
            store.path().display()
        )));
    }
    let history = history(parsed.as_str(), found);
    if args.json {
        console.print_json(&history)?;
    } else {
        console.print(&text(&history))?;
    }
    Ok(Exit::Done)
}

fn history(url: &str, found: Vec<UrlInRun>) -> History<'_> {
    let fails: Vec<bool> = (found.iter())
        .filter_map(|seen| seen.sight.state().map(PageState::fails))
        .collect();
    let streaks: Vec<_> = fails.chunk_by(|one, other| one == other).collect();
    let last = streaks.last().copied().unwrap_or_default();
    let failing = streaks.iter().filter(|streak| streak[0]);
    History {
        url,
        first_failed: found.iter().filter_map(|seen| seen.first_failed).min(),
        last_failed: found.iter().filter_map(|seen| seen.last_failed).max(),
        last_ok: found.iter().filter_map(|seen| seen.last_ok).max(),
        state: (last.first()).map(|fails| if *fails { "failing" } else { "fine" }),
        streak: last.len(),
        longest_failing: failing.map(|streak| streak.len()).max().unwrap_or(0),
        runs: found.into_iter().map(in_run).collect(),
    }
}

fn in_run(seen: UrlInRun) -> InRun {
    let state = seen.sight.state().copied();
    InRun {
        run: seen.run.0,
        started: seen.started,
        site: seen.site,
        verdict: state.map(|state| state.verdict.name()),
        status: state.map(|state| state.status),
        attempts: state.map(|state| state.attempts),
        failed: state.map(|state| state.failed),
        not_fetched: match seen.sight {
            Sight::NotSeen(why) => Some(why),
            Sight::Seen(_) | Sight::Absent | Sight::OutOfScope(_) => None,
        },
    }
}

fn text(history: &History<'_>) -> String {
    let moment = |moment: Option<Moment>| moment.map_or("never".to_owned(), |at| at.to_string());
    let state = match history.state {
        None => "not fetched by any run".to_owned(),
        Some(state) => format!("{state} in {}", last_runs(history.streak)),
    };
    let longest = match history.longest_failing {
        0 => "never failing".to_owned(),
        runs => format!("failing {} in a row", count(runs as u64, "run")),
    };
    let mut out = format!(
        "{}\n\n  State          {state}\n  First failed   {}\n  Last failed    {}\n  Last OK        {}\n  Longest        {longest}\n\n",
        history.url,
        moment(history.first_failed),
        moment(history.last_failed),
        moment(history.last_ok),
    );
    let heads = [
        ("RUN", Side::Right),
        ("STARTED (UTC)", Side::Left),
        ("VERDICT", Side::Left),
        ("STATUS", Side::Right),
        ("FAILED", Side::Right),
        ("SITE", Side::Left),
    ];
    let rows: Vec<Vec<String>> = history.runs.iter().map(row).collect();
    out.push_str(&columns(&heads, &rows));
    out
}

fn last_runs(runs: usize) -> String {
    match runs {
        1 => "the last run that requested it".to_owned(),
        runs => format!("the last {} that requested it", count(runs as u64, "run")),
    }
}

fn row(run: &InRun) -> Vec<String> {
    let unseen = run.not_fetched.as_deref().unwrap_or_default();
    let verdict = run
        .verdict
        .map_or(format!("not fetched: {unseen}"), str::to_owned);
    let failed = run.failed.zip(run.attempts);
    vec![
        run.run.to_string(),
        run.started.spreadsheet(),
        verdict.replace('_', " "),
        run.status
            .map(|status| status.to_string())
            .unwrap_or_default(),
        failed
            .map(|(failed, of)| format!("{failed}/{of}"))
            .unwrap_or_default(),
        run.site.clone(),
    ]
}
