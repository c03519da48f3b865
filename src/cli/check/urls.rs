//! `gatecrawl check URL`: each URL, as each client.

use std::io::Write;
use std::sync::Arc;

use crate::assess::diagnose::{Context, Experiment, Ratio, Trial};
use crate::audit::{CrawlOrder, Network, RunOrder, settings};
use crate::cli::agents;
use crate::cli::args::{AuditArgs, CheckArgs};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::order::fresh;
use crate::cli::streams::Console;
use crate::crawl::Site;
use crate::fetch::HttpFetcher;
use crate::model::{ClientPreset, CrawlPlan, CrawlUrl, Guise};
use crate::report::Curl;

use super::ask::{Asked, Asking, ask};
use super::clients::{Checked, Seen, checked};
use super::show;

/// How often each URL is asked, if nobody says: enough to tell what comes and goes at times.
const ATTEMPTS: u32 = 3;

/// What names a check towards the site, where an audit has the token of its run.
const TOKEN: &str = "check";

/// A client to ask as.
struct Client {
    name: String,
    asking: Asking,
}

/// Asks and tells.
pub(super) async fn run(args: CheckArgs, console: &mut Console) -> Result<Exit, Failure> {
    let (json, attempts) = (args.json, args.attempts.unwrap_or(ATTEMPTS));
    let names = args.client;
    // Whoever asks under a name of their own is called by it.
    let own = args.identity.user_agent.clone();
    let own = own.unwrap_or_else(|| agents::OWN_NAME.to_owned());
    let mut audit = AuditArgs::default();
    audit.scope.url = args.url;
    audit.identity = args.identity;
    audit.network = args.network;
    let CrawlOrder { plan, network, run } = fresh(&audit, TOKEN.to_owned(), console)?;
    let RunOrder::New { seeds: urls, .. } = run else {
        return Err(Failure::usage("no URL to check"));
    };
    let ours = agents::own(audit.identity.contact.as_deref());
    let clients = clients(&names, (own, &ours), attempts, &plan);
    let site = Arc::new(Site::new(plan).map_err(Failure::own)?);
    let settings = settings(&site, network.clone(), TOKEN);
    let fetcher = HttpFetcher::new(settings).map_err(Failure::own)?;
    let mut all = Vec::new();
    for url in &urls {
        let told = check(url, &fetcher, &clients, &network).await;
        if !json {
            show(|width, color| told.text(width, color), console)?;
            if urls.len() > 1 {
                writeln!(console.stdout)?;
            }
            console.stdout.flush()?;
        }
        all.push(told);
    }
    if json {
        let text = serde_json::to_string_pretty(&all).map_err(Failure::own)?;
        writeln!(console.stdout, "{text}")?;
    }
    Ok(Exit::Done)
}

/// Those that are named, or ourselves alone. `ours` is our own `User-Agent`, `own` what we are called.
fn clients(
    names: &[String],
    (own, ours): (String, &str),
    attempts: u32,
    plan: &CrawlPlan,
) -> Vec<Client> {
    let client = |name: String, guise: Option<Guise>| Client {
        asking: Asking {
            user_agent: guise.as_ref().map_or_else(
                || Arc::from(plan.requests.user_agent.as_str()),
                |guise| Arc::clone(&guise.user_agent),
            ),
            guise,
            attempts,
        },
        name,
    };
    if names.is_empty() {
        return vec![client(own, None)];
    }
    let guise = |name: &String| match ClientPreset::named(name) {
        Some(preset) => Guise::from(preset),
        None => Guise::called(ours),
    };
    names
        .iter()
        .map(|name| client(name.clone(), Some(guise(name))))
        .collect()
}

async fn check(
    url: &CrawlUrl,
    fetcher: &HttpFetcher,
    clients: &[Client],
    network: &Network,
) -> Checked {
    let mut all = Vec::new();
    for client in clients {
        all.push((client, ask(fetcher, url, &client.asking).await));
    }
    let seen: Vec<Seen> = all
        .iter()
        .map(|(client, asked)| Seen {
            name: client.name.clone(),
            hops: asked.hops.clone(),
            attempts: asked.attempts.clone(),
            diagnosis: asked.diagnosis(&around(asked, client, &all)),
            maker: asked.maker,
        })
        .collect();
    let curl = Curl {
        url,
        user_agent: clients.first().map(|client| &*client.asking.user_agent),
        http1: network.http1_only,
        resolve: &network.overrides,
    };
    checked(url, &seen, curl.line())
}

/// What the other clients tell about the failures of one. A client that is fine at times proves
/// nothing by another's success.
fn around(asked: &Asked, client: &Client, all: &[(&Client, Asked)]) -> Context {
    let is_broken = asked.bad() == asked.attempts.len();
    let others = || {
        all.iter()
            .filter(|(other, _)| other.name != client.name && agents::is_browser(&other.name))
    };
    if !is_broken || agents::is_browser(&client.name) || others().next().is_none() {
        return Context::default();
    }
    let fine = others().any(|(_, other)| other.is_fine());
    Context {
        experiments: vec![Experiment {
            trial: Trial::Browser,
            fine: Ratio::new(u64::from(fine), 1),
            crawler_fine: Ratio::new(0, 1),
        }],
        ..Context::default()
    }
}
