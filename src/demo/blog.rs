//! The pages of the shop's blog.

use super::page::{Answer, Page, fault, page};

pub(super) const PAGES: &[Page] = &[
    page(
        "/blog/",
        "Notes from the tea room",
        "What we learned this month, mostly by doing it wrong first.",
        &[
            "/blog/water-temperature/",
            "/blog/first-gaiwan/",
            "/blog/second-flush/",
            "/blog/storing-tea/",
            "/blog/hard-water/",
            "/blog/cold-brew/",
            "/blog/archive/",
            "/blog/authors/",
        ],
    ),
    page(
        "/blog/water-temperature/",
        "Boiling is too hot",
        "Most green tea that tastes bitter was scalded. Let the kettle stand for six minutes.",
        &["/shop/tea/sencha/", "/shop/tea/gyokuro/"],
    ),
    page(
        "/blog/first-gaiwan/",
        "Your first gaiwan",
        "Fill it less than you think, hold the rim, and pour before you doubt yourself.",
        &["/shop/pots/gaiwan/"],
    ),
    page(
        "/blog/second-flush/",
        "What is a flush?",
        "A flush is a growth of new leaves. The first is fresh, the second is round, the third is \
         for iced tea.",
        &["/shop/tea/darjeeling/", "/shop/tea/assam/"],
    ),
    page(
        "/blog/storing-tea/",
        "Where tea goes to die",
        "Above the cooker, beside the coffee, in a clear jar on the window sill.",
        &["/blog/archive/"],
    ),
    page(
        "/blog/hard-water/",
        "Hard water",
        "The film on your cup is lime and nothing to fear. A filter helps; so does a darker tea.",
        &["/shop/tea/assam/", "/shop/tea/gyokuro/"],
    ),
    page(
        "/blog/cold-brew/",
        "Cold brew, with patience",
        "Ten grams, one litre, eight hours. It cannot become bitter; it can only become late.",
        &["/shop/tea/mint/"],
    ),
    page(
        "/blog/archive/",
        "Archive",
        "Everything older than a year.",
        &[
            "/blog/archive/moving-house/",
            "/blog/archive/visit-to-uji/",
            "/blog/archive/price-of-tea/",
        ],
    ),
    page(
        "/blog/archive/moving-house/",
        "We are moving",
        "Two streets down, above the bookbinder. Mind the third step.",
        &["/contact/"],
    ),
    page(
        "/blog/archive/visit-to-uji/",
        "Three days in Uji",
        "Shaded rows, very steep tea, and a bus that does not wait.",
        &["/shop/tea/gyokuro/", "/teas"],
    ),
    page(
        "/blog/archive/price-of-tea/",
        "Why a kilo costs what it costs",
        "Twenty thousand shoots, picked by hand. The rest is freight.",
        &["/shop/tea/"],
    ),
    // In the sitemap, and no page links to it.
    page(
        "/blog/opening-night/",
        "Opening night",
        "Forty guests, nine cups. We have bought cups since.",
        &["/blog/"],
    ),
    fault(
        "/blog/authors/",
        "Authors",
        Answer::Redirect(301, "/blog/people/"),
    ),
    fault(
        "/blog/people/",
        "People",
        Answer::Redirect(301, "/blog/authors/"),
    ),
];
