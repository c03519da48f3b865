//! What an answer in an archive repeats of its request: a browser's own logins and cookies, which are nobody's to read.

use crate::fetch::Redactor;
use crate::model::CrawlUrl;
use crate::parse::har::Entry;

/// The entry without them.
pub(super) fn without_echoes(mut entry: Entry) -> Entry {
    let public = [entry.url.host_key().to_string()];
    match Redactor::of_request(&std::mem::take(&mut entry.sent), &public) {
        Ok(None) => {}
        Ok(Some(redactor)) => {
            redactor.clean_message(&mut entry.headers, &mut entry.body_head);
            entry.status_text = redactor.text(&entry.status_text);
            entry.error = entry.error.map(|error| redactor.text(&error));
            // Servers write the cookie of a session into addresses.
            if let Ok(url) = CrawlUrl::parse(&redactor.text(entry.url.as_str())) {
                entry.url = url;
            }
        }
        // More than can be looked for: then nothing of the answer is told but its status.
        Err(_) => {
            entry.headers.clear();
            entry.body_head.clear();
            entry.status_text.clear();
        }
    }
    entry
}
