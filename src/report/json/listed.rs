//! A `summary.json` as a baseline: writes and reads the failing pages that it lists.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::assess::compare::{Listed, PageState, SectionState, Side, SiteScores};
use crate::assess::{Interval, ScoreModel};

/// Version of the summary's schema, increased when a key changes its meaning or is removed.
pub(super) const SCHEMA: u32 = 1;

/// Maximum failing pages that a summary lists, the worst first.
pub(super) const MOST_LISTED: u32 = 10_000;

/// The failing pages of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::report) struct FailingPages {
    /// Number of pages that failed at least once.
    pub(in crate::report) total: u64,
    /// The worst failing pages.
    pub(in crate::report) pages: Vec<FailingPage>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::report) struct FailingPage {
    pub(in crate::report) address: String,
    #[serde(flatten)]
    pub(in crate::report) state: PageState,
}

/// The reason why a file cannot be a baseline.
#[derive(Debug, thiserror::Error)]
pub enum SummaryFault {
    /// It cannot be read.
    #[error("could not read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is another kind of file.
    #[error("{} is neither a summary.json nor a database of gatecrawl: {why}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// Another version wrote it.
    #[error("{} has schema {found}, this version knows {SCHEMA}; write it again with `gatecrawl report`", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// The schema version of the file.
        found: u32,
    },
}

#[derive(Deserialize)]
struct Summary {
    schema: u32,
    run: Run,
    site: String,
    failing_pages: FailingPages,
    scores: Scores,
    model: Option<Model>,
}

#[derive(Deserialize)]
struct Model {
    version: String,
}

#[derive(Deserialize)]
struct Run {
    id: i64,
    started: String,
    state: String,
}

#[derive(Deserialize)]
struct Scores {
    crawlability: Option<Score>,
    indexing_risk: Option<Score>,
    error_rate: Option<Interval>,
    sections: Vec<Section>,
}

/// A score; all of its fields are null if there was too little evidence.
#[derive(Deserialize)]
struct Score {
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

#[derive(Deserialize)]
struct Section {
    name: String,
    #[serde(flatten)]
    state: SectionState,
}

impl Score {
    fn known(&self) -> Option<Interval> {
        Some(Interval {
            low: self.low?,
            value: self.value?,
            high: self.high?,
        })
    }
}

/// Reads the failing pages that a `summary.json` lists.
pub fn read_summary(path: &Path) -> Result<Listed, SummaryFault> {
    let file = File::open(path).map_err(|source| SummaryFault::Read {
        path: path.to_owned(),
        source,
    })?;
    let read: serde_json::Result<Summary> = serde_json::from_reader(BufReader::new(file));
    let summary = read.map_err(|fault| SummaryFault::Foreign {
        path: path.to_owned(),
        why: fault.to_string(),
    })?;
    if summary.schema != SCHEMA {
        return Err(SummaryFault::Schema {
            path: path.to_owned(),
            found: summary.schema,
        });
    }
    let scores = summary.scores;
    let known = |score: Option<Score>| score.and_then(|score| score.known());
    let model = summary.model.as_ref();
    let model = model.and_then(|model| ScoreModel::from_name(&model.version));
    let pages = summary.failing_pages.pages.into_iter();
    Ok(Listed {
        side: Side {
            name: format!("run {} of {}", summary.run.id, path.display()),
            site: summary.site,
            started: summary.run.started,
            state: summary.run.state,
        },
        pages: pages.map(|page| (page.address, page.state)).collect(),
        total: summary.failing_pages.total,
        scores: SiteScores {
            crawlability: known(scores.crawlability),
            indexing_risk: known(scores.indexing_risk),
            error_rate: scores.error_rate,
        },
        model: model.unwrap_or(ScoreModel::FIRST),
        sections: (scores.sections.into_iter())
            .map(|section| (section.name, section.state))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Listed, String> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("summary.json");
        std::fs::write(&path, text).expect("written");
        read_summary(&path).map_err(|fault| fault.to_string())
    }

    fn summary(schema: u32) -> String {
        let page = r#"{"address": "https://a.example/x", "verdict": "persistent", "status": 502,
            "attempts": 3, "failed": 3, "passes": 3, "priority": 1.5,
            "error_rate": {"low": 0.4385, "value": 1.0, "high": 1.0}}"#;
        format!(
            r#"{{"schema": {schema}, "run": {{"id": 4, "started": "s", "state": "finished"}},
                "site": "https://a.example", "failing_pages": {{"total": 2, "pages": [{page}]}},
                "scores": {{"crawlability": {{"value": null, "low": null, "high": null}},
                    "sections": []}}, "more": 1}}"#
        )
    }

    #[test]
    fn the_listed_pages_and_their_total_are_read() {
        let listed = read(&summary(SCHEMA)).expect("a summary");
        assert_eq!((listed.total, listed.pages.len()), (2, 1));
        assert!(listed.pages[0].1.fails());
        assert_eq!(listed.scores, SiteScores::default());
        assert_eq!(listed.model, ScoreModel::FIRST);
        let newer = summary(SCHEMA).replace(
            "\"more\": 1",
            "\"model\": {\"version\": \"gatecrawl score v2\"}",
        );
        assert_eq!(read(&newer).expect("a summary").model, ScoreModel::OURS);
        assert!(listed.side.name.starts_with("run 4 of "));
    }

    #[test]
    fn a_file_that_is_no_summary_is_an_error() {
        let cases = [
            ("{}", "missing field `schema`"),
            ("no", "is neither a summary.json nor a database"),
            (&summary(99), "has schema 99, this version knows 1"),
        ];
        for (text, expected) in cases {
            let fault = read(text).expect_err("no summary");
            assert!(fault.contains(expected), "{fault}");
        }
    }
}
