use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::container::{Archive, broken, listed, unpacked};
use super::fault::{ListFault, Taken};
use super::layout::{Layout, MOST_COLUMNS, sample};
use super::row::{LONGEST_ROW, Row, Rows};
use super::table::{Each, take};
use super::text::whole;
use crate::parse::sitemap::Source;

/// Bytes of the texts that the sheets of a workbook share, with where each ends. They are held in memory.
const SHARED: usize = 64 * 1024 * 1024;

/// Maximum sheets of a workbook that are read.
const MOST_SHEETS: usize = 100;

/// Reads the first sheet of a workbook that has a column of URLs.
pub(super) fn read(archive: &mut Archive<'_>, each: Each<'_>) -> Result<Taken, ListFault> {
    let sheets = sheets(archive)?;
    let shared = Shared::read(archive)?;
    let mut found: Option<(&Sheet, Layout)> = None;
    let mut others = Vec::new();
    for sheet in &sheets {
        let mut rows = Vec::new();
        sample(&mut SheetRows::open(archive, sheet, &shared)?, &mut rows)?;
        match (Layout::of_rows(&rows), &found) {
            (Some(layout), None) => found = Some((sheet, layout)),
            (Some(_), Some(_)) => others.push(sheet.name.clone()),
            (None, _) => {}
        }
    }
    let Some((sheet, layout)) = found else {
        let names: Vec<String> = sheets.into_iter().map(|sheet| sheet.name).collect();
        return Err(ListFault::NoTable(listed(&names)));
    };
    let mut rows = SheetRows::open(archive, sheet, &shared)?;
    let taken = take(&mut rows, &layout, each);
    whole(rows.xml.0.get_ref(), ListFault::Broken)?;
    taken?;
    Ok(Taken {
        part: Some(format!("sheet {}", sheet.name)),
        column: layout.name(),
        others,
    })
}

/// A sheet by its name, and its file in the archive.
struct Sheet {
    name: String,
    file: String,
}

fn sheets(archive: &mut Archive<'_>) -> Result<Vec<Sheet>, ListFault> {
    let mut named = Vec::new();
    let mut files = Vec::new();
    elements(archive, "xl/workbook.xml", "sheet", &mut |start| {
        named.extend(attribute(start, "name").zip(attribute(start, "id")));
    })?;
    elements(
        archive,
        "xl/_rels/workbook.xml.rels",
        "Relationship",
        &mut |start| {
            files.extend(attribute(start, "Id").zip(attribute(start, "Target")));
        },
    )?;
    let sheets = named.into_iter().filter_map(|(name, id)| {
        let (_, target) = files.iter().find(|(known, _)| *known == id)?;
        let file = match target.strip_prefix('/') {
            Some(file) => file.to_owned(),
            None => format!("xl/{target}"),
        };
        // Charts have sheets of their own.
        archive.index_for_name(&file)?;
        Some(Sheet { name, file })
    });
    Ok(sheets.collect())
}

/// Hands out the elements of one name in a part of the workbook.
fn elements(
    archive: &mut Archive<'_>,
    part: &str,
    name: &str,
    each: &mut dyn FnMut(&BytesStart<'_>),
) -> Result<(), ListFault> {
    let mut xml = Xml::open(archive, part)?;
    let mut buffer = Vec::new();
    let mut count = 0;
    while count < MOST_SHEETS {
        match xml.next(&mut buffer)? {
            Event::Start(start) | Event::Empty(start) if start.local_name().as_ref() == name => {
                count += 1;
                each(&start);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(())
}

/// The texts that cells refer to by their number.
#[derive(Default)]
struct Shared {
    text: String,
    ends: Vec<usize>,
}

impl Shared {
    fn read(archive: &mut Archive<'_>) -> Result<Shared, ListFault> {
        const PART: &str = "xl/sharedStrings.xml";
        let mut shared = Shared::default();
        if archive.index_for_name(PART).is_none() {
            return Ok(shared);
        }
        let mut xml = Xml::open(archive, PART)?;
        let mut buffer = Vec::new();
        let mut in_text = false;
        // How to pronounce it, in Japanese.
        let mut in_phonetic = false;
        loop {
            match xml.next(&mut buffer)? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "t" => in_text = !in_phonetic,
                    "rPh" => in_phonetic = true,
                    _ => {}
                },
                Event::End(end) => match end.local_name().as_ref() {
                    "t" => in_text = false,
                    "rPh" => in_phonetic = false,
                    "si" => shared.ends.push(shared.text.len()),
                    _ => {}
                },
                Event::Empty(start) if start.local_name().as_ref() == "si" => {
                    shared.ends.push(shared.text.len());
                }
                Event::Eof => return Ok(shared),
                event if in_text => push(&event, &mut shared.text),
                _ => {}
            }
            if shared.text.len() + shared.ends.len() * size_of::<usize>() > SHARED {
                return Err(ListFault::TooLarge(
                    "a workbook with over 64 MiB of text; save the sheet as CSV",
                ));
            }
        }
    }

    fn get(&self, number: usize) -> &str {
        let Some(&end) = self.ends.get(number) else {
            return "";
        };
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..end]
    }
}

/// XML of a workbook, read event by event within bounds.
struct Xml<'a>(Reader<Source<'a>>);

