//! Writes a site of static pages for benchmarks: the same bytes every time.
//!
//! `site DIR [PAGES [BYTES [LINKS]]]`: 20,000 pages of 25 KB with 60 links each. Page 0 is
//! `/index.html`; every page is reached from it. Navigation, breadcrumbs, structured data and text
//! are there in the proportions that pages of shops and magazines have.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// Links of the navigation, the same on every page.
const NAVIGATION: usize = 12;
/// Links to the pages below a page: these make the site one tree.
const CHILDREN: usize = 6;
/// Pictures of the whole site; none is there.
const PICTURES: usize = 10;
/// Pages in one directory.
const SECTION: usize = 500;

const WORDS: &[&str] = &[
    "the",
    "server",
    "page",
    "answers",
    "with",
    "a",
    "time",
    "of",
    "request",
    "and",
    "link",
    "is",
    "found",
    "under",
    "section",
    "that",
    "order",
    "price",
    "market",
    "river",
    "stone",
    "garden",
    "winter",
    "letter",
    "machine",
    "paper",
    "window",
    "engine",
    "colour",
    "weight",
    "journey",
    "caf\u{e9}",
    "na\u{ef}ve",
    "&amp;",
    "measure",
    "simple",
    "table",
    "between",
    "number",
    "every",
];

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let Some(dir) = args.next().map(PathBuf::from) else {
        eprintln!("usage: site DIR [PAGES [BYTES [LINKS]]]");
        std::process::exit(2);
    };
    let mut number = |default| {
        args.next()
            .map_or(default, |text| text.parse().expect("a number"))
    };
    let site = Site {
        pages: number(20_000),
        bytes: number(25 * 1024),
        links: number(60),
    };

    for section in 0..=site.pages / SECTION {
        fs::create_dir_all(dir.join(format!("section-{section:03}")))?;
    }
    for page in 0..site.pages {
        fs::write(dir.join(&path(page)[1..]), site.page(page))?;
    }
    fs::write(
        dir.join("robots.txt"),
        "User-agent: *\nDisallow: /private/\n",
    )
}

/// Where a page lies.
fn path(page: usize) -> String {
    match page {
        0 => "/index.html".to_owned(),
        _ => format!("/section-{:03}/page-{page:06}.html", page / SECTION),
    }
}

struct Site {
    pages: usize,
    bytes: usize,
    links: usize,
}

impl Site {
    /// One page, padded with text to the size.
    fn page(&self, page: usize) -> String {
        let mut chance = Chance(page as u64 + 1);
        let mut html = String::with_capacity(self.bytes + 1024);
        self.head(page, &mut html);
        let mut links = self.targets(page, &mut chance).into_iter();

        html.push_str(
            "<body class=\"page\">\n<header><nav aria-label=\"Main\"><ul class=\"nav\">\n",
        );
        for target in links.by_ref().take(NAVIGATION) {
            let href = self.address(target);
            writeln!(html, "<li class=\"nav-item\"><a class=\"nav-link\" href=\"{href}\">Topic {target}</a></li>").unwrap();
        }
        html.push_str("</ul></nav></header>\n<main>\n");
        writeln!(html, "<h1>Page {page}: {}</h1>", chance.words(5)).unwrap();

        let footer = "</main>\n<footer class=\"footer\"><p>&copy; 2026 The site of the benchmarks. All rights reserved.</p></footer>\n<script src=\"/static/app.js\" defer></script>\n</body>\n</html>\n";
        let rest: Vec<usize> = links.collect();
        let paragraph = self.bytes.saturating_sub(html.len() + footer.len()) / (rest.len() + 1);
        for (count, target) in rest.into_iter().enumerate() {
            let start = html.len();
            if count % 8 == 0 {
                writeln!(html, "<section id=\"part-{count}\">\n<h2>{}</h2>\n<img src=\"/static/picture-{}.jpg\" alt=\"{}\" width=\"640\" height=\"360\" loading=\"lazy\">", chance.words(4), target % PICTURES, chance.words(3)).unwrap();
            }
            write!(html, "<p class=\"text\">{} ", chance.words(6)).unwrap();
            // Half of the links are relative to the host, half to the page.
            let href = if count % 2 == 0 {
                path(target)
            } else {
                self.relative(page, target)
            };
            write!(
                html,
                "<a href=\"{href}\" title=\"{}\">{}</a>",
                chance.words(2),
                chance.words(3)
            )
            .unwrap();
            let closing = if count % 8 == 7 {
                "</p>\n</section>\n"
            } else {
                "</p>\n"
            };
            while html.len() - start + closing.len() + 16 < paragraph {
                html.push(' ');
                html.push_str(chance.word());
            }
            html.push_str(closing);
        }
        html.push_str("<p>");
        while html.len() + 4 + footer.len() + 16 < self.bytes {
            html.push_str(chance.word());
            html.push(' ');
        }
        while html.len() + 5 + footer.len() < self.bytes {
            html.push('.');
        }
        html.push_str("</p>\n");
        html.push_str(footer);
        html
    }

    fn head(&self, page: usize, html: &mut String) {
        let mut chance = Chance(page as u64 + 77);
        let picture = page % PICTURES;
        let (path, title, about) = (self.address(page), chance.words(6), chance.words(20));
        write!(
            html,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} {page}</title>\n\
             <meta name=\"description\" content=\"{about}\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"index, follow, max-image-preview:large\">\n<link rel=\"canonical\" href=\"{path}\">\n\
             <link rel=\"stylesheet\" href=\"/static/main.css\">\n<link rel=\"icon\" href=\"/static/icon.png\">\n\
             <meta property=\"og:title\" content=\"{title}\">\n<meta property=\"og:type\" content=\"article\">\n\
             <meta property=\"og:image\" content=\"/static/picture-{picture}.jpg\">\n\
             <script type=\"application/ld+json\">{{\"@context\":\"https://schema.org\",\"@type\":\"Article\",\"headline\":\"{title}\",\"description\":\"{about}\"}}</script>\n\
             <style>.nav{{display:flex}}.nav-item a:hover{{color:#036}}.text>a{{text-decoration:none}}</style>\n</head>\n"
        )
        .unwrap();
    }

    /// As many different pages as a page has links: navigation, pages below, anything.
    fn targets(&self, page: usize, chance: &mut Chance) -> Vec<usize> {
        let wanted = self.links.min(self.pages);
        let mut seen = BTreeSet::new();
        let mut targets = Vec::with_capacity(wanted);
        let fixed = (0..NAVIGATION).chain((1..=CHILDREN).map(|child| page * CHILDREN + child));
        for target in fixed.filter(|&target| target < self.pages) {
            if targets.len() < wanted && seen.insert(target) {
                targets.push(target);
            }
        }
        while targets.len() < wanted {
            let target = chance.below(self.pages);
            if seen.insert(target) {
                targets.push(target);
            }
        }
        targets
    }

    /// How a page is linked to: the home page as `/`.
    fn address(&self, page: usize) -> String {
        if page == 0 {
            "/".to_owned()
        } else {
            path(page)
        }
    }

    /// A link that is relative to the page it stands on.
    fn relative(&self, from: usize, to: usize) -> String {
        match (from, to) {
            (_, 0) => "/".to_owned(),
            (0, _) => path(to)[1..].to_owned(),
            _ if from / SECTION == to / SECTION => format!("page-{to:06}.html"),
            _ => format!("..{}", path(to)),
        }
    }
}

/// SplitMix64: the same numbers everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }
}
