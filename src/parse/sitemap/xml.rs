use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::report::{Collector, Format, Kind, Passage, ProblemKind};
use super::source::Source;
use super::tag::Tag;

/// Maximum bytes kept of one text: ample for a location of fewer than 2,048 characters with up to
/// four bytes each.
pub(super) const TEXT_LIMIT: usize = 16 * 1024;

/// Maximum nesting of elements. No format needs more than five levels.
const DEPTH_LIMIT: usize = 64;

/// The collected parts of the current entry.
#[derive(Default)]
struct Item {
    line: u64,
    location: Option<Passage>,
    lastmod: Option<Passage>,
    /// The location of an RSS item that has no link.
    guid: Option<Passage>,
    /// Whether its guid is marked as not being a URL.
    opaque_guid: bool,
}

struct Walk<'c, 'e> {
    out: &'c mut Collector<'e>,
    path: Vec<Tag>,
    item: Item,
    /// The text of the innermost element, if it is used.
    passage: Passage,
}

/// Why reading ended.
enum End {
    /// The end of the file.
    Eof,
    /// The file is not valid, which has been reported.
    Refused,
    /// It is not XML from here on.
    Broken(String),
}

/// Reads XML from its first tag on, as far as it is XML.
pub(super) fn read<'a>(source: Source<'a>, out: &mut Collector<'_>) -> Source<'a> {
    let mut reader = Reader::from_reader(source);
    // "&" in the query of a URL is the most frequent mistake in sitemaps.
    reader.config_mut().allow_dangling_amp = true;
    let mut walk = Walk {
        out,
        path: Vec::new(),
        item: Item::default(),
        passage: Passage::default(),
    };
    let mut buffer = Vec::new();
    let end = loop {
        buffer.clear();
        reader.get_mut().next_piece();
        let event = reader.read_event_into(&mut buffer);
        let end = match event {
            Ok(event) => walk.event(&event, reader.get_ref().line),
            Err(error) => Err(End::Broken(error.to_string())),
        };
        if let Err(end) = end {
            break end;
        }
    };
    let source = reader.into_inner();
    walk.finish(end, &source);
    source
}

