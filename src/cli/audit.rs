//! `gatecrawl audit`: everything that can be wrong is found first; then the crawl, its exports and
//! its summary.

use crate::app::{self, Network, Order, RunOrder};
use crate::crawl::{Ended, stop_switch};
use crate::fetch::{FetchSettings, HttpFetcher, ProxyAddress};
use crate::model::{CrawlPlan, CrawlUrl};
use crate::report;
use crate::store::{RunRow, RunState, Store};

use super::args::AuditArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::progress::Progress;
use super::streams::{Console, People};
use super::summary::{Told, WORST, summary};
use super::watch::Watch;
use super::{database, plan, secrets, signals, unaudited, urls};

/// Makes the audit.
pub(super) async fn run(args: &AuditArgs, console: &mut Console) -> Result<Exit, Failure> {
    let order = match &args.resume {
        Some(name) => resumed(args, name.as_deref(), console)?,
        None => fresh(args, console)?,
    };
    if let Some(out) = &args.export.out {
        report::check(out, &args.export.formats(), args.export.overwrite)
            .map_err(|fault| Failure::usage(fault.to_string()))?;
    }
    crawl(args, order, &console.people).await
}

fn fresh(args: &AuditArgs, console: &mut Console) -> Result<Order, Failure> {
    let start = urls::start(&args.scope, &mut console.stdin)?;
    let plan = plan::plan(args, &start.urls)?;
    let network = network(args, &plan, start.login, console)?;
    Ok(Order {
        label: label(&plan.scope.seeds),
        plan,
        network,
        store: database::open_or_make(&args.store)?,
        run: RunOrder::New(start.urls),
    })
}

fn resumed(args: &AuditArgs, name: Option<&str>, console: &mut Console) -> Result<Order, Failure> {
    let store = database::open_existing(&args.store)?;
    let run = interrupted(&store, name)?;
    let mut plan = run.plan.clone();
    plan::amend(&mut plan, &args.pace, &args.identity);
    let network = network(args, &plan, None, console)?;
    Ok(Order {
        label: run.site.clone(),
        plan,
        network,
        store,
        run: RunOrder::Resume(Box::new(run)),
    })
}

fn interrupted(store: &Store, name: Option<&str>) -> Result<RunRow, Failure> {
    let Some(name) = name else {
        return store
            .unfinished_run()?
            .ok_or_else(|| Failure::usage("--resume: no run was interrupted; all are finished"));
    };
    let run = store.run(Some(name))?;
    if run.state == RunState::Finished {
        return Err(Failure::usage(format!(
            "--resume {name}: this run is finished"
        )));
    }
    Ok(run)
}

/// Gathers how the site is reached, and tries it out: a fetcher that cannot be built is better
/// known before a run exists.
fn network(
    args: &AuditArgs,
    plan: &CrawlPlan,
    login: Option<super::value::Login>,
    console: &mut Console,
) -> Result<Network, Failure> {
    let seeds = &plan.scope.seeds;
    let network = Network {
        secrets: secrets::secrets(&args.identity, seeds, login, &mut console.stdin)?,
        overrides: args.network.resolve.clone(),
        proxy: args.network.proxy.as_deref().map(ProxyAddress::new),
        insecure: args.network.insecure,
        http1_only: args.network.http1,
    };
    HttpFetcher::new(FetchSettings {
        user_agent: plan.requests.user_agent.clone(),
        proxy: network.proxy.clone(),
        ..FetchSettings::default()
    })
    .map_err(|fault| Failure::usage(fault.to_string()))?;
    Ok(network)
}

/// What a run is called: the origin of its first URL, and how many others there are.
fn label(seeds: &[CrawlUrl]) -> String {
    let mut origins: Vec<String> = seeds
        .iter()
        .map(|seed| seed.host_key().to_string())
        .collect();
    origins.dedup();
    match origins.len() {
        0 | 1 => origins.concat(),
        many => format!("{} and {} more", origins[0], many - 1),
    }
}

async fn crawl(args: &AuditArgs, order: Order, people: &People) -> Result<Exit, Failure> {
    let store = order.store.clone();
    let scope = order.plan.scope.clone();
    let (switch, stop) = stop_switch();
    let mut watch = Watch::new(Progress::new(people.clone()), &scope.seeds);
    let made = tokio::select! {
        made = app::audit(order, &mut watch, stop) => made,
        never = signals::listen(switch, people.clone()) => match never {},
    };
    let away = watch.finish();
    let (run, ended) = made?;
    let files = match &args.export.out {
        Some(out) => {
            let formats = args.export.formats();
            report::write(&store, &run, &formats, out, args.export.overwrite)?
        }
        None => Vec::new(),
    };
    let numbers = store.summary(run.id, WORST)?;
    people.mention(summary(&Told {
        run: &run,
        summary: &numbers,
        files: &files,
        database: store.path().display().to_string(),
        color: people.color,
    }));
    let away = away.and_then(|(from, to)| unaudited::redirected(&scope, &from, &to));
    if let Some(warning) = away {
        people.say(warning);
    }
    if ended == Ended::Interrupted {
        let hint = database::hint(&store, &args.store);
        people.say(format!(
            "interrupted; `gatecrawl audit --resume {}{hint}` goes on",
            run.id
        ));
        return Ok(Exit::Interrupted);
    }
    match unaudited::why(&store, &run, &numbers)? {
        Some(why) => {
            people.say(format!("could not audit {}: {why}", run.site));
            Ok(Exit::NoAudit)
        }
        None => Ok(Exit::Done),
    }
}
