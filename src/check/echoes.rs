//! Removes secrets of a request, such as a browser's logins and cookies, from its answer in an archive.

use crate::fetch::Redactor;
use crate::model::CrawlUrl;
use crate::parse::har::Entry;

/// Returns the entry without secrets of its request in its answer.
pub(super) fn without_echoes(mut entry: Entry) -> Entry {
    let public = [entry.url.host_key().to_string()];
    match Redactor::of_request(&std::mem::take(&mut entry.sent), &public) {
        Ok(None) => {}
        Ok(Some(redactor)) => {
            redactor.clean_message(&mut entry.headers, &mut entry.body_head);
            entry.status_text = redactor.text(&entry.status_text);
            entry.error = entry.error.map(|error| redactor.text(&error));
            // Some servers write the session cookie into URLs.
            if let Ok(url) = CrawlUrl::parse(&redactor.text(entry.url.as_str())) {
                entry.url = url;
            }
        }
        // Too many secrets to search for: then only the status of the answer is shown.
        Err(_) => {
            entry.headers.clear();
            entry.body_head.clear();
            entry.status_text.clear();
        }
    }
    entry
}
