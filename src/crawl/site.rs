//! The values that every visit of a crawl needs and none changes.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::model::CrawlPlan;
use crate::parse::{FieldSelector, SelectorFault};
use crate::policy::{Scope, ScopeError};

use super::visit::LinkMemo;

/// Large sitemaps that are read at a time. Ours.
const MOST_SITEMAPS: usize = 2;

/// The compiled plan of a crawl.
#[derive(Debug)]
pub struct Site {
    /// The plan.
    pub plan: CrawlPlan,
    /// The scope of the crawl.
    pub scope: Scope,
    /// The `--select` columns.
    pub(super) fields: Vec<FieldSelector>,
    /// The `User-Agent`, shared by all attempts.
    pub(super) user_agent: Arc<str>,
    /// Recent meanings of references.
    pub(super) memo: LinkMemo,
    /// Large pages that may be read at a time: the data read from one is larger than the page.
    pub(super) large_pages: Arc<Semaphore>,
    /// Large sitemaps that may be read at a time: the entries of one may have as many bytes as the file.
    pub(super) large_sitemaps: Arc<Semaphore>,
    /// Random hash keys, so that a site cannot make a robots.txt with the same hash as another.
    texts: RandomState,
}

/// The hash of a file's text: files with equal texts share their rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TextHash(pub(super) u64);

/// A plan that cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// A pattern cannot be used.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// A selector cannot be used.
    #[error("--select {column}")]
    Selector {
        /// The column's name.
        column: String,
        /// The reason.
        #[source]
        source: SelectorFault,
    },
    /// A column without a selector.
    #[error("--select {0:?} is not NAME=CSS; write, for example, price=.price")]
    Column(String),
}

impl Site {
    /// Compiles a plan.
    pub fn new(plan: CrawlPlan) -> Result<Site, SiteError> {
        let mut fields = Vec::with_capacity(plan.scope.select.len());
        for column in &plan.scope.select {
            let Some((name, selector)) = column.split_once('=') else {
                return Err(SiteError::Column(column.clone()));
            };
            let selector =
                FieldSelector::parse(selector).map_err(|source| SiteError::Selector {
                    column: name.to_owned(),
                    source,
                })?;
            fields.push(selector);
        }
        Ok(Site {
            scope: Scope::new(&plan.scope)?,
            fields,
            memo: LinkMemo::default(),
            large_pages: Arc::new(Semaphore::new(processors())),
            large_sitemaps: Arc::new(Semaphore::new(MOST_SITEMAPS)),
            texts: RandomState::new(),
            user_agent: plan.requests.user_agent.as_str().into(),
            plan,
        })
    }

    /// Returns the hash of a robots.txt's text.
    pub(super) fn text(&self, body: &[u8]) -> TextHash {
        TextHash(self.texts.hash_one(body))
    }

    /// Returns the names under which robots.txt may address the crawl.
    pub(super) fn robots_agents(&self) -> Vec<&str> {
        let agents = &self.plan.requests.robots_agents;
        agents.iter().map(String::as_str).collect()
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
