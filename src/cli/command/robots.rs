//! `gatecrawl robots`: tests URLs against a robots.txt.

use std::io::Write;
use std::path::Path;

use crate::model::CrawlUrl;
use crate::parse::robots::{Access, Group, Robots, SIZE_LIMIT, access};

use crate::settings::args::RobotsArgs;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::settings::source::{as_url, fetch, fetcher, read_file};
use crate::terminal::streams::{Console, People};
use crate::terminal::text::tame;

/// Maximum size of a file on disk, in bytes. The parser reports if its own limit is exceeded.
const LARGEST: u64 = 64 << 20;

/// The host for paths if no other is known.
const ANY_HOST: &str = "http://localhost/";

/// The rules of a robots.txt for a crawler.
enum Rules {
    Group(Group),
    AllowAll,
    DisallowAll,
}

/// Tests each URL.
pub(in crate::cli) async fn run(args: &RobotsArgs, console: &mut Console) -> Result<Exit, Failure> {
    let agents: Vec<&str> = args.agent.iter().map(String::as_str).collect();
    let (rules, base) = match as_url(&args.source) {
        Some(url) => {
            let url = robots_txt(&url?);
            (fetched(&url, &agents, &console.people).await?, Some(url))
        }
        None => {
            let path = Path::new(&args.source);
            let bytes = read_file("", path, LARGEST, &mut console.stdin)?;
            (
                group(&Robots::parse(&bytes), &agents, &console.people),
                None,
            )
        }
    };
    let mut all = true;
    for text in &args.url {
        let url = url(text, base.as_ref())?;
        if let Some(base) = &base
            && base.host_key() != url.host_key()
        {
            let host = url.host_key();
            let other = format!("{text}: not on this host; {host}/robots.txt decides");
            console.people.say(other);
        }
        let (allowed, line) = judge(&rules, &url);
        all &= allowed;
        let word = if allowed { "ALLOWED" } else { "DISALLOWED" };
        writeln!(console.stdout, "{word}\t{}\t{}", tame(text), tame(&line))?;
    }
    Ok(if all { Exit::Done } else { Exit::Failed })
}

fn judge(rules: &Rules, url: &CrawlUrl) -> (bool, String) {
    match rules {
        Rules::AllowAll => (true, "no robots.txt".to_owned()),
        Rules::DisallowAll => (false, "robots.txt unreachable".to_owned()),
        Rules::Group(group) => {
            let verdict = group.verdict(url.path_and_query());
            let line = match (verdict.line, verdict.rule) {
                (Some(line), Some(rule)) => format!("line {line}: {rule}"),
                _ => "no rule".to_owned(),
            };
            (verdict.allowed, line)
        }
    }
}

/// Returns the robots.txt of a site, given any of its URLs.
fn robots_txt(url: &CrawlUrl) -> CrawlUrl {
    if url.as_url().path().ends_with("/robots.txt") {
        url.clone()
    } else {
        url.host_key().robots_txt()
    }
}

async fn fetched(url: &CrawlUrl, agents: &[&str], people: &People) -> Result<Rules, Failure> {
    let fetcher = fetcher(Some(url))?;
    let answer = fetch(&fetcher, url, SIZE_LIMIT + 1).await;
    let status = answer.status();
    let (rules, meaning) = match access(answer.outcome, &answer.exchange.body) {
        Access::Rules(robots) => (group(&robots, agents, people), "its rules apply"),
        Access::AllowAll => (Rules::AllowAll, "there is none, so everything is allowed"),
        Access::DisallowAll => (
            Rules::DisallowAll,
            "it cannot be read, so nothing is allowed",
        ),
    };
    people.mention(format!("{}: {status}: {meaning}", answer.url));
    Ok(rules)
}

fn group(robots: &Robots, agents: &[&str], people: &People) -> Rules {
    for problem in robots.problems() {
        people.say(problem);
    }
    let unlisted = robots.problem_count() - robots.problems().len();
    if unlisted > 0 {
        people.say(format!("and {unlisted} more problems"));
    }
    Rules::Group(robots.group(agents))
}

/// Parses a URL or a path as the crawl does.
fn url(text: &str, base: Option<&CrawlUrl>) -> Result<CrawlUrl, Failure> {
    let joined = match base {
        Some(base) => base.join(text),
        None => CrawlUrl::parse(ANY_HOST).and_then(|base| base.join(text)),
    };
    joined.map_err(|fault| Failure::usage(format!("{text:?}: {fault}")))
}
