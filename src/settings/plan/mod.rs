//! Turns the arguments into a checked plan and the URLs that it starts from.

pub(crate) mod agents;
pub(crate) mod asked;
mod cookies;
mod list;
pub(crate) mod logins;
mod network;
pub(crate) mod order;
pub(crate) mod reach;
mod secrets;
pub(crate) mod traffic;
mod urls;

use std::collections::HashSet;

use regex::RegexBuilder;

use crate::assess::Gate;
use crate::model::{Coverage, CrawlPlan, CrawlUrl, ScopePlan, SegmentPlan, Sitemaps};
use crate::parse::FieldSelector;
use crate::policy::PATTERN_SIZE;
use crate::store::tables::Column;

use super::args::value::crawl_url;
use super::args::{AuditArgs, IdentityArgs, PaceArgs, ScopeArgs};
use super::failure::Failure;
use crate::model::Secret;
use agents::{Identity, identity};
use secrets::user_agent;

/// Returns the plan of a new run that starts from these URLs, of which there is at least one.
pub(crate) fn plan(args: &AuditArgs, seeds: &[CrawlUrl]) -> Result<CrawlPlan, Failure> {
    let identity = identified(&args.identity)?;
    let mut plan = CrawlPlan::usual(Vec::new());
    plan.scope = scope(&args.scope, seeds)?;
    plan.requests.user_agent = identity.user_agent;
    plan.requests.robots_agents = identity.robots_agents;
    set_pace(&mut plan, &args.pace);
    Ok(plan)
}

/// Returns the identity of the crawl.
fn identified(named: &IdentityArgs) -> Result<Identity, Failure> {
    let text = user_agent(named)?;
    if text.is_some() && named.contact.is_some() {
        return Err(Failure::usage(
            "--contact: it is added to gatecrawl's own User-Agent, but another is given; leave \
             one of them out",
        ));
    }
    Ok(identity(text.as_deref(), named.contact.as_deref()))
}

/// Checks that no column of `--select` has the name of a built-in column.
pub(crate) fn check_names(select: &[String], ours: &[Column]) -> Result<(), Failure> {
    for column in select {
        let name = column.split_once('=').map_or("", |(name, _)| name);
        if ours.iter().any(|known| known.name == name) {
            return Err(Failure::usage(format!(
                "--select {column:?}: {name:?} is a column of gatecrawl; choose another name"
            )));
        }
    }
    Ok(())
}

/// Checks that each gate on a segment names one of these segments, or a folder.
pub(crate) fn check_gates(gates: &[Gate], segments: &[SegmentPlan]) -> Result<(), Failure> {
    let names = || segments.iter().map(|it| it.name.as_str());
    for gate in gates {
        let Some(name) = gate.segment() else { continue };
        if name.starts_with('/') || names().any(|known| known == name) {
            continue;
        }
        let known: Vec<&str> = names().collect();
        let advice = match known.as_slice() {
            [] => {
                format!("define it with --segment '{name}=REGEX', or name a folder such as /shop/")
            }
            known => format!("known are {}", known.join(", ")),
        };
        return Err(Failure::usage(format!(
            "--fail-on {:?}: no segment {name:?}; {advice}",
            gate.to_string()
        )));
    }
    Ok(())
}

/// Changes the plan of a resumed run by the flags that were given again, and by nothing else.
pub(crate) fn amend(
    plan: &mut CrawlPlan,
    pace: &PaceArgs,
    named: &IdentityArgs,
) -> Result<(), Failure> {
    set_pace(plan, pace);
    if named.contact.is_some() || user_agent(named)?.is_some() {
        let identity = identified(named)?;
        plan.requests.user_agent = identity.user_agent;
        plan.requests.robots_agents = identity.robots_agents;
    }
    Ok(())
}

fn set_pace(plan: &mut CrawlPlan, args: &PaceArgs) {
    fn set<T: Copy>(place: &mut T, value: Option<T>) {
        if let Some(value) = value {
            *place = value;
        }
    }
    let (pace, requests) = (&mut plan.pace, &mut plan.requests);
    set(&mut pace.concurrency, args.concurrency);
    set(
        &mut pace.rate,
        args.rate.map(|rate| Some(rate).filter(|r| *r > 0.0)),
    );
    set(&mut pace.delay, args.delay);
    set(&mut pace.retries, args.retries);
    if args.no_adapt {
        pace.adapt = false;
    }
    if let Some(schedule) = &args.confirm {
        plan.confirm.delays.clone_from(&schedule.0);
    }
    set(&mut plan.confirm.budget, args.confirm_budget);
    set(&mut plan.sample, args.sample);
    if args.no_probe {
        plan.experiments.enabled = false;
    }
    if args.no_probe_cache {
        plan.experiments.cache = false;
    }
    set(&mut requests.first_byte, args.timeout);
    set(&mut requests.connect, args.connect_timeout);
    set(&mut requests.body_idle, args.body_timeout);
    set(&mut requests.max_body, args.max_body);
}

