//! `gatecrawl check URL`: requests each URL as each client.

use std::io::Write;
use std::sync::Arc;

use crate::audit::{CrawlOrder, RunOrder, settings};
use crate::check::{CheckClient, check};
use crate::crawl::Site;
use crate::fetch::HttpFetcher;
use crate::model::{ClientPreset, CrawlPlan, Guise};
use crate::report::Curl;
use crate::settings::args::{AuditArgs, CheckArgs};
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::settings::plan::agents;
use crate::settings::plan::order::fresh;
use crate::terminal::output_style::OutputStyle;
use crate::terminal::streams::Console;

use super::clients;

/// Default number of requests to each URL: enough to notice some failures that come and go.
const ATTEMPTS: u32 = 3;

/// The value of `X-Gatecrawl-Run` in the requests of a check, which has no run.
const TOKEN: &str = "check";

/// Requests the URLs and prints the results.
pub(super) async fn run(args: CheckArgs, console: &mut Console) -> Result<Exit, Failure> {
    let (json, attempts) = (args.json, args.attempts.unwrap_or(ATTEMPTS));
    let names = args.client;
    // A user agent of the user is shown under its own name.
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
    let login = plan.requests.reach.has_login();
    let as_clients = check_clients(&names, (own, &ours), attempts, &plan);
    let site = Arc::new(Site::new(plan).map_err(Failure::own)?);
    let settings = settings(&site, network.clone(), TOKEN);
    let fetcher = HttpFetcher::new(settings).map_err(Failure::own)?;
    let mut all = Vec::new();
    for url in &urls {
        let curl = Curl {
            url,
            user_agent: as_clients.first().map(|client| &*client.user_agent),
            http1: network.http1_only,
            resolve: &network.overrides,
            login,
        };
        let checked = check(url, &fetcher, &as_clients, curl.line()).await;
        if !json {
            let style = OutputStyle::of_stdout(console);
            console.print(&clients::render(&checked, style.width, style.color))?;
            if urls.len() > 1 {
                writeln!(console.stdout)?;
            }
            console.stdout.flush()?;
        }
        all.push(checked);
    }
    if json {
        console.print_json(&all)?;
    }
    Ok(Exit::Done)
}

/// Returns the named clients, or gatecrawl alone. `ours` is our own `User-Agent`, `own` our name.
fn check_clients(
    names: &[String],
    (own, ours): (String, &str),
    attempts: u32,
    plan: &CrawlPlan,
) -> Vec<CheckClient> {
    let client = |name: String, guise: Option<Guise>| CheckClient {
        name,
        user_agent: guise.as_ref().map_or_else(
            || Arc::from(plan.requests.user_agent.as_str()),
            |guise| Arc::clone(&guise.user_agent),
        ),
        guise,
        attempts,
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
