//! How much a URL matters. The numbers are ours; that popular URLs are crawled more often is
//! documented.

/// What makes a URL important.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Importance {
    /// Distinct internal pages that link to it.
    pub inlinks: u32,
    /// The most that any URL of the site has.
    pub max_inlinks: u32,
    /// A sitemap lists it.
    pub in_sitemap: bool,
    /// When last good it was indexable and no canonical link named another URL.
    pub canonical: bool,
    /// It is the home page of its host.
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

/// The most that a page can weigh.
pub(in crate::assess) const MOST_WEIGHT: f64 = 1.0 + INLINKS + SITEMAP + CANONICAL + HOME;

/// How much the URL matters: 1..7.
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

/// What to mend first: risk (0..100) times weight (1..7), 0..700.
pub fn priority(risk: f64, weight: f64) -> f64 {
    risk * weight
}
