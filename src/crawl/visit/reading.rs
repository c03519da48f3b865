//! The contents of an answer.

use crate::model::{Link, PageRecord};

/// What parsing an answer gave: the facts of the page, and its links.
#[derive(Debug, Default)]
pub(in crate::crawl) struct Reading {
    pub(in crate::crawl) page: PageRecord,
    pub(in crate::crawl) links: Vec<Link>,
}
