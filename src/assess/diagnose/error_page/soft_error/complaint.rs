//! A program's error message in a page, as the program writes it.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes;

use super::length::{LOOKED_AT, SHORT_TEXT, text_length};
use crate::assess::diagnose::error_page::text::BODY_HEAD;

/// Bytes of a page's end that are searched for the last words of an error message. Ours.
const LAST_WORDS: usize = 2 * 1024;

/// Words of which every error message has one. Searching them first saves the patterns for most pages.
static COMPLAINT_WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "atal error",
        "Parse error",
        "Traceback (most recent call last):",
        "SQLSTATE[",
        "// Werkzeug Debugger",
        "NONE,NOARCHIVE",
        "Exception caught",
        "Server Error in '",
        "Error) -->",
        "HTTP Status 50",
        "<br> &nbsp; &nbsp;at ",
    ];
    // Only this kind of match is searched in steps of many bytes.
    let searcher = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .build(words);
    searcher.ok()
});

/// A pattern of a program's error message, and its possible position in a page.
struct Complaint {
    pattern: bytes::Regex,
    /// Maximum text after the message, in bytes without white space; `usize::MAX` for any length.
    rest: usize,
}

/// Markup that may precede the message if it is the whole page; no article begins like that.
const OPENING: &str = r"^\s*(?:<(?:!doctype|html|body|pre|p|br|b|div)\b[^>]{0,80}>\s*){0,4}";
/// The message that ends a PHP program.
const PHP: &str = r"(?:PHP )?(?:(?:Recoverable |Catchable )?[Ff]atal|Parse) error";

/// Messages at the beginning of a page. Those of development pages are recognised by their markup, which
/// an article would have escaped.
static AT_THE_BEGINNING: LazyLock<Vec<Complaint>> = LazyLock::new(|| {
    let python = r#"Traceback \(most recent call last\):\s+File (?:"|&quot;|&#34;)"#;
    let debuggers = [
        // Werkzeug, Django, Rails, ASP.NET, Symfony, Tomcat, Express.
        r"<title>[^<]{1,500}// Werkzeug Debugger</title>",
        r#"<meta name="robots" content="NONE,NOARCHIVE">\s*<title>\s*\w+\s+at /[^<]*</title>"#,
        r"<title>Action Controller: Exception caught</title>",
        r"(?i:<h1>Server Error in '/[^<]{0,200}' Application\.<hr\b)",
        r"^<!--[^>]{1,1000} \(50[0-9] [A-Z][A-Za-z ]{1,30}\) -->",
        r"<h1>HTTP Status 50[0-9] [^<]{1,500}</h1><(?:hr|HR) ",
        r"<body>\s*<pre>\w*Error: [^<]{0,1000}<br> &nbsp; &nbsp;at ",
    ];
    complaints(&[
        (&debuggers.join("|"), usize::MAX),
        (&format!("{OPENING}{python}"), usize::MAX),
        (&format!(r"{OPENING}SQLSTATE\["), SHORT_TEXT),
        (
            &format!(r"{OPENING}{PHP}: .*? in [^\n<>]{{1,1000}} on line [0-9]"),
            SHORT_TEXT,
        ),
    ])
});

/// Messages after which little or nothing follows: those of PHP, with and without `html_errors`. An
/// article continues after one, or ends with its closing tags.
static AT_THE_END: LazyLock<Vec<Complaint>> = LazyLock::new(|| {
    let place = r"[^<]{1,1000}</b> on line <b>[0-9]+</b>";
    complaints(&[
        (
            &format!(r"<br ?/?>\s*<b>{PHP}</b>:\s.*? in <b>{place}"),
            SHORT_TEXT,
        ),
        (
            &format!(r"(?:^|[\n>])\s*{PHP}: .*? in [^\n<>]{{1,1000}} on line [0-9]+\s*$"),
            0,
        ),
    ])
});

fn complaints(kinds: &[(&str, usize)]) -> Vec<Complaint> {
    let kinds = kinds.iter().filter_map(|(pattern, rest)| {
        let pattern = bytes::Regex::new(&format!("(?s-u){pattern}")).ok()?;
        Some(Complaint {
            pattern,
            rest: *rest,
        })
    });
    kinds.collect()
}

/// Returns the position of a program's error message in a page.
pub(super) fn complaint(body: &[u8]) -> Option<usize> {
    let words = COMPLAINT_WORDS.as_ref()?;
    let find = |part: Range<usize>, kinds: &[Complaint]| {
        let start = part.start;
        let part = &body[part];
        kinds.iter().find_map(|kind| {
            // The last one ended the page.
            let found = kind.pattern.find_iter(part).last()?;
            let after = || text_length(&body[start + found.end()..]);
            let ends = kind.rest == usize::MAX || after().is_some_and(|text| text <= kind.rest);
            ends.then_some(start + found.start())
        })
    };
    let head = 0..body.len().min(BODY_HEAD);
    let end = body.len().saturating_sub(LOOKED_AT)..body.len();
    let at_the_beginning = || find(head.clone(), &AT_THE_BEGINNING);
    let at_the_end = || find(end.clone(), &AT_THE_END);
    let may_begin = words.is_match(&body[head.clone()]);
    // The line that it names comes last, followed by little text.
    let last = &body[body.len().saturating_sub(LAST_WORDS)..];
    let may_end = memchr::memmem::find(last, b" on line ").is_some();
    (may_begin.then(at_the_beginning).flatten()).or_else(|| may_end.then(at_the_end).flatten())
}
