//! Notices start URLs that redirect to another site, which is not audited, so that the user gets a warning.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::crawl::{Event, Observer, Site};
use crate::model::{Attempt, CrawlUrl};

use super::unaudited::host;

/// A start URL that redirects to another site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// The start URL, or its redirect target within the site.
    pub from: CrawlUrl,
    /// The redirect target on the other site.
    pub to: CrawlUrl,
}

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Away { from, to } = self;
        let host = host(to);
        write!(
            f,
            "{from} redirects to another site, {to}; --host {host} audits that too"
        )
    }
}

/// An observer that watches the start URLs and passes every event on.
pub(super) struct Starts<O> {
    observer: O,
    site: Arc<Site>,
    /// The start URLs and their redirect targets.
    urls: HashSet<CrawlUrl>,
    away: Option<Away>,
}

impl<O> Starts<O> {
    pub(super) fn new(observer: O, site: Arc<Site>) -> Starts<O> {
        Starts {
            observer,
            urls: site.plan.scope.seeds.iter().cloned().collect(),
            site,
            away: None,
        }
    }

    /// Returns the first start URL that redirects to another site.
    pub(super) fn away(self) -> Option<Away> {
        self.away
    }

    fn follow(&mut self, url: &CrawlUrl, attempt: &Attempt) {
        let Some(location) = attempt.redirect.as_deref() else {
            return;
        };
        if !self.urls.contains(url) {
            return;
        }
        let Ok(target) = url.join(location) else {
            return;
        };
        if self.away.is_none() && !self.site.scope.is_site(&target) {
            self.away = Some(Away {
                from: url.clone(),
                to: target.clone(),
            });
        }
        self.urls.insert(target);
    }
}

impl<O: Observer> Observer for &mut Starts<O> {
    fn see(&mut self, event: &Event<'_>) {
        self.observer.see(event);
        // A redirect for another client says nothing about where the site is.
        if let Event::Attempted { url, attempt, .. } = event
            && attempt.purpose.is_evidence()
        {
            self.follow(url, attempt);
        }
    }
}
