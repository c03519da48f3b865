//! Pages that are one click further away than those before. They are queued once the store has
//! their URLs.

use std::time::Duration;

use crate::crawl::event::Observer;
use crate::crawl::parts::CrawlError;
use crate::crawl::state::HeldBack;
use crate::crawl::stop::StopLevel;
use crate::fetch::Fetcher;
use crate::frontier::{Discovery, Frontier};
use crate::model::Fingerprint;

use super::Dispatcher;

/// Time between two checks whether the writer has stored the pages. Ours.
const UNTIL_STORED: Duration = Duration::from_millis(10);

/// Pages of a level that are read and offered at a time: the crawl can be stopped between two
/// batches. Ours.
const LEVEL_BATCH: usize = 1_000;

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier + 'static,
    O: Observer,
{
    /// Queues the pages that are one click further away. Returns false if there are none.
    pub(super) async fn offer_next_level(&mut self) -> Result<bool, CrawlError> {
        let next = self.state.next_level();
        for batch in next.chunks(LEVEL_BATCH) {
            // A crawl that must end leaves the rest to `--resume`: the store has them as queued.
            let Some(found) = self.once_stored(batch).await? else {
                break;
            };
            self.frontier.offer(&found).await?;
            self.gauge().await?;
        }
        Ok(!next.is_empty())
    }

    /// Waits until the store has these pages, then returns them with their URLs; `None` if the crawl
    /// must end before.
    async fn once_stored(
        &mut self,
        pages: &[HeldBack],
    ) -> Result<Option<Vec<Discovery>>, CrawlError> {
        let urls: Vec<Fingerprint> = pages.iter().map(|page| page.url).collect();
        while self.stop.level() == StopLevel::Run {
            let addresses = self.shelf.read(&urls)?;
            let addresses: Option<Vec<String>> = addresses.into_iter().collect();
            if let Some(addresses) = addresses {
                let found = pages.iter().zip(&addresses);
                let found = found.filter_map(|(page, address)| page.found(address));
                return Ok(Some(found.collect()));
            }
            let later = self.clock.now() + UNTIL_STORED;
            tokio::select! {
                mark = self.writer.stored() => match mark {
                    Some(mark) => self.settle(mark).await?,
                    None => return Ok(None),
                },
                () = self.clock.sleep_until(later) => {}
                () = self.stop.changed() => {}
            }
            self.gauge().await?;
        }
        Ok(None)
    }
}
