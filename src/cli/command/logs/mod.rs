//! `gatecrawl logs`: reads server logs, prints what they say and writes the exports.

mod follow;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use tokio::runtime::Runtime;

use crate::assess::{Gate, GateResult, GateStatus, Interval, Measured, Metric};
use crate::audit::export_logs;
use crate::fetch::NameLookups;
use crate::logs::{
    self, CrawlTime, Event, FileCount, Follow, Joining, Keep, Lookup, NamedLogs, Order, Resolve,
};
use crate::machine;
use crate::model::Moment;
use crate::report::pretty_json;

use crate::settings::args::LogsArgs;
use crate::settings::exit::Exit;
use crate::settings::failure::{Failure, bad_out};
use crate::terminal::logs::{LiveCounts, LogsText, text};
use crate::terminal::output_style::OutputStyle;
use crate::terminal::streams::Console;

use super::audit::gates;
use crate::cli::database::{none_stored, open_if_there, open_or_make};

/// The metrics that logs have.
const METRICS: [Metric; 3] = [
    Metric::ServerErrorRate,
    Metric::Rate502,
    Metric::GooglebotServerErrors,
];

/// Reads the logs.
pub(in crate::cli) fn run(
    args: &LogsArgs,
    runtime: &Runtime,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let mut order = order(args)?;
    if args.follow && args.file.iter().any(|file| file == "-") {
        return Err(Failure::usage(
            "--follow: name files; stdin is not followed",
        ));
    }
    judgeable(&args.fail_on)?;
    let servers: Vec<SocketAddr> = args.dns_server.iter().copied().collect();
    let lookups = args
        .verify_dns
        .then(|| NameLookups::new(servers, runtime.handle().clone()));
    let lookups = lookups.transpose().map_err(Failure::own)?.map(ByNames);
    let resolver = lookups.as_ref().map(|lookups| lookups as &dyn Resolve);
    let is_kept = !args.no_store && !args.file.iter().any(|file| file == "-");
    let store = match (is_kept, &args.run) {
        (true, _) => Some(open_or_make(&args.store)?),
        (false, Some(_)) => open_if_there(&args.store)?,
        (false, None) => None,
    };
    let named = args.run.as_ref().map(|name| match &store {
        Some(store) => Ok(store.run(name)?),
        None => Err(none_stored()),
    });
    let named = named.transpose()?;
    let now = machine::wall_clock();
    if let Some(store) = &store {
        order.crawls = CrawlTime::of(&store.runs()?, now);
    }
    let site = site(args);
    let keep = store.as_ref().filter(|_| is_kept).map(|store| Keep {
        store,
        site: &site,
        now,
    });
    let mut found = logs::read(&order, &mut *console.stdin, resolver, keep)?;
    if let Some(store) = &store {
        let is_named = named.is_some();
        let run = match named {
            Some(run) => Some(run),
            None => found.crawl(store, args.site.as_deref())?,
        };
        if let Some(run) = run {
            let joining = Joining {
                is_named,
                keeps: is_kept,
                weighs: false,
            };
            found.join_crawl(store, &run, joining)?;
        }
    }
    let files = match &args.out {
        Some(out) => export_logs(&found, out, args.overwrite).map_err(|fault| bad_out(&fault))?,
        None => Vec::new(),
    };
    let summary = found.summary();
    if args.json {
        let json = pretty_json(summary).map_err(Failure::own)?;
        console.stdout.write_all(json.as_bytes())?;
        console.stdout.write_all(b"\n")?;
    } else {
        let shown = text(&LogsText {
            summary,
            files: &files,
            output: OutputStyle::of_stdout(console),
        });
        console.stdout.write_all(shown.as_bytes())?;
    }
    let mut results = judge(&args.fail_on, &follow::counts(summary));
    if let Some(file) = summary.files.iter().find(|file| file.fault.is_some()) {
        results = without(results, &args.fail_on, file);
    }
    for line in gates::lines(&results, &console.people).lines() {
        console.people.say(line);
    }
    let is_unknown =
        |file: &FileCount| file.format.is_none() && !file.is_empty && file.fault.is_none();
    let is_any_read = summary.files.iter().any(|file| file.format.is_some());
    if summary.requests == 0 && !is_any_read && summary.files.iter().any(is_unknown) {
        return Err(Failure::usage(
            "no line could be read; name the format with --line-format, or the server's configuration with --nginx-conf",
        ));
    }
    if !args.follow {
        return Ok(gates::exit_of(&results));
    }
    let mut logs = Follow::after(&found, &order, resolver)?;
    drop(found);
    followed(args, &mut logs, runtime, console)
}