impl Walk<'_, '_> {
    fn event(&mut self, event: &Event<'_>, line: u64) -> Result<(), End> {
        match event {
            Event::Start(start) => self.open(start, line)?,
            Event::Empty(start) => {
                self.open(start, line)?;
                self.close();
            }
            Event::End(_) => self.close(),
            Event::Text(text) => {
                let text = text.xml10_content();
                if self.is_wanted() && text.contains('&') {
                    self.out.problem(line, ProblemKind::BareAmpersand, &text);
                }
                self.push(&text);
            }
            Event::CData(text) => self.push(&text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => self.push(character.encode_utf8(&mut [0; 4])),
                _ => self.push_entity(&reference.xml10_content(), line),
            },
            Event::DocType(doctype) => {
                let name = doctype.xml10_content();
                let name = name.split_ascii_whitespace().next().unwrap_or_default();
                if name.eq_ignore_ascii_case("html") {
                    return Err(self.refuse_html(line));
                }
                self.out.problem(line, ProblemKind::Doctype, name);
            }
            Event::Eof => return Err(End::Eof),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        Ok(())
    }

    fn open(&mut self, start: &BytesStart<'_>, line: u64) -> Result<(), End> {
        let name = start.local_name();
        let name = name.as_ref();
        let parent = self.path.last().copied();
        let tag = Tag::inside(parent, name);
        if tag == Tag::Root {
            self.open_root(name, line)?;
        }
        if self.path.len() == DEPTH_LIMIT {
            return Err(End::Broken("elements nested too deeply".to_owned()));
        }
        self.path.push(tag);
        if tag.entry().is_some() {
            self.item = Item {
                line,
                ..Item::default()
            };
        }
        if tag.has_text() {
            self.passage = Passage {
                line,
                ..Passage::default()
            };
        }
        match tag {
            Tag::Link => self.link(parent, start, line),
            Tag::Guid => {
                self.item.opaque_guid =
                    attribute(start, "isPermaLink").is_some_and(|value| value == "false");
            }
            _ => {}
        }
        Ok(())
    }

    fn open_root(&mut self, name: &str, line: u64) -> Result<(), End> {
        if self.out.report.format != Format::Unknown {
            return Err(End::Broken("a second root element".to_owned()));
        }
        self.out.report.format = match name {
            "urlset" => Format::UrlSet,
            "sitemapindex" => Format::Index,
            "rss" | "RDF" => Format::Rss,
            "feed" => Format::Atom,
            _ if name.eq_ignore_ascii_case("html") => return Err(self.refuse_html(line)),
            _ => {
                self.out.problem(line, ProblemKind::WrongRoot, name);
                Format::Unknown
            }
        };
        Ok(())
    }

    fn close(&mut self) {
        let Some(tag) = self.path.pop() else {
            return;
        };
        let parent = self.path.last().copied();
        if let Some(kind) = tag.entry() {
            return self.close_entry(tag, kind);
        }
        if !tag.has_text() {
            return;
        }
        let passage = std::mem::take(&mut self.passage);
        if passage.text.trim().is_empty() {
            return;
        }
        match (parent, tag) {
            (_, Tag::MediaLocation) => self.out.entry(Kind::Resource, &passage, None),
            (_, Tag::Lastmod) => self.item.lastmod = Some(passage),
            (_, Tag::Guid) if !self.item.opaque_guid => self.item.guid = Some(passage),
            (_, Tag::Location) | (Some(Tag::Item), Tag::Link) => {
                self.item.location.get_or_insert(passage);
            }
            _ => {}
        }
    }

    fn close_entry(&mut self, tag: Tag, kind: Kind) {
        let item = std::mem::take(&mut self.item);
        match item.location.or(item.guid) {
            Some(location) => self.out.entry(kind, &location, item.lastmod.as_ref()),
            // Entries of feeds need not have a link.
            None if matches!(tag, Tag::Item | Tag::Entry) => {}
            None => self
                .out
                .problem(item.line, ProblemKind::MissingLocation, ""),
        }
    }

    /// Reads `<xhtml:link rel="alternate" hreflang href>` in sitemaps and `<link rel href>` in
    /// Atom. In RSS a link is an element with text instead.
    fn link(&mut self, parent: Option<Tag>, start: &BytesStart<'_>, line: u64) {
        let Some(text) = attribute(start, "href") else {
            return;
        };
        let cut = text.len() > TEXT_LIMIT;
        let passage = Passage { text, line, cut };
        let rel = attribute(start, "rel");
        match (parent, rel.as_deref()) {
            (Some(Tag::Url), Some("alternate")) => {
                self.out.entry(Kind::Alternate, &passage, None);
            }
            (Some(Tag::Entry), None | Some("alternate")) => {
                self.item.location.get_or_insert(passage);
            }
            _ => {}
        }
    }

    fn is_wanted(&self) -> bool {
        self.path.last().is_some_and(|tag| tag.has_text())
    }

    fn push(&mut self, text: &str) {
        if !self.is_wanted() {
            return;
        }
        // A location may be surrounded by any amount of white space.
        let text = if self.passage.text.is_empty() {
            text.trim_start()
        } else {
            text
        };
        if self.passage.text.len() + text.len() > TEXT_LIMIT {
            let text = text.trim_end();
            let room = TEXT_LIMIT.saturating_sub(self.passage.text.len());
            let end = text.floor_char_boundary(room);
            self.passage.cut |= end < text.len();
            self.passage.text.push_str(&text[..end]);
            return;
        }
        self.passage.text.push_str(text);
    }

    /// Appends one of the five entities of XML; others would need a declaration, which is never
    /// used.
    fn push_entity(&mut self, name: &str, line: u64) {
        if let Some(text) = quick_xml::escape::resolve_predefined_entity(name) {
            self.push(text);
        } else if self.is_wanted() {
            self.out.problem(line, ProblemKind::UnknownEntity, name);
            self.push("&");
            self.push(name);
            self.push(";");
        }
    }

    fn refuse_html(&mut self, line: u64) -> End {
        self.out.problem(line, ProblemKind::Html, "");
        End::Refused
    }

    /// Passes on the entries that were complete before the end, and reports the reason of the end.
    fn finish(mut self, end: End, source: &Source<'_>) {
        let reason = match end {
            End::Refused => return,
            End::Eof if self.path.is_empty() => return,
            End::Eof => "ends inside an element".to_owned(),
            End::Broken(reason) => reason,
        };
        let open = self.path.iter().rev().find_map(|tag| tag.entry());
        if let (Some(kind), Some(location)) = (open, self.item.location.take()) {
            let lastmod = self.item.lastmod.take();
            self.out.entry(kind, &location, lastmod.as_ref());
        }
        // If the text itself was cut, that is the reason, not the XML.
        if source.fault.is_none() && !source.over {
            self.out.problem(source.line, ProblemKind::Broken, &reason);
        }
    }
}

/// Returns an attribute without prefix, with its entities resolved if all of them can be.
fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    // A check for duplicates would take the square of their number.
    let mut attributes = start.attributes();
    let found = attributes
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.as_ref() == name)?;
    let value = quick_xml::escape::unescape(&found.value);
    Some(value.map_or_else(|_| found.value.to_string(), std::borrow::Cow::into_owned))
}
