//! An estimate of a change's size in memory, so that the queue to the disk is bounded in bytes. It
//! counts the parts that a site can make large; the rest is small and the same for all.

use crate::model::{Attempt, CrawlUrl, Link, LinkTarget};

use super::change::{Change, FileRecord, SitemapEntry, Then, VisitRecord};

/// Bytes of a URL besides its text.
const URL: usize = 128;

impl Change {
    /// Returns the estimate in bytes.
    pub(in crate::store) fn weight(&self) -> usize {
        let held = match self {
            Change::Seeds(seeds) => seeds.iter().map(|seed| url(&seed.url)).sum(),
            Change::Known(pages) => pages.iter().map(|page| url(&page.url)).sum(),
            Change::Pages(pages) => pages.iter().map(|page| url(&page.url)).sum(),
            Change::Visit(visit) => of_visit(visit),
            Change::Reopened(urls, _) => urls.iter().map(url).sum(),
            Change::Probed(_, attempts) => attempts.iter().map(attempt).sum(),
            Change::Skipped(urls) => urls.iter().map(|(skipped, _)| url(skipped)).sum(),
            Change::Kept(_) | Change::Outage(_) => 0,
        };
        size_of::<Change>() + held
    }
}

fn of_visit(visit: &VisitRecord) -> usize {
    let hops: usize = visit.hops.iter().map(|(_, hop)| attempt(hop)).sum();
    let then = match &visit.then {
        Then::Again(_) => 0,
        Then::Settled {
            page, links, file, ..
        } => {
            let selected = page.selected.iter().flatten().map(String::len);
            let links = links.iter().map(link);
            links.chain(selected).sum::<usize>() + file.as_deref().map_or(0, of_file)
        }
    };
    size_of::<VisitRecord>() + attempt(&visit.attempt) + hops + then
}

fn of_file(file: &FileRecord) -> usize {
    let (entries, problems, body) = match file {
        FileRecord::Robots(robots) => (&robots.sitemaps, &robots.problems, robots.body.as_ref()),
        FileRecord::Sitemap(sitemap) => (&sitemap.entries, &sitemap.problems, None),
    };
    let entries = entries.iter().map(|entry| url(&entry.url));
    let problems = problems.iter().map(String::len);
    let body = body.map_or(0, Vec::len);
    size_of::<FileRecord>() + entries.chain(problems).sum::<usize>() + body
}

fn attempt(attempt: &Attempt) -> usize {
    let head = attempt
        .error_page
        .as_ref()
        .map_or(0, |page| page.head.len());
    size_of::<Attempt>() + head
}

fn link(link: &Link) -> usize {
    let target = match &link.target {
        LinkTarget::Stored(_) => 0,
        LinkTarget::Url { url: target, .. } => url(target),
        LinkTarget::Invalid { text, fault } => text.len() + fault.len(),
        LinkTarget::Further { fault, .. } => fault.len(),
    };
    size_of::<Link>() + target + link.anchor.len() + link.rel.len()
}

fn url(url: &CrawlUrl) -> usize {
    size_of::<SitemapEntry>() + URL + url.as_str().len()
}
