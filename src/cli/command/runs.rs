//! `gatecrawl runs`: lists, shows and deletes stored runs.

use std::collections::HashMap;
use std::io::Write;

use serde::Serialize;

use crate::assess::{Band, Interval, ScoreModel};
use crate::machine;
use crate::model::Moment;
use crate::report::words;
use crate::store::{RunOverview, RunRow, Store};

use crate::cli::database;
use crate::settings::args::value::crawl_url;
use crate::settings::args::{RunsArgs, RunsCommand};
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::columns::{Side, columns};
use crate::terminal::output_style::OutputStyle;
use crate::terminal::spark::spark;
use crate::terminal::streams::Console;
use crate::terminal::summary::gaps::gaps;
use crate::terminal::summary::{SummaryInput, WORST, summary};
use crate::terminal::text;

/// Runs a subcommand.
pub(in crate::cli) fn run(args: &RunsArgs, console: &mut Console) -> Result<Exit, Failure> {
    match &args.command {
        None => list(args, args.json, console),
        Some(RunsCommand::List { json }) => list(args, *json || args.json, console),
        Some(RunsCommand::Show { run }) => {
            show(&database::open(&args.store)?, run.as_deref(), console)
        }
        Some(RunsCommand::Delete { run }) => {
            let store = database::open(&args.store)?;
            let found = run.iter().map(|name| store.run(name));
            let mut runs: Vec<RunRow> = found.collect::<Result<_, _>>()?;
            runs.sort_by_key(|run| run.id);
            runs.dedup_by_key(|run| run.id);
            delete(&store, runs, console)
        }
        Some(RunsCommand::Prune(prune)) => {
            let store = database::open(&args.store)?;
            let mut runs = store.runs()?;
            if let Some(site) = &prune.site {
                runs.retain(|run| is_of_site(run, site));
                if runs.is_empty() {
                    let text =
                        format!("no run of {site} is stored; `gatecrawl runs` lists the sites");
                    console.people.mention(text);
                }
            }
            let mut runs = surplus(runs, prune.keep);
            if let Some(age) = prune.older_than {
                let now = machine::wall_clock();
                runs.retain(|run| now.since(run.started) > age);
            }
            if prune.dry_run {
                return announce(&runs, console);
            }
            delete(&store, runs, console)
        }
    }
}

/// Number of runs of a site in its trend.
const TREND: usize = 8;

/// A run of the list.
#[derive(Serialize)]
struct Listed {
    run: i64,
    token: String,
    site: String,
    started: Moment,
    ended: Option<Moment>,
    /// The time in which the run was working.
    #[serde(skip)]
    took: Option<std::time::Duration>,
    state: &'static str,
    /// The numbers of the run; absent before its end.
    numbers: Option<RunOverview>,
}

fn list(args: &RunsArgs, json: bool, console: &mut Console) -> Result<Exit, Failure> {
    let store = database::open(&args.store)?;
    let mut runs = Vec::new();
    for run in store.runs()? {
        runs.push(Listed {
            numbers: store.overview(run.id)?,
            took: run.took(),
            run: run.id.0,
            token: run.token,
            site: run.site,
            started: run.started,
            ended: run.ended,
            state: run.state.name(),
        });
    }
    if json {
        console.print_json(&runs)?;
        return Ok(Exit::Done);
    }
    if runs.is_empty() {
        console.people.mention("no run is stored yet");
        return Ok(Exit::Done);
    }
    let heads = [
        ("RUN", Side::Right),
        ("STARTED (UTC)", Side::Left),
        ("STATE", Side::Left),
        ("TOOK", Side::Right),
        ("PAGES", Side::Right),
        ("FAILING", Side::Right),
        ("ALWAYS", Side::Right),
        ("AT TIMES", Side::Right),
        ("COVERAGE", Side::Right),
        ("CRAWLABILITY (100 BEST)", Side::Right),
        ("RISK (0 BEST)", Side::Right),
        ("FIRST BYTE", Side::Right),
        ("TREND", Side::Left),
        ("SITE", Side::Left),
    ];
    let terminal = console.stdout_width.is_some();
    let rows = (0..runs.len()).map(|at| row(&runs, at, terminal));
    let table = columns(&heads, &rows.collect::<Vec<_>>());
    console.print(&table)?;
    if let Some(note) = mixed_models(&runs) {
        console.people.mention(note);
    }
    Ok(Exit::Done)
}

