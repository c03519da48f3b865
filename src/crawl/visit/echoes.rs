//! The second search for secrets, in the data kept of an answer. `fetch` removes secrets that an
//! answer repeats literally. Reading joins separate parts: it folds white space, drops tags,
//! resolves references and undoes encodings. Without secrets there is no search.

use crate::fetch::Redactor;
use crate::model::{CrawlUrl, LinkTarget, UrlFault};
use crate::store::{RobotsRecord, SitemapRecord};

use super::reading::Reading;

/// Returns the URL without secrets, or an error if the rest could not be requested.
pub(super) fn cut_url(redactor: Option<&Redactor>, url: CrawlUrl) -> Result<CrawlUrl, UrlFault> {
    match redactor {
        Some(redactor) => redactor.url(url),
        None => Ok(url),
    }
}

/// Removes secrets from the texts of a page; its URLs have none.
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

/// Removes secrets from the texts of a sitemap; its URLs have none.
pub(super) fn cut_sitemap(redactor: &Redactor, record: &mut SitemapRecord) {
    cut_texts(redactor, &mut record.problems);
}

/// Removes secrets from the contents of a robots.txt. Its own URL has none, and neither has its
/// text.
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
