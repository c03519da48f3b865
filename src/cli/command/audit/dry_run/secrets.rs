//! Where the secrets of an audit would be sent, in words.

use std::collections::BTreeSet;

use crate::model::{CrawlPlan, CrawlUrl};
use crate::policy::Scope;

use crate::settings::plan::reach::LOGIN;

/// Returns a line for each kind of secret, and one for each host that gets the secrets of the whole site.
pub(super) fn lines(plan: &CrawlPlan, scope: &Scope) -> Vec<String> {
    let reach = &plan.requests.reach;
    let mut lines = Vec::new();
    let mut of_site = Vec::new();
    for name in &reach.secrets {
        match name.as_str() {
            LOGIN => lines.push(format!("{name}: to the host of that URL alone")),
            "--cookie-file" => lines.push(format!(
                "{name}: to the domains that the file names, as far as they belong to the site"
            )),
            "--proxy" => {
                let proxy = reach.proxy.as_deref().unwrap_or_default();
                lines.push(format!("login of {name}: to {proxy} alone"));
            }
            name => of_site.push(name),
        }
    }
    if of_site.is_empty() {
        if lines.is_empty() {
            lines.push("none are given".to_owned());
        }
        return lines;
    }
    let names = of_site.join(", ");
    for host in scope.hosts() {
        lines.push(format!("{names}: to {host}"));
    }
    lines.push(format!("{names}: over https; {}", plain(plan)));
    lines
}

/// Returns the hosts that get secrets over plain http: only those that were named with http.
fn plain(plan: &CrawlPlan) -> String {
    let seeds = plan.scope.seeds.iter();
    let hosts: BTreeSet<String> = seeds
        .filter(|seed| seed.as_url().scheme() == "http")
        .map(|seed| CrawlUrl::host_key(seed).to_string())
        .collect();
    if hosts.is_empty() {
        return "nothing over http".to_owned();
    }
    let hosts: Vec<String> = hosts.into_iter().collect();
    format!("over http only to {}", hosts.join(", "))
}
