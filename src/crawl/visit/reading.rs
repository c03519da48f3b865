//! The contents of an answer.

use crate::model::{Link, PageRecord};

/// The contents of an answer.
#[derive(Debug, Default)]
pub(in crate::crawl) struct Reading {
    pub(in crate::crawl) page: PageRecord,
    pub(in crate::crawl) links: Vec<Link>,
}
