//! The visits of `--traffic`: the files, read and put together.

use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::audit::{CrawlOrder, RunOrder, label};
use crate::model::CrawlUrl;
use crate::parse::traffic::{self, TrafficFile, Visits};
use crate::parse::url_list::Shape;
use crate::store::Traffic;
use crate::terminal::streams::People;
use crate::terminal::text::{count, number};

use crate::settings::args::value::seed;
use crate::settings::args::{AuditArgs, TrafficArgs};
use crate::settings::failure::Failure;

/// Maximum size of a file in bytes, because it is held in memory.
const LARGEST: u64 = 256 << 20;

/// Maximum pages of all files together. They are held in memory and stored.
const MOST_PAGES: usize = 1_000_000;

/// Days of the counts where no file states them: Search Console shows three months by default.
const ASSUMED_DAYS: u32 = 90;

/// Reads the files for a new run, with the label of its site.
pub(crate) fn of_order(
    args: &AuditArgs,
    order: &CrawlOrder,
    people: &People,
) -> Result<Option<(String, Traffic)>, Failure> {
    let RunOrder::New { seeds, .. } = &order.run else {
        return Ok(None);
    };
    let traffic = read(&args.traffic, seeds, &mut |line| people.mention(line))?;
    Ok(traffic.map(|traffic| (label(seeds), traffic)))
}

/// Reads the files; `None` if there are none. A path alone, such as `/a`, is a page of the first site.
fn read(
    args: &TrafficArgs,
    seeds: &[CrawlUrl],
    say: &mut dyn FnMut(String),
) -> Result<Option<Traffic>, Failure> {
    if args.traffic.is_empty() {
        return Ok(None);
    }
    let mut all = Traffic::default();
    for path in &args.traffic {
        let name = path.display();
        let fault =
            |what: &dyn std::fmt::Display| Failure::usage(format!("--traffic {name}: {what}"));
        let bytes = bytes(path).map_err(|why| fault(&why))?;
        let (mut sum, mut pages, mut beyond) = (Visits::default(), 0, false);
        let mut add = |text: &str, shape, visits| {
            let Some(url) = url(text, shape, seeds) else {
                return;
            };
            let room = all.pages.len() < MOST_PAGES;
            match all.pages.entry(url.to_string()) {
                Entry::Occupied(mut known) => known.get_mut().add(visits),
                Entry::Vacant(new) if room => {
                    new.insert(visits);
                }
                Entry::Vacant(_) => beyond = true,
            }
            pages += 1;
            sum.add(visits);
        };
        let column = args.traffic_column.as_deref();
        let file = traffic::read(&bytes, column, &mut add).map_err(|why| fault(&why))?;
        if beyond {
            let most = number(MOST_PAGES as u64);
            return Err(fault(&format!(
                "more than {most} pages; leave out those without visits"
            )));
        }
        say(format!("--traffic {name}: {}", in_words(&file, pages, sum)));
        all.days = all.days.max(file.days.unwrap_or_default());
    }
    all.stated = all.days > 0;
    if !all.stated {
        all.days = ASSUMED_DAYS;
        say(format!(
            "--traffic: no file says which days it covers; {ASSUMED_DAYS} are assumed (the zip file of Search Console says it)"
        ));
    }
    Ok(Some(all))
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|why| why.to_string())?;
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|why| why.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err(
            "more than 256 MiB; export visits by page, without queries and days".to_owned(),
        );
    }
    Ok(bytes)
}

fn url(text: &str, shape: Shape, seeds: &[CrawlUrl]) -> Option<CrawlUrl> {
    match shape {
        Shape::Absolute | Shape::Host => seed(text).ok().map(|seed| seed.url),
        Shape::Path => seeds.first()?.join(text).ok(),
        Shape::Other => None,
    }
}

fn in_words(file: &TrafficFile, pages: u64, sum: Visits) -> String {
    let whole = |visits: f64| visits.round() as u64;
    let visits = match (sum.clicks, sum.sessions) {
        (Some(clicks), _) => count(whole(clicks), "click"),
        (None, sessions) => count(whole(sessions.unwrap_or_default()), "session"),
    };
    let days = file.days.map_or(String::new(), |days| {
        format!(" in {}", count(days.into(), "day"))
    });
    format!(
        "{}, {visits}{days}, from {}",
        count(pages, "row"),
        file.columns
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_put_together_and_paths_are_of_the_site() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let site = CrawlUrl::parse("https://shop.test/").expect("a URL");
        let search =
            "Top pages,Clicks,Impressions,CTR,Position\nhttps://shop.test/a,56,900,6.2%,3\n";
        let visits = "# Start date: 20261101\n# End date: 20261128\n\nLanding page,Sessions\n/a,70\n/b?x=1,5\n(not set),9\n";
        let args = |traffic| TrafficArgs {
            traffic,
            traffic_column: None,
        };
        let mut said = Vec::new();
        let mut say = |line| said.push(line);
        let both = args(vec![file("s.csv", search), file("g.csv", visits)]);
        let found = read(&both, std::slice::from_ref(&site), &mut say)
            .ok()
            .flatten();
        let found = found.expect("visits");
        assert_eq!((found.days, found.stated, found.pages.len()), (28, true, 2));
        let of_a = found.pages["https://shop.test/a"];
        assert_eq!((of_a.clicks, of_a.sessions), (Some(56.0), Some(70.0)));
        assert_eq!(found.pages["https://shop.test/b?x=1"].sessions, Some(5.0));
        let alone = read(&args(vec![file("s.csv", search)]), &[], &mut say)
            .ok()
            .flatten();
        assert_eq!(
            alone.map(|it| (it.days, it.stated)),
            Some((ASSUMED_DAYS, false))
        );
        let mut fault = |text| {
            let path = file("x.csv", text);
            let fault = read(&args(vec![path]), &[], &mut say).err();
            fault.and_then(|it| it.message()).unwrap_or_default()
        };
        assert!(fault("a\nb\n").contains("x.csv: no URL in it; give"));
        assert_eq!(read(&args(Vec::new()), &[], &mut say).ok(), Some(None));
        let first = ": 1 row, 56 clicks, from column \"Top pages\": clicks from \"Clicks\", impressions from \"Impressions\"";
        assert!(said[0].ends_with(first), "{said:?}");
    }
}
