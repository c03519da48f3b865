//! `gatecrawl audit`: everything that can be wrong is found first; then the crawl, its exports and
//! its summary.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::Host;

use crate::app::{self, Network, Order, RunOrder};
use crate::crawl::{Ended, Stop, stop_switch};
use crate::model::{ConfirmPlan, CrawlPlan, CrawlUrl};
use crate::policy::Scope;
use crate::report::{self, Compared, Wanted};
use crate::store::{Baseline, RunRow, RunState, Store, Table};

use super::agents;
use super::args::AuditArgs;
use super::asked::Asked;
use super::exit::Exit;
use super::failure::Failure;
use super::gaps::gaps;
use super::look::Look;
use super::progress::Progress;
use super::streams::{Console, People};
use super::summary::{Told, WORST, summary};
use super::watch::Watch;
use super::{
    baseline, compare, database, dry_run, gates, network, plan, reach, signals, unaudited,
    unfinished, urls,
};

/// Makes the audit, or what is left of one.
pub(super) async fn run(args: &AuditArgs, console: &mut Console) -> Result<Exit, Failure> {
    let Some(name) = &args.resume else {
        let intent = fresh(args, console)?;
        return make(args, intent, Asked::of(args), console).await;
    };
    let store = database::open(&args.store)?;
    let run = interrupted(&store, name.as_deref())?;
    let asked = Asked::again(args, &store, run.id)?;
    if run.state == RunState::Finished && !args.dry_run {
        return bring(args, run, (store, asked), console).await;
    }
    let intent = resumed(args, run, store, console)?;
    make(args, intent, asked, console).await
}

/// Crawls, and brings what was asked for.
async fn make(
    args: &AuditArgs,
    intent: Intent,
    asked: Asked,
    console: &mut Console,
) -> Result<Exit, Failure> {
    if args.dry_run {
        return dry_run::run(&intent, &args.store, console).await;
    }
    asked.check_out()?;
    let store = match intent.store {
        Some(store) => store,
        None => {
            let store = database::open_or_make(&args.store)?;
            plan::check_names(&intent.plan.scope.select, Table::Pages.columns())?;
            store
        }
    };
    // What is named wrongly is better known before the crawl.
    let bringing = Bringing::new(args, store, asked)?;
    let order = Order {
        label: label(&intent.plan.scope.seeds),
        token: app::new_token(),
        plan: intent.plan,
        network: intent.network,
        store: bringing.store.clone(),
        run: intent.run,
        asked: bringing.asked.text(&bringing.store),
    };
    mention_few_files(&console.people);
    mention_no_contact(&order.plan, &console.people);
    let (switch, stop) = stop_switch();
    tokio::select! {
        done = crawl(bringing, order, stop, console) => done,
        () = signals::listen(switch, console.people.clone()) => Ok(Exit::Interrupted),
    }
}

/// Brings what a finished run still owes: its process was killed while it wrote exports.
async fn bring(
    args: &AuditArgs,
    run: RunRow,
    (store, asked): (Store, Asked),
    console: &mut Console,
) -> Result<Exit, Failure> {
    asked.check_out()?;
    let bringing = Bringing::new(args, store, asked)?;
    let (switch, _stop) = stop_switch();
    let crawled = Crawled {
        run,
        ended: Ended::Finished,
        away: None,
    };
    tokio::select! {
        done = conclude(bringing, crawled, console) => done,
        () = signals::listen(switch, console.people.clone()) => Ok(Exit::Interrupted),
    }
}

/// What is to be brought of a run, and where from.
struct Bringing {
    asked: Asked,
    baseline: Option<Baseline>,
    store: Store,
    /// How the database is named to another command.
    hint: String,
}

impl Bringing {
    fn new(args: &AuditArgs, store: Store, asked: Asked) -> Result<Bringing, Failure> {
        Ok(Bringing {
            baseline: asked.baseline(&store)?,
            hint: database::hint(&store, &args.store),
            asked,
            store,
        })
    }
}

/// Says it if fewer requests can be open than would be otherwise.
fn mention_few_files(people: &People) {
    let open = app::most_open();
    if open < app::MOST_OPEN {
        people.say(format!(
            "few files may be open on this machine, so {open} requests at a time at most; \
             `ulimit -n 2048` before it allows more"
        ));
    }
}

