//! The meaning of the words of a `rel` attribute, alike in `<link>` and in the `Link` header.

use crate::model::LinkKind;

/// Returns the kinds of reference that a link's `rel` makes, each once. Empty if the crawl does not
/// use the link.
pub(in crate::parse) fn link_kinds(
    rel: &str,
    has_hreflang: bool,
) -> impl Iterator<Item = LinkKind> {
    let says = |word: &str| words(rel).any(|w| w.eq_ignore_ascii_case(word));
    let stylesheet = says("stylesheet");
    // "alternate stylesheet" is a style sheet that users may choose, not another page.
    let alternate = says("alternate") && !stylesheet;
    let icon = words(rel).any(is_icon);
    let preload = says("preload") || says("modulepreload");
    [
        (LinkKind::Canonical, says("canonical")),
        (LinkKind::Next, says("next")),
        (LinkKind::Prev, says("prev") || says("previous")),
        (LinkKind::Alternate, alternate && !has_hreflang),
        (LinkKind::Hreflang, alternate && has_hreflang),
        (LinkKind::Amp, says("amphtml")),
        (LinkKind::Stylesheet, stylesheet),
        (LinkKind::Icon, icon),
        (LinkKind::Preload, preload),
    ]
    .into_iter()
    .filter_map(|(kind, said)| said.then_some(kind))
}

/// Returns whether a `rel` forbids search engines to follow the link.
pub(in crate::parse) fn is_nofollow(rel: &str) -> bool {
    words(rel).any(|word| {
        ["nofollow", "ugc", "sponsored"]
            .iter()
            .any(|w| word.eq_ignore_ascii_case(w))
    })
}

fn is_icon(word: &str) -> bool {
    [
        "icon",
        "apple-touch-icon",
        "apple-touch-icon-precomposed",
        "mask-icon",
    ]
    .iter()
    .any(|w| word.eq_ignore_ascii_case(w))
}

fn words(rel: &str) -> impl Iterator<Item = &str> {
    rel.split_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rel: &str, hreflang: bool, expected: &[LinkKind]) {
        let kinds: Vec<LinkKind> = link_kinds(rel, hreflang).collect();
        assert_eq!(kinds, expected, "{rel}");
    }

    #[test]
    fn every_word_of_a_rel_counts() {
        use LinkKind as K;
        check("canonical", false, &[K::Canonical]);
        check(
            "Canonical NEXT\tprev",
            false,
            &[K::Canonical, K::Next, K::Prev],
        );
        check("previous", false, &[K::Prev]);
        check("alternate", false, &[K::Alternate]);
        check("alternate", true, &[K::Hreflang]);
        check("alternate stylesheet", false, &[K::Stylesheet]);
        check("shortcut icon", false, &[K::Icon]);
        check("icon apple-touch-icon", false, &[K::Icon]);
        check("modulepreload", false, &[K::Preload]);
        check("dns-prefetch preconnect", false, &[]);
        check("canonicals", false, &[]);
    }

    #[test]
    fn three_words_mean_nofollow() {
        for rel in ["nofollow", "noopener UGC", "sponsored external"] {
            assert!(is_nofollow(rel), "{rel}");
        }
        assert!(!is_nofollow("noopener follow"));
    }
}