/// Follows logs until a gate fails or a signal comes.
fn followed(
    args: &LogsArgs,
    logs: &mut Follow<'_>,
    runtime: &Runtime,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let judge = |counts: &LiveCounts| judge(&args.fail_on, counts);
    console.stdout.flush()?;
    let mut interrupt = Box::pin(tokio::signal::ctrl_c());
    let mut tick = || {
        runtime.block_on(async {
            tokio::select! {
                () = tokio::time::sleep(follow::PAUSE) => Some(machine::wall_clock()),
                _ = &mut interrupt => None,
            }
        })
    };
    let results = follow::follow(logs, &judge, &mut tick, &mut *console.stdout)?;
    let Some(results) = results else {
        return Ok(Exit::Interrupted);
    };
    for line in gates::lines(&results, &console.people).lines() {
        console.people.say(line);
    }
    Ok(gates::exit_of(&results))
}

/// Verifies crawlers by look-ups of names and IP addresses.
struct ByNames(NameLookups);

impl Resolve for ByNames {
    fn names(&self, address: IpAddr) -> Lookup<String> {
        self.0.names(address).map_or(Lookup::Failed, answer)
    }

    fn addresses(&self, name: &str) -> Lookup<IpAddr> {
        self.0.addresses(name).map_or(Lookup::Failed, answer)
    }
}

fn answer<T>(found: Vec<T>) -> Lookup<T> {
    if found.is_empty() {
        Lookup::Nothing
    } else {
        Lookup::Found(found)
    }
}

fn order(args: &LogsArgs) -> Result<Order, Failure> {
    let named = NamedLogs {
        sources: args.file.clone(),
        line_formats: args.line_format.clone(),
        confs: args.nginx_conf.clone(),
    };
    let events = args
        .event
        .iter()
        .map(|text| event(text))
        .collect::<Result<_, _>>()?;
    let bot_ranges = args
        .bot_ranges
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, path)) => (Some(name.to_owned()), PathBuf::from(path)),
            None => (None, PathBuf::from(text)),
        });
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    Ok(Order {
        max_urls: usize::try_from(args.max_urls).unwrap_or(usize::MAX),
        ignore_params: args.ignore_param.clone(),
        bot_ranges: bot_ranges.collect(),
        events,
        threads: threads.clamp(1, 4),
        crawls: Vec::new(),
        only_new: args.only_new,
        keep_clients: args.keep_clients,
        follows: args.follow,
        ..named.order()?
    })
}

/// Reads `deploy=2026-11-20T10:00`.
fn event(text: &str) -> Result<Event, Failure> {
    let fault = || {
        Failure::usage(format!(
            "--event {text:?}: write NAME=TIME, such as deploy=2026-11-20T10:00"
        ))
    };
    let (name, time) = text.split_once('=').ok_or_else(fault)?;
    let forms = [
        time.to_owned(),
        format!("{time}Z"),
        format!("{time}:00Z"),
        format!("{time}T00:00:00Z"),
    ];
    let moment = forms
        .iter()
        .find_map(|form| Moment::parse(form))
        .ok_or_else(fault)?;
    Ok(Event {
        name: name.to_owned(),
        second: moment.millis() / 1_000,
    })
}

/// Returns the name under which the counts are stored: `--site`, or the path of the first log without the suffix of a
/// rotation.
fn site(args: &LogsArgs) -> String {
    if let Some(site) = &args.site {
        return site.clone();
    }
    let first = args.file.first().map_or("", String::as_str);
    let path = std::fs::canonicalize(first).unwrap_or_else(|_| PathBuf::from(first));
    logs::set_of(&path)
}

/// Refuses gates on metrics that logs do not have.
fn judgeable(gates: &[Gate]) -> Result<(), Failure> {
    let unknown = gates.iter().find(|gate| !METRICS.contains(&gate.metric()));
    match unknown {
        None => Ok(()),
        Some(gate) => {
            let names = METRICS.map(Metric::name).join(", ");
            Err(Failure::usage(format!(
                "--fail-on '{gate}': logs have {names}"
            )))
        }
    }
}

/// Returns the results of gates where a file could not be read to its end: what held may not hold with it.
fn without(results: Vec<GateResult>, gates: &[Gate], file: &FileCount) -> Vec<GateResult> {
    let undecided = |(result, gate): (GateResult, &Gate)| match result.result {
        GateStatus::Held => gate.undecided(format!("{} was not read to its end", file.name)),
        GateStatus::Failed | GateStatus::Undecided => result,
    };
    results.into_iter().zip(gates).map(undecided).collect()
}

fn judge(gates: &[Gate], counts: &LiveCounts) -> Vec<GateResult> {
    let rate = |failed: u64| {
        (counts.requests > 0).then(|| Interval::wilson(failed as f64, counts.requests as f64))
    };
    let measured = Measured {
        server_error_rate: rate(counts.failed),
        rate_502: rate(counts.of_502),
        googlebot_server_errors: Some(counts.googlebot_failed),
        requested: counts.urls,
        ..Measured::default()
    };
    gates.iter().map(|gate| gate.judge(&measured)).collect()
}
