//! A finished run in words: everything that a report shows, selected and bounded, without markup. The formats for
//! people render this and nothing else.

pub(super) mod brief;
mod changes;
mod color;
mod facts;
mod fixes;
mod heat;
mod lead;
mod listing;
mod pages;
pub(super) mod problems;
mod scores;
mod timeline;

use std::io;

use serde::Serialize;

use brief::{Brief, Headline, Trend};

use crate::assess::GateResult;
use crate::store::{RunRow, SlowPage, Store};

use super::files::cover::Audience;
use super::files::fault::Fault;
use super::files::format::Export;
use super::wanted::Wanted;
use super::words::{not_estimated, traffic, uncaught};

pub use color::Color;
pub(super) use facts::{About, Part};
pub(super) use fixes::FindingView;
pub(super) use timeline::{Bin, Phase, Timeline};

/// Whose report it is.
#[derive(Debug, Serialize)]
struct CoverView {
    /// Title of the report; absent if it has the site's name.
    title: Option<String>,
    /// A picture, as a `data:` URL.
    logo: Option<String>,
    /// Whether attempts and commands are left out.
    client: bool,
}

/// A run in words.
#[derive(Debug, Serialize)]
pub(super) struct View {
    cover: CoverView,
    pub(super) about: About,
    pub(super) headline: Headline,
    /// The changes since the baseline, in sentences.
    news: Vec<String>,
    trends: Vec<Trend>,
    scores: Vec<scores::ScoreView>,
    /// The estimate of pages that fail now and then and were not caught, or why there is none, in a sentence; absent
    /// for small sites.
    uncaught: Option<String>,
    /// How far the visits of `--traffic` fit, and what failures cost, in a sentence; absent without visits.
    traffic: Option<String>,
    verdicts: Vec<Part>,
    statuses: Vec<Part>,
    coverage: facts::CoverageView,
    #[serde(skip)]
    pub(super) timeline: Timeline,
    heat: heat::Heat,
    /// The hosts, the worst first; empty if there is one.
    hosts: heat::Hosts,
    pub(super) findings: fixes::Findings,
    pub(super) pages: pages::Pages,
    experiments: Vec<fixes::ExperimentView>,
    /// Pages that answer 4xx.
    missing: listing::Missing,
    redirects: listing::Listing,
    sitemaps: listing::Listing,
    robots: listing::Listing,
    skipped: listing::Listing,
    slowest: Vec<SlowPage>,
    gates: Vec<GateResult>,
    /// Absent without a baseline.
    compare: Option<changes::Changes>,
    files: Vec<String>,
    model: String,
    footer: String,
}

impl View {
    /// Reads a concluded run.
    pub(super) fn read(store: &Store, run: &RunRow, wanted: &Wanted) -> Result<View, Fault> {
        let summary = store.summary(run.id)?;
        let zone = &wanted.zone;
        let mut pages = pages::read(store, run, zone)?;
        let findings = fixes::findings(store, run, &summary, zone)?;
        for page in &mut pages.rows {
            page.finding = findings.about(&page.id, page.topic);
        }
        let brief = match &wanted.brief {
            Some(brief) => brief.clone(),
            None => Brief::read(store, &wanted.judged(run, &summary))?,
        };
        let mut timeline = timeline::time_of(store, run, zone)?;
        let mut grid = heat::Grid::of(store, run, &summary.scores.sections)?;
        store.ticks(run.id, &mut |tick| {
            if let Some(bin) = timeline.add(tick) {
                grid.add(tick, bin);
            }
        })?;
        Ok(View {
            cover: CoverView {
                title: wanted.cover.title.clone(),
                logo: wanted.cover.picture().map_err(io::Error::other)?,
                client: wanted.cover.audience == Audience::Client,
            },
            about: facts::about(run, &summary, zone),
            hosts: heat::hosts(&summary.scores.hosts),
            news: brief.sentences(),
            trends: brief.trends,
            headline: brief.state,
            scores: scores::scores(&summary.scores),
            uncaught: (summary
                .scores
                .not_estimated
                .map(|why| not_estimated(why).to_owned()))
            .or_else(|| summary.scores.uncaught.as_ref().map(uncaught)),
            traffic: summary.traffic.as_ref().map(traffic),
            verdicts: facts::verdicts(&summary),
            statuses: facts::statuses(&summary),
            coverage: facts::coverage(&summary),
            heat: grid.heat(zone),
            missing: listing::missing(store, run, &summary)?,
            timeline,
            findings,
            experiments: fixes::experiments(&summary.experiments),
            pages,
            redirects: listing::redirects(store, run)?,
            sitemaps: listing::sitemaps(store, run)?,
            robots: listing::robots(store, run)?,
            skipped: listing::skipped(store, run)?,
            slowest: store.slowest_pages(run.id, pages::SLOW)?,
            gates: wanted.gates.clone(),
            compare: wanted
                .compared
                .as_ref()
                .map(|compared| changes::changes(&compared.comparison, zone)),
            files: files(wanted),
            model: summary.scores.model.to_string(),
            footer: summary.scores.model.footer(),
        })
    }
}

/// Returns the names of the files that are written beside the report.
fn files(wanted: &Wanted) -> Vec<String> {
    wanted
        .exports()
        .into_iter()
        .map(Export::file_name)
        .collect()
}