fn scope(args: &ScopeArgs, seeds: &[CrawlUrl]) -> Result<ScopePlan, Failure> {
    let is_list = args.url_list.is_some() && !args.crawl;
    if is_list && !args.sitemap.is_empty() {
        return Err(Failure::usage(
            "--sitemap with --url-list: a list is audited as it is; add --crawl to go beyond it",
        ));
    }
    for (flag, patterns) in [("include", &args.include), ("exclude", &args.exclude)] {
        for pattern in patterns {
            check_pattern(flag, pattern)?;
        }
    }
    let segments = segments(&args.segment)?;
    let mut names = HashSet::new();
    for column in &args.select {
        let name = check_column(column)?;
        if !names.insert(name) {
            return Err(Failure::usage(format!(
                "--select {column:?}: there is a column of that name already; choose another"
            )));
        }
    }
    let sitemaps = if args.no_sitemap || is_list {
        Sitemaps::Off
    } else {
        Sitemaps::Discovered(sitemaps(&args.sitemap)?)
    };
    let usual = ScopePlan::usual(match &args.url_list {
        Some(_) => one_of_each_origin(seeds),
        None => seeds.to_vec(),
    });
    Ok(ScopePlan {
        coverage: if is_list {
            Coverage::List
        } else {
            Coverage::Site
        },
        hosts: args.host.clone(),
        subdomains: args.subdomains,
        include: args.include.clone(),
        exclude: args.exclude.clone(),
        max_depth: args.max_depth,
        max_pages: args.max_pages.or(usual.max_pages),
        max_hosts: args.max_hosts.or(usual.max_hosts),
        max_time: args.max_time,
        max_disk: args.max_disk,
        resources: args.resources,
        external: args.external,
        follow_nofollow: args.follow_nofollow,
        ignore_robots: args.ignore_robots,
        ignore_params: args.ignore_param.clone(),
        sitemaps,
        known: !args.no_known && !is_list,
        max_queries_per_path: args
            .max_queries_per_path
            .unwrap_or(usual.max_queries_per_path),
        select: args.select.clone(),
        segments,
        ..usual
    })
}

fn sitemaps(texts: &[Secret]) -> Result<Vec<CrawlUrl>, Failure> {
    let read = |text: &Secret| {
        crawl_url(text.expose()).map_err(|fault| Failure::usage(format!("--sitemap {fault}")))
    };
    texts.iter().map(read).collect()
}

/// Returns one URL of each origin. A list may have millions of URLs, which the plan should not hold; these show which
/// sites are meant.
fn one_of_each_origin(urls: &[CrawlUrl]) -> Vec<CrawlUrl> {
    let mut seen = HashSet::new();
    let first = urls.iter().filter(|url| seen.insert(url.host_key()));
    first.cloned().collect()
}

fn check_pattern(flag: &str, pattern: &str) -> Result<(), Failure> {
    let read = RegexBuilder::new(pattern).size_limit(PATTERN_SIZE).build();
    read.map(|_| ()).map_err(|fault| {
        if let regex::Error::CompiledTooBig(_) = fault {
            let most = PATTERN_SIZE >> 10;
            return Failure::usage(format!(
                "--{flag} {pattern:?} is too large: it takes more than {most} KiB, and every URL would wait for it; \
                 counts such as {{0,500}} multiply, so write * or + for them, and [a-z] or [0-9] for \\w or \\d"
            ));
        }
        // The library's message has several lines that show the position; the last has the reason.
        let fault = fault.to_string();
        let what = fault.lines().last().unwrap_or_default();
        let what = what.trim_start_matches("error: ");
        Failure::usage(format!(
            "--{flag} {pattern:?} is not a regular expression: {what}"
        ))
    })
}

/// Reads segments. Their names are used in gates, so they must not have the signs of gates, nor begin with a slash like
/// a folder.
fn segments(texts: &[String]) -> Result<Vec<SegmentPlan>, Failure> {
    let mut segments: Vec<SegmentPlan> = Vec::new();
    for text in texts {
        let fault = |what: &str| Failure::usage(format!("--segment {text:?}: {what}"));
        let Some((name, pattern)) = text.split_once('=') else {
            return Err(fault("write NAME=REGEX, such as checkout=/(cart|pay)/"));
        };
        let (name, pattern) = (name.trim(), pattern.trim());
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(is_plain) {
            return Err(fault(
                "the name before = may have letters, digits, spaces, and - _ . only",
            ));
        }
        if pattern.is_empty() {
            return Err(fault("there is no pattern behind ="));
        }
        if segments.iter().any(|it| it.name == name) {
            return Err(fault(
                "there is a segment of that name already; join them with |",
            ));
        }
        check_pattern("segment", pattern)?;
        segments.push(SegmentPlan {
            name: name.to_owned(),
            pattern: pattern.to_owned(),
        });
    }
    Ok(segments)
}

