//! Pages as HTML.

use std::fmt::Write;

use super::page::{Answer, Page};
use super::site::{self, FOOTER, MENU};

/// Renders a page.
pub(super) fn render(page: &Page) -> String {
    let robots = match page.answer {
        Answer::NoIndex => "<meta name=\"robots\" content=\"noindex\">\n",
        _ => "",
    };
    let title = escape(page.title);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title} - Kettle &amp; Fern</title>\n{robots}</head>\n<body>\n<nav>"
    );
    links(&mut html, MENU, "");
    let _ = write!(
        html,
        "</nav>\n<main>\n<h1>{title}</h1>\n<p>{}</p>\n<p>",
        escape(page.text)
    );
    links(&mut html, page.links, "");
    links(&mut html, page.nofollow, " rel=\"nofollow\"");
    html.push_str("</p>\n</main>\n<footer>");
    links(&mut html, FOOTER, "");
    html.push_str("</footer>\n</body>\n</html>\n");
    html
}

/// Renders the error page of a proxy whose backend fails.
pub(super) fn error(status: u16) -> String {
    let (title, reason) = match status {
        503 => (
            "503 Service Unavailable",
            "This part of the shop is being worked on.",
        ),
        504 => (
            "504 Gateway Timeout",
            "The server behind this one took too long.",
        ),
        404 => ("404 Not Found", "There is no such page."),
        405 => ("405 Method Not Allowed", "This site is for reading."),
        _ => (
            "502 Bad Gateway",
            "The server behind this one gave no usable answer.",
        ),
    };
    format!(
        "<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<p>{reason}</p>\n\
         <hr><address>front-door</address>\n</body>\n</html>\n"
    )
}

fn links(html: &mut String, paths: &[&str], attributes: &str) {
    for path in paths {
        let anchor = site::find(path).map_or(*path, |(_, page)| page.title);
        let anchor = escape(anchor);
        let _ = write!(html, "<a href=\"{path}\"{attributes}>{anchor}</a> ");
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_links_to_the_paths_of_its_row() {
        let (_, page) = site::find("/shop/gifts/").expect("in the table");
        let html = render(page);
        assert!(html.contains("<a href=\"/shop/sale/\">Sale</a>"), "{html}");
        assert!(html.contains("<a href=\"/shop/wishlist/\" rel=\"nofollow\">"));
        assert!(html.contains("Gifts - Kettle &amp; Fern"));
        assert!(!html.contains("noindex"));
    }
}
