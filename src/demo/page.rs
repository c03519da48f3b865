//! The pages of the site as data.

/// A page, with or without a fault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) path: &'static str,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    /// Paths that its text links to.
    pub(super) links: &'static [&'static str],
    /// Paths that it links to with `rel="nofollow"`.
    pub(super) nofollow: &'static [&'static str],
    pub(super) answer: Answer,
}

/// The answer of the server for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// With the page.
    Page,
    /// With the page, marked `noindex`.
    NoIndex,
    /// With a proxy's error page, always.
    Broken(u16),
    /// With 502 the first time, with the page from then on.
    Recovers,
    /// With 502 every second time, starting with the first.
    Flaps,
    /// With 503 and `Retry-After`.
    Maintenance,
    /// With a redirect to another path.
    Redirect(u16, &'static str),
    /// With the page, after a long wait.
    Slow,
    /// With the first half of the page.
    CutShort,
    /// With a reset of the connection.
    Reset,
}

/// Returns a page without a fault.
pub(super) const fn page(
    path: &'static str,
    title: &'static str,
    text: &'static str,
    links: &'static [&'static str],
) -> Page {
    Page {
        path,
        title,
        text,
        links,
        nofollow: &[],
        answer: Answer::Page,
    }
}

/// Returns a page that is never served, because the server answers with a fault.
pub(super) const fn fault(path: &'static str, title: &'static str, answer: Answer) -> Page {
    page(path, title, "", &[]).answering(answer)
}

impl Page {
    pub(super) const fn answering(self, answer: Answer) -> Page {
        Page { answer, ..self }
    }

    pub(super) const fn nofollowing(self, nofollow: &'static [&'static str]) -> Page {
        Page { nofollow, ..self }
    }
}