impl<'a> Xml<'a> {
    fn open(archive: &'a mut Archive<'_>, part: &str) -> Result<Xml<'a>, ListFault> {
        let file = archive.by_name(part).map_err(|fault| broken(&fault))?;
        Ok(Xml(Reader::from_reader(unpacked(file))))
    }

    fn next<'b>(&mut self, buffer: &'b mut Vec<u8>) -> Result<Event<'b>, ListFault> {
        buffer.clear();
        self.0.get_mut().next_piece();
        let event = self.0.read_event_into(buffer);
        whole(self.0.get_ref(), ListFault::Broken)?;
        event.map_err(|fault| ListFault::Broken(fault.to_string()))
    }
}

/// The rows of a sheet.
struct SheetRows<'a> {
    xml: Xml<'a>,
    shared: &'a Shared,
    buffer: Vec<u8>,
    value: String,
    line: u64,
}

impl<'a> SheetRows<'a> {
    fn open(
        archive: &'a mut Archive<'_>,
        sheet: &Sheet,
        shared: &'a Shared,
    ) -> Result<SheetRows<'a>, ListFault> {
        Ok(SheetRows {
            xml: Xml::open(archive, &sheet.file)?,
            shared,
            buffer: Vec::new(),
            value: String::new(),
            line: 0,
        })
    }
}

impl Rows for SheetRows<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool, ListFault> {
        let (mut column, mut is_shared, mut in_value) = (0, false, false);
        loop {
            match self.xml.next(&mut self.buffer)? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "row" => {
                        let number = attribute(&start, "r").and_then(|number| number.parse().ok());
                        self.line = number.unwrap_or(self.line + 1);
                        row.clear(self.line);
                    }
                    "c" => {
                        let place = attribute(&start, "r").and_then(|place| column_of(&place));
                        column = place.unwrap_or(row.width());
                        is_shared = attribute(&start, "t").is_some_and(|kind| kind == "s");
                        self.value.clear();
                    }
                    "v" | "t" => in_value = true,
                    _ => {}
                },
                Event::End(end) => match end.local_name().as_ref() {
                    "v" | "t" => in_value = false,
                    "c" if (row.width()..MOST_COLUMNS).contains(&column) => {
                        while row.width() < column {
                            row.end_cell();
                        }
                        let text = match self.value.trim().parse() {
                            Ok(number) if is_shared => self.shared.get(number),
                            _ => &self.value,
                        };
                        row.push(text.as_bytes());
                        row.end_cell();
                    }
                    "row" if row.filled() > 0 => return Ok(true),
                    _ => {}
                },
                Event::Eof => return Ok(false),
                event if in_value => push(&event, &mut self.value),
                _ => {}
            }
            if row.size() + self.value.len() > LONGEST_ROW {
                return Err(ListFault::LongRow { line: self.line });
            }
        }
    }
}

/// Returns the column of a cell that is called `B3`, from 0 on.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase);
    let number = letters.fold(0_usize, |number, letter| {
        number
            .saturating_mul(26)
            .saturating_add(usize::from(letter - b'A') + 1)
    });
    number.checked_sub(1)
}

/// Adds the text of an event.
fn push(event: &Event<'_>, text: &mut String) {
    match event {
        Event::Text(found) => text.push_str(&found.xml10_content()),
        Event::CData(found) => text.push_str(&found.xml10_content()),
        Event::GeneralRef(found) => match found.resolve_char_ref() {
            Ok(Some(character)) => text.push(character),
            _ => {
                let name = found.xml10_content();
                let known = quick_xml::escape::resolve_predefined_entity(&name);
                text.push_str(known.unwrap_or_default());
            }
        },
        _ => {}
    }
}

/// Returns an attribute by its name without prefix.
fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    let mut attributes = attributes.with_checks(false).flatten();
    let found = attributes.find(|attribute| attribute.key.local_name().as_ref() == name)?;
    let value = quick_xml::escape::unescape(&found.value);
    Some(value.map_or_else(|_| found.value.to_string(), std::borrow::Cow::into_owned))
}
