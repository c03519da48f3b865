//! What is kept of an answer, looked through for secrets once more. `fetch` cuts out of an answer what it repeats as
//! it was written; to read is to put together what was in parts: white space is folded, tags are left out,
//! references are resolved, encodings are undone. Without secrets nothing is looked at.

use crate::fetch::Redactor;
use crate::model::{CrawlUrl, LinkTarget, UrlFault};
use crate::store::{RobotsRecord, SitemapRecord};

use super::reading::Reading;

/// The URL without secrets; none if there is nothing left that could be requested.
pub(super) fn cut_url(redactor: Option<&Redactor>, url: CrawlUrl) -> Result<CrawlUrl, UrlFault> {
    match redactor {
        Some(redactor) => redactor.url(url),
        None => Ok(url),
    }
}

/// Cuts secrets out of the texts of a page; its URLs have none.
pub(super) fn cut_reading(redactor: &Redactor, reading: &mut Reading) {
    let page = &mut reading.page;
    let mut texts = vec![
        &mut page.content_type,
        &mut page.last_modified,
        &mut page.x_robots_tag,
    ];
    if let Some(html) = &mut page.html {
        texts.extend([&mut html.title, &mut html.meta_robots, &mut html.language]);
    }
    texts.extend(&mut page.selected);
    cut_texts(redactor, texts.into_iter().flatten());
    for link in &mut reading.links {
        for text in [&mut link.anchor, &mut link.rel] {
            if let Some(cut) = redactor.cut(text) {
                *text = cut.into();
            }
        }
        if let LinkTarget::Invalid { text, fault } = &mut link.target {
            cut_texts(redactor, [text, fault]);
        }
    }
}

/// Cuts secrets out of the texts of a sitemap; its URLs have none.
pub(super) fn cut_sitemap(redactor: &Redactor, record: &mut SitemapRecord) {
    cut_texts(redactor, &mut record.problems);
}

/// Cuts secrets out of what a robots.txt says and names. Where it was found has none, and neither has its text.
pub(super) fn cut_robots(
    redactor: &Redactor,
    record: &mut RobotsRecord,
    sitemaps: &mut Vec<CrawlUrl>,
) {
    cut_texts(redactor, &mut record.problems);
    let named = std::mem::take(sitemaps).into_iter();
    sitemaps.extend(named.filter_map(|url| redactor.url(url).ok()));
}

fn cut_texts<'t>(redactor: &Redactor, texts: impl IntoIterator<Item = &'t mut String>) {
    for text in texts {
        if let Some(cut) = redactor.cut(text) {
            *text = cut;
        }
    }
}