fn check_column(column: &str) -> Result<&str, Failure> {
    let fault = |what: &str| Failure::usage(format!("--select {column:?}: {what}"));
    match column.split_once('=') {
        Some((name, css)) if !name.trim().is_empty() => {
            let read = FieldSelector::parse(css);
            read.map(|_| name)
                .map_err(|error| fault(&error.to_string()))
        }
        _ => Err(fault("write NAME=CSS, such as price=.price")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;

    use super::super::args::{Cli, Command};
    use super::*;
    use crate::model::SamplePlan;

    fn args(words: &str) -> AuditArgs {
        let words = ["gatecrawl", "audit"]
            .into_iter()
            .chain(words.split_whitespace());
        match Cli::try_parse_from(words).expect("valid").command {
            Command::Audit(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    fn planned(words: &str) -> CrawlPlan {
        let args = args(words);
        let seeds: Vec<CrawlUrl> = args
            .scope
            .url
            .iter()
            .map(|text| crawl_url(text.expose()).expect("a URL"))
            .collect();
        plan(&args, &seeds).expect("a plan")
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let plan = planned("a.example");
        assert_eq!(plan.pace.concurrency, 8);
        assert_eq!(plan.pace.rate, Some(10.0));
        assert_eq!(plan.pace.retries, 2);
        assert_eq!(plan.requests.first_byte, Duration::from_secs(30));
        assert_eq!(plan.requests.connect, Duration::from_secs(10));
        assert_eq!(plan.requests.body_idle, Duration::from_secs(15));
        assert_eq!(plan.requests.max_body, 10 << 20);
        assert_eq!(plan.requests.robots_agents, ["gatecrawl"]);
        assert_eq!(plan.scope.coverage, Coverage::Site);
        assert_eq!(plan.scope.sitemaps, Sitemaps::Discovered(Vec::new()));
        assert_eq!(plan.scope.max_queries_per_path, 1_000);
        assert_eq!(plan.scope.max_pages, Some(1_000_000));
        assert_eq!(plan.scope.max_hosts, Some(1_000));
        assert_eq!(plan.scope.max_time, None);
        assert_eq!(plan.scope.max_disk, None);
        assert_eq!(
            (plan.experiments.enabled, plan.experiments.cache),
            (true, true)
        );
        assert_eq!(plan.sample, SamplePlan::Usual);
    }

    #[test]
    fn flags_reach_the_plan() {
        let plan = planned(
            "a.example -d 3 --max-pages 9 --max-hosts 7 --max-time 2h --max-disk 3GB -c 2 --rate-limit 0 --delay 2s -t 5 --max-body 1k \
             --max-retries 0 --host B.example --subdomains --no-sitemap --ignore-param utm_* -A Bot/1",
        );
        assert_eq!(
            (plan.scope.max_depth, plan.scope.max_pages),
            (Some(3), Some(9))
        );
        assert_eq!(plan.scope.max_hosts, Some(7));
        assert_eq!(plan.scope.max_time, Some(Duration::from_hours(2)));
        assert_eq!(plan.scope.max_disk, Some(3_000_000_000));
        assert_eq!((plan.pace.concurrency, plan.pace.rate), (2, None));
        assert_eq!(plan.pace.delay, Duration::from_secs(2));
        assert_eq!(plan.pace.retries, 0);
        assert_eq!(plan.requests.first_byte, Duration::from_secs(5));
        assert_eq!(plan.requests.max_body, 1024);
        assert_eq!(plan.requests.robots_agents, ["Bot"]);
        assert_eq!(plan.scope.hosts, ["b.example"]);
        assert_eq!(plan.scope.sitemaps, Sitemaps::Off);
        assert!(plan.scope.subdomains);
        assert_eq!(planned("a.example --sample 0").sample, SamplePlan::Off);
        assert!(plan.scope.known);
        assert!(!planned("a.example --no-known").scope.known);
        assert!(!planned("a.example --no-probe").experiments.enabled);
        assert!(planned("a.example").experiments.cache);
        assert!(!planned("a.example --no-probe-cache").experiments.cache);
    }

    #[test]
    fn a_list_keeps_one_seed_of_each_origin_and_reads_no_sitemap() {
        let urls = "https://a.example/1 https://a.example/2 http://a.example/3 https://b.example/";
        let list = planned(&format!("{urls} --url-list -"));
        assert_eq!(list.scope.seeds.len(), 3);
        assert_eq!(list.scope.coverage, Coverage::List);
        assert_eq!(list.scope.sitemaps, Sitemaps::Off);
        assert!(!list.scope.known);
        let crawl = planned(&format!("{urls} --url-list - --crawl"));
        assert_eq!(crawl.scope.coverage, Coverage::Site);
        assert_ne!(crawl.scope.sitemaps, Sitemaps::Off);
    }

    #[test]
    fn only_flags_given_again_change_a_resumed_plan() {
        let before = planned("a.example --rate 3 -c 4");
        let mut after = before.clone();
        let args = args("--resume --rate 1");
        amend(&mut after, &args.pace, &args.identity).expect("amended");
        assert_eq!(after.pace.rate, Some(1.0));
        assert_eq!(after.pace.concurrency, 4);
        assert_eq!(
            (after.scope, after.requests),
            (before.scope, before.requests)
        );
    }
}
