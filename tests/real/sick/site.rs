//! A site in a few lines: a home page that links to pages and to the index pages of sections. The
//! index pages lie outside their sections, so that a dead section can be discovered.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::behaviour::{Behaviour, Decide, Truth, fine, on_a_failing_host};
use super::request::{Reply, Request};

/// A page and what it links to.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) behaviour: Behaviour,
    links: Vec<String>,
}

/// Decides before the page does, where the whole host is concerned.
pub(crate) type HostRule = Arc<dyn Fn(&Request) -> Option<Reply> + Send + Sync>;

/// A site.
#[derive(Clone)]
pub(crate) struct Site {
    pages: HashMap<String, Page>,
    /// Paths in the order in which they were added.
    order: Vec<String>,
    pub(crate) host: HostRule,
    /// The time in which connections are refused, since the first request.
    pub(crate) refuses: Option<Range<Duration>>,
}

impl Site {
    /// A site with a home page.
    pub(crate) fn new() -> Site {
        let mut site = Site {
            pages: HashMap::new(),
            order: Vec::new(),
            host: Arc::new(|_| None),
            refuses: None,
        };
        site.add("/", fine());
        site
    }

    fn add(&mut self, path: &str, behaviour: Behaviour) {
        let page = Page {
            behaviour,
            links: Vec::new(),
        };
        self.order.push(path.to_owned());
        let before = self.pages.insert(path.to_owned(), page);
        assert!(before.is_none(), "two pages at {path}");
    }

    fn link(&mut self, from: &str, to: &str) {
        let page = self.pages.get_mut(from).expect("a page that links");
        page.links.push(to.to_owned());
    }

    /// A page that the home page links to.
    pub(crate) fn page(mut self, path: &str, behaviour: Behaviour) -> Site {
        self.add(path, behaviour);
        self.link("/", path);
        self
    }

    /// Pages that behave alike in a folder of their own, and their index page (not counted).
    pub(crate) fn section(self, name: &str, pages: usize, behaviour: &Behaviour) -> Site {
        let pages = vec![behaviour.clone(); pages];
        self.mixed_section(name, pages)
    }

    /// Pages in a folder of their own, and their index page (not counted).
    pub(crate) fn mixed_section(mut self, name: &str, pages: Vec<Behaviour>) -> Site {
        let index = format!("/index/{name}.html");
        self.add(&index, fine());
        self.link("/", &index);
        for (n, behaviour) in pages.into_iter().enumerate() {
            let path = format!("/{name}/{}.html", n + 1);
            self.add(&path, behaviour);
            self.link(&index, &path);
        }
        self
    }

    /// The whole host follows this rule first.
    pub(crate) fn host<F>(mut self, rule: F) -> Site
    where
        F: Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    {
        self.host = Arc::new(rule);
        self.all_may_fail();
        self
    }

    /// The home page and the index pages fail with the rest, and may be requested as controls then.
    fn all_may_fail(&mut self) {
        let truth = on_a_failing_host(&["ok", "transient", "intermittent"]).truth;
        let is_index = |path: &str| path == "/" || path.starts_with("/index/");
        for (_, page) in self.pages.iter_mut().filter(|(path, _)| is_index(path)) {
            page.behaviour.truth = truth;
        }
    }

    /// The home page behaves so.
    pub(crate) fn home(mut self, behaviour: Behaviour) -> Site {
        let home = self.pages.get_mut("/").expect("a home page");
        home.behaviour = behaviour;
        self
    }

    /// Nothing listens in this time, since the first request.
    pub(crate) fn refuses(mut self, time: Range<Duration>) -> Site {
        self.refuses = Some(time);
        self.all_may_fail();
        self
    }

    /// The pages, in the order in which they were added, and what is true of them.
    pub(crate) fn truths(&self) -> impl Iterator<Item = (&str, Truth)> {
        let truth = |path: &String| self.pages[path].behaviour.truth;
        self.order
            .iter()
            .map(move |path| (path.as_str(), truth(path)))
    }

    /// What decides about a path.
    pub(crate) fn decide(&self, path: &str) -> Option<&Decide> {
        self.pages.get(path).map(|page| &page.behaviour.decide)
    }

    /// A page as HTML.
    pub(crate) fn html(&self, path: &str) -> String {
        let mut html = format!(
            "<!doctype html>\n<html lang=en><title>The page {path}</title>\n<h1>{path}</h1>\n\
             <p>What {path} has to say, in a sentence or two that no other page has.</p>\n\
             <nav><a href=\"/\">Home</a></nav>\n<ul>\n"
        );
        for to in self
            .pages
            .get(path)
            .into_iter()
            .flat_map(|page| &page.links)
        {
            let _ = writeln!(html, "<li><a href=\"{to}\">to {to}</a>");
        }
        html.push_str("</ul>\n</html>\n");
        html
    }
}
