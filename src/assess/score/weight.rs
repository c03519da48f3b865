//! The importance of a URL. The numbers are ours; Google documents that popular URLs are crawled more
//! often.

/// The facts that make a URL important.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Importance {
    /// Distinct internal pages that link to it.
    pub inlinks: u32,
    /// The maximum inlinks of any URL of the site.
    pub max_inlinks: u32,
    /// Whether a sitemap lists it.
    pub in_sitemap: bool,
    /// Whether it was indexable when it last succeeded, with no canonical link to another URL.
    pub canonical: bool,
    /// Whether it is the home page of its host.
    pub home: bool,
}

/// Weight of the share of inlinks, on a logarithmic scale.
const INLINKS: f64 = 2.0;
/// Weight of being in a sitemap.
const SITEMAP: f64 = 0.5;
/// Weight of being canonical.
const CANONICAL: f64 = 0.5;
/// Weight of the home page.
const HOME: f64 = 3.0;

/// Maximum weight of a page.
pub(in crate::assess) const MOST_WEIGHT: f64 = 1.0 + INLINKS + SITEMAP + CANONICAL + HOME;

/// Returns the importance of the URL: 1..7.
pub fn weight(of: Importance) -> f64 {
    let share = match of.max_inlinks {
        0 => 0.0,
        max => f64::from(of.inlinks.min(max)).ln_1p() / f64::from(max).ln_1p(),
    };
    let bonus = |holds: bool, points: f64| if holds { points } else { 0.0 };
    1.0 + INLINKS * share
        + bonus(of.in_sitemap, SITEMAP)
        + bonus(of.canonical, CANONICAL)
        + bonus(of.home, HOME)
}

/// Returns the urgency of a fix: risk (0..100) times weight (1..7), 0..700.
pub fn priority(risk: f64, weight: f64) -> f64 {
    risk * weight
}
