//! `gatecrawl links`: the links that the extractor finds on a page.

use std::path::Path;

use http::HeaderMap;

use crate::model::{CrawlUrl, Outcome, Reference, RequestPlan, UrlFault};
use crate::parse::{Resolver, RobotsDirectives, decode, link_references, page};
use crate::report::{csv_writer, without_formulas};

use crate::settings::args::LinksArgs;
use crate::settings::args::value::crawl_url;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::settings::source::{as_url, fetch, fetcher, read_file};
use crate::terminal::streams::Console;
use crate::terminal::text::tame;

/// Maximum bytes read of a page, as in an audit.
const MOST: usize = RequestPlan::USUAL_MAX_BODY;

/// The page to read, with its URL and headers.
struct Source {
    url: CrawlUrl,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Prints the links in the order of the page.
pub(in crate::cli) async fn run(args: &LinksArgs, console: &mut Console) -> Result<Exit, Failure> {
    let base = args.base.as_deref().map(crawl_url).transpose();
    let base = base.map_err(|fault| Failure::usage(format!("--base {fault}")))?;
    let source = match as_url(&args.source) {
        Some(url) => fetched(&url?, base).await?,
        None => Source {
            url: base.ok_or_else(|| {
                Failure::usage(
                    "--base: name the address of the page, to resolve its relative links",
                )
            })?,
            headers: HeaderMap::new(),
            body: read_file("", Path::new(&args.source), MOST as u64, &mut console.stdin)?,
        },
    };
    print(&source, console)
}

async fn fetched(url: &CrawlUrl, base: Option<CrawlUrl>) -> Result<Source, Failure> {
    let fetched = fetch(&fetcher(Some(url))?, url, MOST).await;
    match fetched.outcome {
        Outcome::OkHtml | Outcome::OkNonHtml | Outcome::SoftError200 | Outcome::TooLarge => {
            Ok(Source {
                url: base.unwrap_or(fetched.url),
                headers: fetched.exchange.headers,
                body: fetched.exchange.body,
            })
        }
        _ => {
            let status = fetched.status();
            Err(Failure::own(anyhow::anyhow!("{}: {status}", fetched.url)))
        }
    }
}

fn print(source: &Source, console: &mut Console) -> Result<Exit, Failure> {
    let content_type = source.headers.get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let (text, encoding) = decode(&source.body, content_type);
    let found = page(&text);
    let nofollow = RobotsDirectives::of_headers(&source.headers, &RobotsDirectives::SEARCH_BOTS)
        .and(found.robots(&RobotsDirectives::SEARCH_BOTS))
        .nofollow;
    let of_page = Resolver::new(&source.url, found.base.as_deref(), encoding);
    let of_headers = Resolver::of_headers(&source.url);
    let mut csv = csv_writer(&mut console.stdout);
    csv.write_record(["type", "url", "anchor", "rel", "follow"])?;
    let mut row = |reference: &Reference<'_>, resolver: &Resolver| -> Result<(), Failure> {
        let url = match resolver.resolve(&reference.target) {
            Ok(url) => url.as_str().to_owned(),
            // A URL with a scheme other than HTTP is not a link for a crawler.
            Err(UrlFault::Scheme(_)) => return Ok(()),
            Err(fault) => {
                console
                    .people
                    .say(format!("{:?}: {fault}", reference.target));
                return Ok(());
            }
        };
        let follow = !(nofollow || reference.nofollow);
        Ok(csv.write_record([
            reference.kind.name(),
            &tame(&without_formulas(&url)),
            &tame(&without_formulas(&reference.anchor)),
            &tame(&without_formulas(&reference.rel)),
            if follow { "true" } else { "false" },
        ])?)
    };
    for reference in link_references(&source.headers) {
        row(&reference, &of_headers)?;
    }
    for reference in &found.references {
        row(reference, &of_page)?;
    }
    csv.flush()?;
    drop(csv);
    for (links, why) in [
        (found.left_out, "beyond the limit of links per page"),
        (found.overlong, "longer than a link may be"),
    ] {
        if links > 0 {
            console.people.say(format!("{links} links left out: {why}"));
        }
    }
    Ok(Exit::Done)
}
