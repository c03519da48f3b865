//! The table of the whole site, its robots.txt and its sitemap.

use std::fmt::Write;

use super::page::{Answer, Page, fault, page};
use super::{blog, shop};

/// The first pages of the site.
const START: &[Page] = &[
    page(
        "/",
        "Kettle & Fern",
        "Tea, pots and a small room to try both in. This week: first flush from Darjeeling, fresh \
         mint, and the last of the gyokuro.",
        &[
            "/shop/tea/darjeeling/",
            "/shop/tea/mint/",
            "/shop/tea/gyokuro/",
            "/blog/cold-brew/",
            "/teas",
        ],
    ),
    page(
        "/about/",
        "About us",
        "Two people, one scale and a great many tins.",
        &["/blog/archive/moving-house/", "/press/"],
    ),
    page(
        "/contact/",
        "Contact",
        "Come by on any afternoon but Monday's.",
        &["/delivery/", "/returns/"],
    ),
    page(
        "/delivery/",
        "Delivery",
        "Two days within the country, a week beyond it. Letters fit through any door.",
        &["/returns/", "/shop/checkout/address/"],
    ),
    page(
        "/returns/",
        "Returns",
        "Unopened tins within thirty days; broken cups at any time, with a photograph.",
        &["/shop/checkout/payment/", "/shop/checkout/done/"],
    ),
    page(
        "/press/",
        "Press",
        "Two sentences in the local paper, both kind.",
        &["/office/price-list/"],
    ),
    page(
        "/privacy/",
        "Privacy",
        "We keep your address for as long as your parcel is on its way.",
        &["/account/"],
    ),
    page(
        "/account/",
        "Sign in",
        "With your order number, please.",
        &[],
    )
    .answering(Answer::NoIndex),
    // Behind robots.txt, so it is known and not fetched.
    page(
        "/office/price-list/",
        "Price list for shops",
        "On request.",
        &[],
    ),
    fault("/teas", "Teas", Answer::Redirect(301, "/teas/")),
    fault("/teas/", "Teas", Answer::Redirect(302, "/shop/teas/")),
    fault("/shop/teas/", "Teas", Answer::Redirect(301, "/shop/tea/")),
];

/// Paths that every page links to.
pub(super) const MENU: &[&str] = &["/", "/shop/", "/blog/", "/shop/checkout/"];

/// Paths that every page links to in its footer.
pub(super) const FOOTER: &[&str] = &["/about/", "/contact/", "/privacy/"];

/// Pages that the sitemap lists.
const LISTED: &[&str] = &[
    "/",
    "/shop/",
    "/shop/tea/",
    "/shop/pots/",
    "/shop/cups/",
    "/blog/",
    "/blog/opening-night/",
    // Not in the table: 404.
    "/blog/spring-fair/",
    "/about/",
    // Last, so that recovering pages are requested while retries are not held back yet.
    "/shop/tea/gyokuro/",
    "/shop/pots/enamel/",
];

/// Returns every page.
pub(super) fn pages() -> impl Iterator<Item = &'static Page> {
    START.iter().chain(shop::PAGES).chain(blog::PAGES)
}

/// Finds a page and its number in the table.
pub(super) fn find(path: &str) -> Option<(usize, &'static Page)> {
    pages().enumerate().find(|(_, page)| page.path == path)
}

pub(super) fn robots_txt(origin: &str) -> String {
    format!("# Kettle & Fern\nUser-agent: *\nDisallow: /office/\n\nSitemap: {origin}/sitemap.xml\n")
}

pub(super) fn sitemap(origin: &str) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for path in LISTED {
        let _ = writeln!(xml, "  <url><loc>{origin}{path}</loc></url>");
    }
    xml.push_str("</urlset>\n");
    xml
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn linked() -> HashSet<&'static str> {
        let links = pages().flat_map(|page| page.links.iter().chain(page.nofollow));
        links.chain(MENU).chain(FOOTER).copied().collect()
    }

    #[test]
    fn every_link_leads_to_a_page() {
        for path in linked() {
            assert!(find(path).is_some(), "{path}");
        }
        for page in pages() {
            if let Answer::Redirect(_, to) = page.answer {
                assert!(find(to).is_some(), "{} leads to {to}", page.path);
            }
        }
    }

    #[test]
    fn no_path_is_in_the_table_twice() {
        let mut seen = HashSet::new();
        for page in pages() {
            assert!(seen.insert(page.path), "{}", page.path);
        }
        assert!((40..=60).contains(&seen.len()), "{} pages", seen.len());
    }

    #[test]
    fn only_the_orphan_and_two_broken_entries_are_in_the_sitemap_alone() {
        let linked = linked();
        let alone: Vec<_> = LISTED
            .iter()
            .filter(|path| !linked.contains(**path))
            .collect();
        assert_eq!(
            alone,
            [
                &"/blog/opening-night/",
                &"/blog/spring-fair/",
                &"/shop/pots/enamel/"
            ]
        );
        assert!(find("/blog/spring-fair/").is_none());
    }
}
