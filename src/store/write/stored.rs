//! The stored URLs, shared with all threads. A parser replaces a link to one of them by its number,
//! so neither the crawl nor the writer examines its URL again.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::model::{Admission, Fingerprint, UrlNumber};
use crate::store::rows::ids::{Known, UrlId, UrlIds};

/// The URLs of a run, by fingerprint. Only the writer adds to them, in short critical sections.
#[derive(Clone, Debug, Default)]
pub struct StoredUrls(Arc<RwLock<UrlIds>>);

/// A read guard; nothing is added while it exists.
#[derive(Debug)]
pub struct Look<'a>(RwLockReadGuard<'a, UrlIds>);

impl StoredUrls {
    /// Locks the URLs for reading, for all links of a page at once.
    pub fn look(&self) -> Look<'_> {
        Look(self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(in crate::store) fn get(&self, fingerprint: Fingerprint) -> Option<Known> {
        self.look().get(fingerprint)
    }

    pub(in crate::store) fn set(&self, fingerprint: Fingerprint, known: Known) {
        let mut urls = self.0.write().unwrap_or_else(PoisonError::into_inner);
        urls.set(fingerprint, known);
    }

    /// Makes a URL known as one to be fetched, for tests of other rooms.
    #[cfg(test)]
    pub(crate) fn learn(&self, fingerprint: Fingerprint, id: UrlId) {
        let known = Known {
            id,
            skipped: false,
            in_sitemap: false,
        };
        self.set(fingerprint, known);
    }

    pub(in crate::store) fn next(&self) -> UrlId {
        self.look().0.next()
    }
}

impl Look<'_> {
    /// Returns the number of a URL if a link with this admission changes nothing: it is fetched
    /// already, or still must not be fetched.
    pub fn settled(&self, fingerprint: Fingerprint, admission: &Admission) -> Option<UrlNumber> {
        let known = self.get(fingerprint)?;
        let is_settled = !known.skipped || matches!(admission, Admission::Skip(..));
        is_settled.then_some(UrlNumber(known.id))
    }

    /// Returns the number of a URL that is fetched, whatever the link's admission.
    pub fn fetched(&self, fingerprint: Fingerprint) -> Option<UrlNumber> {
        let known = self.get(fingerprint)?;
        (!known.skipped).then_some(UrlNumber(known.id))
    }

    /// Returns whether the run knows the URL, fetched or not.
    pub fn has(&self, fingerprint: Fingerprint) -> bool {
        self.get(fingerprint).is_some()
    }

    pub(in crate::store) fn get(&self, fingerprint: Fingerprint) -> Option<Known> {
        self.0.get(fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CrawlUrl, Role, Skip, SkipReason};

    #[test]
    fn a_link_that_would_get_a_skipped_url_fetched_is_not_settled() {
        let urls = StoredUrls::default();
        let url = CrawlUrl::parse("http://h/a").expect("a URL");
        let fetch = Admission::Fetch(Role::Page);
        let skip = Admission::Skip(Role::Page, Skip::new(SkipReason::Nofollow, ""));
        let settled = |admission| urls.look().settled(url.fingerprint(), admission);
        assert_eq!((settled(&fetch), settled(&skip)), (None, None));
        let mut known = Known {
            id: 7,
            skipped: true,
            in_sitemap: false,
        };
        urls.set(url.fingerprint(), known);
        assert_eq!(
            (settled(&fetch), settled(&skip)),
            (None, Some(UrlNumber(7)))
        );
        known.skipped = false;
        urls.set(url.fingerprint(), known);
        assert_eq!(settled(&fetch), Some(UrlNumber(7)));
    }
}