/// Returns a note if the scores of the runs follow different models.
fn mixed_models(runs: &[Listed]) -> Option<&'static str> {
    let mut models = runs
        .iter()
        .filter_map(|run| Some(run.numbers.as_ref()?.score_model));
    let first = models.next()?;
    models.any(|model| model != first).then_some(
        "scores marked v1 follow an earlier model and are not comparable with the others; compare pages and rates instead",
    )
}

fn row(runs: &[Listed], at: usize, terminal: bool) -> Vec<String> {
    let run = &runs[at];
    let took = run.took.map(text::duration);
    let numbers = run.numbers.as_ref();
    let pages = |pages: fn(&RunOverview) -> u64| numbers.map(|of| text::number(pages(of)));
    // Scores of another model are not comparable with those of today.
    let model = numbers.map(|of| of.score_model);
    let model = model.filter(|model| *model != ScoreModel::OURS);
    let model = model.map_or(String::new(), |model| format!(", v{}", model.version()));
    let score = |known: Option<Interval>, band: Option<Band>, word: fn(Band) -> &'static str| {
        let band = band.map_or("", word);
        known.map(|known| format!("{:.1} {band}{model}", known.value))
    };
    let cells = [
        Some(run.run.to_string()),
        Some(run.started.spreadsheet()),
        Some(run.state.to_owned()),
        took,
        pages(|of| of.pages),
        pages(|of| of.failing),
        pages(|of| of.persistent),
        pages(|of| of.intermittent),
        (numbers.and_then(|of| of.coverage)).map(text::percent),
        numbers.and_then(|of| score(of.crawlability, of.crawlability_band, words::hindrance)),
        numbers.and_then(|of| score(of.indexing_risk, of.indexing_risk_band, words::risk)),
        (numbers.and_then(|of| of.first_byte_ms)).map(|time| format!("{:.0} ms", time.value)),
        Some(trend(&runs[at..], terminal)),
        Some(run.site.clone()),
    ];
    cells.map(Option::unwrap_or_default).to_vec()
}

/// Renders the share of failing pages of a run and of the site's runs before it, the oldest first. `runs` has the
/// newest first.
fn trend(runs: &[Listed], terminal: bool) -> String {
    let Some(run) = runs.first() else {
        return String::new();
    };
    let share = |run: &Listed| {
        let numbers = run.numbers.as_ref().filter(|of| of.pages > 0)?;
        Some(numbers.failing as f64 / numbers.pages as f64)
    };
    let of_site = runs.iter().filter(|other| other.site == run.site);
    let mut shares: Vec<_> = of_site.take(TREND).map(share).collect();
    shares.reverse();
    spark(&shares, terminal)
}

fn show(store: &Store, name: Option<&str>, console: &mut Console) -> Result<Exit, Failure> {
    let run = database::run(store, name)?;
    // The process may have been killed before it concluded the run.
    store.conclude(run.id)?;
    let text = summary(&SummaryInput {
        run: &run,
        summary: &store.summary(run.id)?,
        worst: &store.worst_pages(run.id, WORST)?,
        headline: None,
        gates: "",
        gaps: &gaps(store, &run)?,
        files: &[],
        changes: None,
        database: store.path().display().to_string(),
        output: OutputStyle::of_stdout(console),
    });
    console.print(&text)?;
    Ok(Exit::Done)
}

fn delete(store: &Store, runs: Vec<RunRow>, console: &mut Console) -> Result<Exit, Failure> {
    for run in runs {
        store.delete_run(run.id)?;
        console
            .people
            .mention(format!("deleted run {} of {}", run.id, run.site));
    }
    Ok(Exit::Done)
}

fn announce(runs: &[RunRow], console: &mut Console) -> Result<Exit, Failure> {
    for run in runs {
        let (site, began) = (text::tame(&run.site), run.started.spreadsheet());
        writeln!(
            console.stdout,
            "would delete run {} of {site}, {began}",
            run.id
        )?;
    }
    Ok(Exit::Done)
}

/// Returns whether a run is of a site, named as `runs` prints it or as an audit takes it.
fn is_of_site(run: &RunRow, site: &str) -> bool {
    run.site == site || crawl_url(site).is_ok_and(|url| run.site == url.host_key().to_string())
}

/// Returns all but the newest runs of each site. `runs` has the newest first.
fn surplus(runs: Vec<RunRow>, keep: u32) -> Vec<RunRow> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut is_surplus = |run: &RunRow| {
        let kept = seen.entry(run.site.clone()).or_default();
        *kept += 1;
        *kept > keep
    };
    runs.into_iter().filter(|run| is_surplus(run)).collect()
}
