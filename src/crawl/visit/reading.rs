//! What an answer says.

use crate::model::{Link, PageRecord};

/// What an answer says.
#[derive(Debug, Default)]
pub(in crate::crawl) struct Reading {
    pub(in crate::crawl) page: PageRecord,
    pub(in crate::crawl) links: Vec<Link>,
}
