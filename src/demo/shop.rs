//! The pages of the shop.

use super::page::{Answer, Page, fault, page};

pub(super) const PAGES: &[Page] = &[
    page(
        "/shop/",
        "The shop",
        "Loose tea by weight, and what one needs to make it well. Orders that reach us before noon \
         leave the same day.",
        &["/shop/tea/", "/shop/pots/", "/shop/cups/", "/shop/gifts/"],
    ),
    page(
        "/shop/tea/",
        "Tea",
        "Twelve gardens, no blends we would not drink ourselves. Prices are for 100 g.",
        &[
            "/shop/tea/assam/",
            "/shop/tea/darjeeling/",
            "/shop/tea/oolong/",
            "/shop/tea/sencha/",
            "/shop/tea/gyokuro/",
            "/shop/tea/white-peony/",
            "/shop/tea/rooibos/",
            "/shop/tea/mint/",
        ],
    ),
    page(
        "/shop/tea/assam/",
        "Assam, second flush",
        "Dark, malty, made for milk. From a garden near Jorhat that picks its second flush by hand.",
        &["/shop/pots/stoneware/"],
    ),
    page(
        "/shop/tea/darjeeling/",
        "Darjeeling, first flush",
        "Light and a little like green grapes. Steep it for two minutes and not one more.",
        &["/shop/pots/glass/", "/blog/second-flush/"],
    )
    .answering(Answer::Recovers),
    page(
        "/shop/tea/oolong/",
        "Oolong, high mountain",
        "Rolled leaves that open over five infusions. The third is the best.",
        &["/shop/pots/gaiwan/", "/shop/tea/sencha/"],
    ),
    page(
        "/shop/tea/sencha/",
        "Sencha",
        "Steamed, deep green, a breath of the sea. Water at 70 degrees, please.",
        &["/blog/water-temperature/"],
    ),
    fault("/shop/tea/gyokuro/", "Gyokuro", Answer::Broken(502)),
    page(
        "/shop/tea/white-peony/",
        "White Peony",
        "Two leaves and a bud, dried in the sun and left alone otherwise.",
        &["/shop/tea/white-peony/photos/"],
    ),
    page(
        "/shop/tea/white-peony/photos/",
        "White Peony in pictures",
        "Eleven photographs of the harvest, rather large, from a rather slow disk.",
        &[],
    )
    .answering(Answer::Slow),
    page(
        "/shop/tea/rooibos/",
        "Rooibos",
        "Not a tea at all, and welcome at any hour because of it.",
        &["/shop/gifts/"],
    ),
    page(
        "/shop/tea/mint/",
        "Nana mint",
        "Whole leaves. Sweeten it or do not, but make it strong.",
        &["/shop/cups/glass/"],
    )
    .answering(Answer::Flaps),
    page(
        "/shop/pots/",
        "Pots",
        "Every pot here pours without dripping. We try each kind at home for a month.",
        &[
            "/shop/pots/stoneware/",
            "/shop/pots/glass/",
            "/shop/pots/gaiwan/",
            "/shop/pots/cast-iron/",
            "/shop/pots/copper-kettle/",
        ],
    ),
    page(
        "/shop/pots/stoneware/",
        "Stoneware pot, 900 ml",
        "Thick walls that keep a second cup hot. Glazed inside, bare outside.",
        &["/shop/cups/stoneware/"],
    ),
    page(
        "/shop/pots/glass/",
        "Glass pot, 600 ml",
        "For teas that are worth watching.",
        &["/shop/cups/glass/"],
    ),
    page(
        "/shop/pots/gaiwan/",
        "Gaiwan, 120 ml",
        "A lidded bowl, a saucer, and a little courage with hot porcelain.",
        &["/shop/tea/oolong/", "/blog/first-gaiwan/"],
    ),
    page(
        "/shop/pots/cast-iron/",
        "Cast iron pot, 1.2 l",
        "Heavy. Keeps its heat through a long conversation.",
        &["/shop/pots/care/"],
    ),
    page(
        "/shop/pots/care/",
        "How to care for iron and clay",
        "Rinse with water, no soap, dry with the lid off.",
        &[],
    )
    .answering(Answer::CutShort),
    page(
        "/shop/cups/",
        "Cups",
        "Small ones for oolong, large ones for Assam, and one that fits a bicycle.",
        &[
            "/shop/cups/stoneware/",
            "/shop/cups/glass/",
            "/shop/cups/bicycle/",
        ],
    ),
    page(
        "/shop/cups/stoneware/",
        "Stoneware cup",
        "The pot's little sister, sold singly since one always breaks first.",
        &["/shop/pots/stoneware/"],
    ),
    page(
        "/shop/cups/glass/",
        "Glass cup",
        "Double walls: the tea stays hot and the fingers do not.",
        &["/shop/pots/glass/"],
    ),
    fault("/shop/cups/bicycle/", "Bicycle cup", Answer::Reset),
    page(
        "/shop/gifts/",
        "Gifts",
        "Boxes for people who have everything except time to drink tea.",
        &["/shop/sale/", "/shop/tea/assam/"],
    )
    .nofollowing(&["/shop/wishlist/"]),
    // Reached by a nofollow link only, so it is known and not fetched.
    page(
        "/shop/wishlist/",
        "Your wish list",
        "Nothing on it yet.",
        &[],
    ),
    fault(
        "/shop/sale/",
        "Sale",
        Answer::Redirect(302, "/shop/sale/autumn/"),
    ),
    fault("/shop/sale/autumn/", "Autumn sale", Answer::Broken(502)),
    fault("/shop/checkout/", "Basket", Answer::Broken(502)),
    fault("/shop/checkout/address/", "Address", Answer::Broken(502)),
    fault("/shop/checkout/payment/", "Payment", Answer::Broken(504)),
    fault("/shop/checkout/done/", "Thank you", Answer::Broken(504)),
    // In the sitemap only, long after it was taken from the shelves.
    fault("/shop/pots/enamel/", "Enamel pot", Answer::Broken(502)),
    fault(
        "/shop/pots/copper-kettle/",
        "Copper kettle",
        Answer::Maintenance,
    ),
];