/// Says it if the operators of a site cannot know whom to turn to.
fn mention_no_contact(plan: &CrawlPlan, people: &People) {
    let is_here = |url: &CrawlUrl| match url.host() {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let names_nobody = agents::names_nobody(&plan.requests.user_agent);
    if names_nobody && !plan.scope.seeds.iter().all(is_here) {
        people.mention(
            "the site's operators cannot see who crawls; --contact URL|MAIL names a page or mailbox of yours to them",
        );
    }
}

/// What is to be done, before anything is.
pub(super) struct Intent {
    pub(super) plan: CrawlPlan,
    pub(super) network: Network,
    pub(super) run: RunOrder,
    /// Open already if a run in it goes on.
    store: Option<Store>,
}

/// What a new run is to do.
pub(super) fn fresh(args: &AuditArgs, console: &mut Console) -> Result<Intent, Failure> {
    let start = urls::start(&args.scope, &mut console.stdin)?;
    let mut plan = plan::plan(args, &start.urls)?;
    plan.requests.reach = reach::of_args(args, !start.logins.is_empty());
    Ok(Intent {
        network: network::network(args, &plan, start.logins, console)?,
        plan,
        run: RunOrder::New(start.urls),
        store: None,
    })
}

fn resumed(
    args: &AuditArgs,
    run: RunRow,
    store: Store,
    console: &mut Console,
) -> Result<Intent, Failure> {
    let mut plan = run.plan.clone();
    plan::amend(&mut plan, &args.pace, &args.identity)?;
    let last_pass = store.last_pass(run.id)?;
    let crawls_on = run.state == RunState::Incomplete || store.has_queued(run.id)?;
    if crawls_on && last_pass > 1 {
        confirm_again(&mut plan.confirm, last_pass);
    }
    let mut network = network::network(args, &plan, BTreeMap::new(), console)?;
    reach::again(&plan.requests.reach, args, &mut network)?;
    Ok(Intent {
        network,
        plan,
        run: RunOrder::Resume(Box::new(run)),
        store: Some(store),
    })
}

/// Plans the passes once more, behind those that an incomplete run had already: pages that were not
/// requested then may fail now, and are to be confirmed like any other.
fn confirm_again(confirm: &mut ConfirmPlan, last_pass: u8) {
    let had = usize::from(last_pass.saturating_sub(1));
    let again = std::mem::take(&mut confirm.delays);
    confirm.delays = vec![Duration::ZERO; had];
    confirm.delays.extend(again);
}

/// How a run of a project goes on, which is as its configuration says now: what it began with that
/// is no part of its scope may have changed, and its secrets are known again.
pub(super) fn continued(
    args: &AuditArgs,
    run: RunRow,
    console: &mut Console,
) -> Result<Intent, Failure> {
    let start = urls::start(&args.scope, &mut console.stdin)?;
    let mut plan = run.plan.clone();
    plan::amend(&mut plan, &args.pace, &args.identity)?;
    Ok(Intent {
        network: network::network(args, &plan, start.logins, console)?,
        plan,
        run: RunOrder::Resume(Box::new(run)),
        store: None,
    })
}

fn interrupted(store: &Store, name: Option<&str>) -> Result<RunRow, Failure> {
    let Some(name) = name else {
        return store
            .unfinished_run()?
            .ok_or_else(|| Failure::usage("--resume: no run was interrupted or is incomplete"));
    };
    let run = store.run(name)?;
    if run.state == RunState::Finished && store.asked(run.id)?.is_none() {
        return Err(Failure::usage(format!(
            "--resume {name}: this run is finished"
        )));
    }
    Ok(run)
}

/// What a run is called: the origin of its first URL, and how many others there are.
pub(super) fn label(seeds: &[CrawlUrl]) -> String {
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

/// A run as it was crawled.
pub(super) struct Crawled {
    pub(super) run: RunRow,
    pub(super) ended: Ended,
    /// The first start URL that redirects to another site, with where it leads.
    away: Option<(CrawlUrl, CrawlUrl)>,
}

/// Crawls, and shows how far it is.
pub(super) async fn carry_out(
    order: Order,
    stop: Stop,
    people: People,
) -> Result<Crawled, Failure> {
    let scope = Scope::new(&order.plan.scope).map_err(Failure::own)?;
    let mut watch = Watch::new(Progress::new(people), scope);
    // As a task beside its own: what they bring then wakes no other thread.
    let crawl = tokio::spawn(async move {
        let made = app::audit(order, &mut watch, stop).await;
        (made, watch)
    });
    let (made, watch) = match crawl.await {
        Ok(done) => done,
        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
    };
    let away = watch.finish();
    let (run, ended) = made?;
    Ok(Crawled { run, ended, away })
}

async fn crawl(
    bringing: Bringing,
    order: Order,
    stop: Stop,
    console: &Console,
) -> Result<Exit, Failure> {
    let token = match &order.run {
        RunOrder::New(_) => order.token.clone(),
        RunOrder::Resume(run) => run.token.clone(),
    };
    let crawled = carry_out(order, stop, console.people.clone())
        .await
        .map_err(|failure| {
            unfinished::resumable(failure, &bringing.store, &token, &bringing.hint)
        })?;
    conclude(bringing, crawled, console).await
}

/// Compares, writes and judges what was asked for, and says what there is to say of the run.
async fn conclude(
    bringing: Bringing,
    crawled: Crawled,
    console: &Console,
) -> Result<Exit, Failure> {
    let Bringing {
        asked,
        baseline,
        store,
        hint,
    } = bringing;
    let Crawled { run, ended, away } = crawled;
    let people = &console.people;
    let mut numbers = store.summary(run.id)?;
    let compared = compare(&store, &run, baseline).await?;
    let comparison = compared.as_ref().map(|found| &found.comparison);
    numbers.pages.compared_with(comparison);
    let changes = comparison.map(compare::headline);
    let unaudited = unaudited::why(&store, &run, &numbers)?;
    let gates = gates::judge(&asked.gates, run.state, &numbers, unaudited.is_some());
    let wanted = Wanted {
        formats: asked.formats,
        overwrite: asked.overwrite,
        gates: gates.clone(),
        compared,
    };
    let files = export(asked.out, wanted, &store, &run)
        .await
        .map_err(|failure| {
            failure.advised(&format!(
                "the run is stored, and `gatecrawl report {}{hint}` writes them anew",
                run.id
            ))
        })?;
    let worst = store.worst_pages(run.id, WORST)?;
    people.mention(format!(
        "\n{}",
        summary(&Told {
            run: &run,
            summary: &numbers,
            worst: &worst,
            gaps: &gaps(&store, &run)?,
            files: &files,
            changes: changes.as_deref(),
            database: store.path().display().to_string(),
            look: Look::of_people(console),
        })
    ));
    if let (Some((from, to)), None) = (away, &unaudited) {
        people.say(unaudited::redirected(&from, &to));
    }
    gates::tell(&gates, people);
    if run.state == RunState::Finished {
        store.set_asked(run.id, None)?;
    }
    if let Some((why, exit)) = unfinished::why(&store, &run, ended)? {
        let id = run.id;
        people.say(format!(
            "{why}; `gatecrawl audit --resume {id}{hint}` goes on"
        ));
        return Ok(exit);
    }
    let resume = match ended {
        Ended::Incomplete => format!(
            "; `gatecrawl audit --resume {}{hint}` requests them",
            run.id
        ),
        _ => String::new(),
    };
    if let Some(why) = unaudited {
        people.say(format!("could not audit {}: {why}{resume}", run.site));
        return Ok(Exit::NoAudit);
    }
    if ended == Ended::Incomplete {
        people.say(unfinished::incomplete(&numbers) + &resume);
    }
    Ok(gates::exit_of(&gates))
}

/// Compares the run, on a thread of its own as well.
pub(super) async fn compare(
    store: &Store,
    run: &RunRow,
    baseline: Option<Baseline>,
) -> Result<Option<Compared>, Failure> {
    let (store, run) = (store.clone(), run.clone());
    let compare = move || baseline::compared(&store, &run, baseline);
    match tokio::task::spawn_blocking(compare).await {
        Ok(compared) => compared,
        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
    }
}

/// Writes the exports, on a thread of their own so that signals are heard meanwhile.
pub(super) async fn export(
    out: Option<PathBuf>,
    wanted: Wanted,
    store: &Store,
    run: &RunRow,
) -> Result<Vec<PathBuf>, Failure> {
    let Some(out) = out else {
        return Ok(Vec::new());
    };
    let (store, run) = (store.clone(), run.clone());
    let write = move || report::write(&store, &run, &wanted, &out);
    match tokio::task::spawn_blocking(write).await {
        Ok(files) => Ok(files?),
        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_resumed_incomplete_run_are_confirmed_in_passes_of_their_own() {
        let planned = [15, 60].map(Duration::from_secs);
        let mut confirm = ConfirmPlan {
            delays: planned.to_vec(),
            ..ConfirmPlan::default()
        };
        confirm_again(&mut confirm, 3);
        assert_eq!(confirm.delays[..2], [Duration::ZERO; 2]);
        assert_eq!(confirm.delays[2..], planned);
        let mut none = ConfirmPlan {
            delays: Vec::new(),
            ..confirm
        };
        confirm_again(&mut none, 1);
        assert!(none.delays.is_empty());
    }
}
