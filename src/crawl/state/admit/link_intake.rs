//! The admission of one page's links.

use crate::frontier::Discovery;
use crate::model::{Admission, CrawlUrl, Link, LinkKind, LinkTarget, Role, Skip, SkipReason};
use crate::store::Look;

use super::admissions::{Admissions, By};
use crate::crawl::visit::weight;

/// The data needed to admit one page's links.
pub(in crate::crawl::state) struct LinkIntake<'a> {
    /// The page.
    pub(in crate::crawl::state) found: &'a Discovery,
    /// Why its new links are not followed, if they are not.
    pub(in crate::crawl::state) endless: Option<String>,
    /// The URLs in the store.
    pub(in crate::crawl::state) look: Look<'a>,
    pub(in crate::crawl::state) admissions: &'a mut Admissions,
    /// The URLs to queue.
    pub(in crate::crawl::state) new: Vec<Discovery>,
    /// Links that were not accepted and lead to unknown pages.
    pub(in crate::crawl::state) unseen: usize,
}

impl LinkIntake<'_> {
    /// Returns whether a link is accepted. It is not if it leads to a new URL for which the run has
    /// no room.
    pub(in crate::crawl::state) fn takes(&mut self, link: &mut Link) -> bool {
        let is_redirect = link.kind == LinkKind::Redirect;
        let LinkTarget::Url {
            url,
            fingerprint,
            admission,
        } = &mut link.target
        else {
            return true;
        };
        // Most links of a page lead to known URLs.
        if self.admissions.is_settled(*fingerprint) {
            return true;
        }
        let bytes = weight(url);
        // The target of a redirect belongs to the page.
        let is_free = is_redirect || self.look.has(*fingerprint);
        if let Admission::Fetch(role) = *admission {
            if !is_free && !self.admissions.appetite.has_room(bytes) {
                self.unseen += usize::from(role != Role::External);
                return false;
            }
            self.admit_target(url, (role, is_redirect), admission);
        }
        is_free
            || match admission {
                Admission::Fetch(_) => self.admissions.appetite.take_link(bytes),
                Admission::Skip(..) => self.admissions.appetite.take_noted(bytes),
            }
    }

    /// Admits the target of a link, unless nothing new is followed from this page.
    fn admit_target(
        &mut self,
        url: &CrawlUrl,
        (role, is_redirect): (Role, bool),
        admission: &mut Admission,
    ) {
        if let (Some(why), Role::Page) = (&self.endless, role) {
            *admission = Admission::Skip(role, Skip::new(SkipReason::Trap, why));
            return;
        }
        let target = Discovery {
            depth: self.found.depth + u32::from(!is_redirect),
            hops: if is_redirect { self.found.hops + 1 } else { 0 },
            ..Discovery::new(url.clone(), role)
        };
        let by = By::Page(&self.found.url);
        self.admissions.admit(target, by, admission, &mut self.new);
    }
}
