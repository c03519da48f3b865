//! Where hosts were when they answered in an earlier process, told to the fetcher before anything is
//! requested: an interrupted run goes on with the judgement that it began with, and pages that an earlier
//! run knew are requested only where their host still is.

use std::collections::HashSet;

use crate::fetch::Fetcher;
use crate::frontier::Frontier;
use crate::model::HostKey;
use crate::store::EarlierPages;

use crate::crawl::dispatch::dispatcher::Dispatcher;
use crate::crawl::run::event::Observer;
use crate::crawl::run::parts::CrawlError;

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    /// Tells the fetcher where the hosts of this run were, and who led to those that wait.
    pub(in crate::crawl) fn recall_places(&self) -> Result<(), CrawlError> {
        for (host, addresses) in self.store.reached(self.run)? {
            self.fetcher.was_at(&host.home_page(), &addresses);
        }
        for (from, to) in self.store.waiting_by_host(self.run)? {
            self.fetcher.led(&from.home_page(), &to.home_page());
        }
        Ok(())
    }

    /// The hosts of an earlier run that are on another network now: their paths were found elsewhere.
    pub(in crate::crawl) fn moved_since(
        &self,
        earlier: &EarlierPages,
    ) -> Result<HashSet<HostKey>, CrawlError> {
        let reached = self.store.reached(earlier.run())?;
        let moved = reached
            .into_iter()
            .filter(|(host, addresses)| !self.fetcher.was_at(&host.home_page(), addresses));
        Ok(moved.map(|(host, _)| host).collect())
    }
}
