//! The summary of server logs, in a few lines.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::logs::{
    Difference, Episode, Explained, FileCount, HourCount, LogSummary, Requests, Since, Verified,
};
use crate::model::Moment;

use super::columns::{Side, columns};
use super::output_style::OutputStyle;
use super::paint::{BOLD, GREEN, PLAIN, RED, YELLOW, paint};
use super::spark::spark;
use super::text::{count, number, percent, tame, tame_but_colors};

/// Maximum rows of each list.
const MOST: usize = 5;

/// Maximum unreadable lines that are shown, and maximum length of each in characters.
const MOST_EXAMPLES: usize = 2;
const LONGEST_EXAMPLE: usize = 100;

/// Maximum hours drawn in one chart line; the newest are shown.
const MOST_HOURS: usize = 48;

/// Everything that the text shows.
#[derive(Debug)]
pub(crate) struct LogsText<'a> {
    pub(crate) summary: &'a LogSummary,
    /// The exports that were written.
    pub(crate) files: &'a [PathBuf],
    pub(crate) output: OutputStyle,
}

/// Renders the text, ending in a line break.
pub(crate) fn text(input: &LogsText<'_>) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(input, &mut out);
    // The program's own colours stay.
    tame_but_colors(&out).into_owned()
}

/// Counts of a span of time in `logs --follow`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiveCounts {
    pub(crate) requests: u64,
    pub(crate) failed: u64,
    pub(crate) of_502: u64,
    pub(crate) googlebot: u64,
    pub(crate) googlebot_failed: u64,
    pub(crate) urls: u64,
}

impl LiveCounts {
    /// Returns the sum of the counts of two spans.
    pub(crate) fn and(self, other: &LiveCounts) -> LiveCounts {
        LiveCounts {
            requests: self.requests + other.requests,
            failed: self.failed + other.failed,
            of_502: self.of_502 + other.of_502,
            googlebot: self.googlebot + other.googlebot,
            googlebot_failed: self.googlebot_failed + other.googlebot_failed,
            // The same URLs may be in both.
            urls: self.urls.max(other.urls),
        }
    }
}

/// What `logs --follow` shows each time something was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live<'a> {
    pub(crate) now: Moment,
    /// The counts of what is new.
    pub(crate) new: &'a LiveCounts,
    /// The counts of the window before now.
    pub(crate) lately: &'a LiveCounts,
    pub(crate) window: Duration,
}

/// Renders a line of `logs --follow`: the new failures, and the counts of the last minutes.
pub(crate) fn live(shown: Live<'_>, summary: &LogSummary) -> String {
    let Live {
        now,
        new,
        lately,
        window,
    } = shown;
    let time = now.to_string();
    let time = time.get(11..19).unwrap_or_default();
    let requests = count(new.requests, "request");
    let mut line = format!("{time}  {requests}, {} failed", number(new.failed));
    let statuses = summary.by_status.iter().filter(|(_, count)| **count > 0);
    let statuses: Vec<String> = statuses
        .map(|(status, count)| format!("{status}: {}", number(*count)))
        .collect();
    if let Some(worst) = summary.worst_urls.first() {
        let (statuses, address) = (statuses.join(", "), short(&worst.address));
        let _ = write!(line, " ({statuses}; most on {address})");
    }
    let share = lately.failed as f64 / lately.requests.max(1) as f64;
    let _ = write!(
        line,
        "  last {} min: {} of {} ({}), Googlebot {} of {}",
        window.as_secs() / 60,
        number(lately.failed),
        number(lately.requests),
        percent(share),
        number(lately.googlebot_failed),
        number(lately.googlebot)
    );
    tame(&line).into_owned()
}

/// Renders the summary of logs below that of an audit.
pub(crate) fn beside_audit(summary: &LogSummary, output: OutputStyle) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = head(summary, output.color, &mut out)
        .and_then(|()| rate(summary, output.color, &mut out))
        .and_then(|()| who(summary, &mut out))
        .and_then(|()| crawl(summary, &mut out));
    tame_but_colors(&out).into_owned()
}

fn write(input: &LogsText<'_>, out: &mut String) -> std::fmt::Result {
    let (summary, color) = (input.summary, input.output.color);
    head(summary, color, out)?;
    rate(summary, color, out)?;
    who(summary, out)?;
    crawl(summary, out)?;
    bots(summary, color, out)?;
    hours(summary, color, out)?;
    episodes(summary, out)?;
    families(summary, out);
    backends(summary, out)?;
    causes(summary, out)?;
    problems(summary, color, out)?;
    if let Some(first) = input.files.first() {
        let dir = first.parent().unwrap_or(first);
        writeln!(
            out,
            "  Exports        {} in {}",
            count(input.files.len() as u64, "file"),
            dir.display()
        )?;
    }
    Ok(())
}

fn head(summary: &LogSummary, color: bool, out: &mut String) -> std::fmt::Result {
    let formats = match formats(&summary.files) {
        formats if formats.is_empty() => formats,
        formats => format!(" ({formats})"),
    };
    let files = count(summary.files.len() as u64, "file");
    let span = match (summary.from, summary.to) {
        (Some(from), Some(to)) => format!(", {} to {} UTC", minute(from), minute(to)),
        _ => String::new(),
    };
    let lines: u64 = summary.files.iter().map(|file| file.lines).sum();
    let head = format!("{} in {files}{formats}{span}", count(lines, "line"));
    writeln!(out, "{}", paint(&head, BOLD, color))
}

/// Returns the formats of the files, each once.
fn formats(files: &[FileCount]) -> String {
    let names = files.iter().filter_map(|file| file.format);
    let names: BTreeSet<&str> = names.collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

fn minute(moment: Moment) -> String {
    moment
        .to_string()
        .get(..16)
        .unwrap_or_default()
        .replace('T', " ")
}

fn rate(summary: &LogSummary, color: bool, out: &mut String) -> std::fmt::Result {
    let style = match summary.rate.value {
        rate if rate >= 0.01 => RED,
        rate if rate > 0.0 => YELLOW,
        _ => GREEN,
    };
    let statuses = summary.by_status.iter().filter(|(_, count)| **count > 0);
    let statuses: Vec<String> = statuses
        .map(|(status, count)| format!("{status}: {}", number(*count)))
        .collect();
    let statuses = if statuses.is_empty() {
        String::new()
    } else {
        format!(" ({})", statuses.join(", "))
    };
    let failed = format!(
        "{} of {} failed with 5xx",
        number(summary.failed),
        count(summary.requests, "request")
    );
    let share = if summary.failed == 0 {
        String::new()
    } else {
        let (low, high) = (percent(summary.rate.low), percent(summary.rate.high));
        format!(": {} [{low} to {high}]", percent(summary.rate.value))
    };
    writeln!(
        out,
        "  Requests       {}{share}{statuses}",
        paint(&failed, style, color)
    )?;
    let (failing, urls) = (number(summary.failing_urls), number(summary.urls));
    let folded = match summary.folded_families {
        0 => String::new(),
        families => format!(
            "; those beyond the bound count for {} of their families",
            number(families)
        ),
    };
    writeln!(
        out,
        "  URLs           {failing} of {urls} failed at least once{folded}"
    )
}

fn who(summary: &LogSummary, out: &mut String) -> std::fmt::Result {
    let of = |Requests { requests, failed }: Requests| {
        let share = if requests == 0 {
            String::new()
        } else {
            format!(" ({})", percent(failed as f64 / requests as f64))
        };
        format!("{} of {}{share}", number(failed), number(requests))
    };
    writeln!(
        out,
        "  Failed for     users {}; search engines {}; Googlebot {}",
        of(summary.users),
        of(summary.search_engines),
        of(summary.googlebot)
    )?;
    if summary.googlebot_only_failures > 0 {
        let urls = count(summary.googlebot_only_failures, "URL");
        writeln!(
            out,
            "                 every request of Googlebot failed on {urls}"
        )?;
        for Since { address, since } in summary.googlebot_only_failures_since.iter().take(3) {
            let since = since
                .map(|since| format!(" since {}", minute(since)))
                .unwrap_or_default();
            writeln!(out, "                 {}{since}", short(address))?;
        }
    }
    Ok(())
}

/// Writes the comparison of the crawl with the logs.
fn crawl(summary: &LogSummary, out: &mut String) -> std::fmt::Result {
    if summary.own_requests > 0 {
        let own = count(summary.own_requests, "request");
        writeln!(
            out,
            "  Own crawls     {own} of gatecrawl, left out of all counts"
        )?;
    }
    let Some(crawl) = &summary.crawl else {
        return Ok(());
    };
    writeln!(
        out,
        "  Crawl          run {} of {}, {} UTC: {} of {} are in the logs",
        crawl.run,
        crawl.site,
        minute(crawl.started),
        number(crawl.urls_in_logs),
        count(crawl.urls, "URL")
    )?;
    for kind in &crawl.differences {
        let urls = count(kind.urls, "URL");
        let (one, many) = match kind.difference {
            Difference::OnlyOthers => (
                "fails for others but was fine for the crawl",
                "fail for others but were fine for the crawl",
            ),
            Difference::NotCrawled => (
                "fails for others and was not crawled",
                "fail for others and were not crawled",
            ),
            Difference::Both => (
                "fails for others and for the crawl",
                "fail for others and for the crawl",
            ),
            Difference::OnlyCrawl => (
                "failed for the crawl but never for others",
                "failed for the crawl but never for others",
            ),
            Difference::NotRequested => (
                "failed for the crawl; nobody else requested it",
                "failed for the crawl; nobody else requested them",
            ),
        };
        let words = if kind.urls == 1 { one } else { many };
        let example = kind.worst.first().map(|worst| short(worst));
        let example = example.map_or(String::new(), |worst| format!(", such as {worst}"));
        writeln!(out, "                 {urls} {words}{example}")?;
    }
    if crawl.failed_attempts > 0 {
        let example = crawl.lines.first();
        let example = example.map_or(String::new(), |line| format!(", such as {line}"));
        let attempts = count(crawl.failed_attempts, "failed attempt");
        let explained = number(crawl.explained_attempts);
        writeln!(
            out,
            "                 lines of the logs explain {explained} of its {attempts}{example}"
        )?;
    }
    Ok(())
}

fn bots(summary: &LogSummary, color: bool, out: &mut String) -> std::fmt::Result {
    let mut rows: Vec<_> = summary.bots.iter().filter(|bot| bot.search).collect();
    rows.sort_by_key(|bot| std::cmp::Reverse(bot.requests));
    for bot in rows.into_iter().take(MOST) {
        let verified = match (bot.verified, &bot.list_date) {
            (Verified::Yes, _) => paint("verified", GREEN, color),
            (Verified::No, _) => paint("not the crawler that it says to be", RED, color),
            (Verified::Unverified, Some(date)) if !date.is_empty() => {
                format!("unverified (list of addresses of {date})")
            }
            (Verified::Unverified, _) => "unverified".to_owned(),
        };
        let robots = match bot.robots_txt.failed {
            0 => String::new(),
            failed => paint(
                &format!(", robots.txt failed {} times", number(failed)),
                RED,
                color,
            ),
        };
        let (requests, failed) = (count(bot.requests, "request"), number(bot.failed));
        writeln!(
            out,
            "  Crawler        {}: {requests}, {failed} failed, {verified}{robots}",
            bot.bot
        )?;
    }
    Ok(())
}

fn hours(summary: &LogSummary, color: bool, out: &mut String) -> std::fmt::Result {
    let known: Vec<_> = summary
        .hours
        .iter()
        .filter(|hour| hour.hour.millis() > 0)
        .collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return Ok(());
    };
    if known.len() < 2 || summary.failed == 0 {
        return Ok(());
    }
    let hour = 3_600_000;
    let all = (last.hour.millis() - first.hour.millis()) / hour + 1;
    let shown = all.min(MOST_HOURS as i64);
    let begin = last.hour.millis() - (shown - 1) * hour;
    let mut values = vec![None; shown as usize];
    for HourCount {
        hour: at,
        requests,
        failed,
    } in known
    {
        let place = (at.millis() - begin) / hour;
        if let Some(value) = usize::try_from(place)
            .ok()
            .and_then(|place| values.get_mut(place))
        {
            *value = (*requests > 0).then(|| *failed as f64 / *requests as f64);
        }
    }
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let bars = spark(&values, color);
    writeln!(
        out,
        "  5xx per hour   {bars}  highest {}, last {}",
        percent(most),
        count(shown as u64, "hour")
    )
}

fn episodes(summary: &LogSummary, out: &mut String) -> std::fmt::Result {
    if summary.episodes.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "  Episodes       {}",
        number(summary.episodes.len() as u64)
    )?;
    let mut worst: Vec<&Episode> = summary.episodes.iter().collect();
    worst.sort_by_key(|episode| std::cmp::Reverse(episode.failed));
    worst.truncate(MOST);
    worst.sort_by_key(|episode| episode.from);
    for episode in worst {
        let from = minute(episode.from);
        let to = episode
            .to
            .to_string()
            .get(11..16)
            .unwrap_or_default()
            .to_owned();
        let (failed, requests) = (number(episode.failed), count(episode.requests, "request"));
        let mut about = vec![episode.kind.words().to_owned()];
        about.extend(episode.event.clone());
        about.extend(episode.section.clone().filter(|section| section != "/"));
        about.extend(episode.backend.clone());
        about.extend(episode.cause.map(|cause| cause.title().to_owned()));
        let urls = count(episode.urls, "URL");
        writeln!(
            out,
            "    {from} to {to}: {failed} of {requests} failed on {urls}, {:.1} requests/s: {}",
            episode.load,
            about.join(", ")
        )?;
    }
    Ok(())
}

fn families(summary: &LogSummary, out: &mut String) {
    if summary.families.is_empty() {
        return;
    }
    let heads = [
        ("worst families", Side::Left),
        ("5xx", Side::Right),
        ("requests", Side::Right),
        ("URLs", Side::Right),
        ("probable cause", Side::Left),
    ];
    let rows: Vec<Vec<String>> = summary
        .families
        .iter()
        .take(MOST)
        .map(|row| {
            vec![
                short(&row.family),
                number(row.failed),
                number(row.requests),
                number(row.urls),
                row.cause
                    .map_or(String::new(), |cause| cause.title().to_owned()),
            ]
        })
        .collect();
    out.push_str(&columns(&heads, &rows));
}

fn backends(summary: &LogSummary, out: &mut String) -> std::fmt::Result {
    let failing: Vec<_> = summary
        .backends
        .iter()
        .filter(|backend| backend.failed > 0)
        .collect();
    let shown = failing.iter().take(MOST).map(|backend| {
        let (failed, requests) = (number(backend.failed), number(backend.requests));
        format!("{} ({failed} of {requests})", short(&backend.name))
    });
    let shown: Vec<String> = shown.collect();
    if !shown.is_empty() {
        writeln!(out, "  Backends       5xx: {}", shown.join(", "))?;
    }
    Ok(())
}

fn causes(summary: &LogSummary, out: &mut String) -> std::fmt::Result {
    if !summary.causes.is_empty() {
        let causes = summary.causes.iter().take(MOST);
        let causes: Vec<String> = causes
            .map(|count| format!("{} ({})", count.cause.title(), number(count.failed)))
            .collect();
        writeln!(out, "  Causes         {}", causes.join(", "))?;
    }
    let Explained {
        failed: failures,
        explained: joined,
        answered,
        records,
    } = summary.error_logs;
    let expected = failures - answered.min(failures);
    if records > 0 && expected > 0 {
        let share = percent(joined as f64 / expected as f64);
        let others = match answered {
            0 => String::new(),
            answered => format!(
                "; the application itself answered {}, of which a web server logs no error",
                count(answered, "other")
            ),
        };
        writeln!(
            out,
            "  Error logs     explain {} of {} ({share}){others}",
            number(joined),
            count(expected, "failed request")
        )?;
    }
    let known = summary
        .messages
        .iter()
        .filter(|message| message.pattern.is_some());
    for message in known.take(MOST) {
        let place = message
            .example
            .as_ref()
            .map(|(file, line)| format!(", see line {line} of {file}"));
        let (pattern, place) = (
            message.pattern.unwrap_or_default(),
            place.unwrap_or_default(),
        );
        writeln!(
            out,
            "    {pattern}: {}{place}",
            count(message.lines, "record")
        )?;
    }
    Ok(())
}

fn problems(summary: &LogSummary, color: bool, out: &mut String) -> std::fmt::Result {
    if summary.not_http > 0 {
        writeln!(
            out,
            "  Not HTTP       {}",
            count(summary.not_http, "request")
        )?;
    }
    if summary.failures_left_out > 0 {
        let more = count(summary.failures_left_out, "failed request");
        writeln!(
            out,
            "  Left out       {more} beyond the bound: counted, but in no episode and without a cause"
        )?;
    }
    for file in &summary.files {
        problems_of(file, color, out)?;
    }
    Ok(())
}

fn problems_of(file: &FileCount, color: bool, out: &mut String) -> std::fmt::Result {
    let name = &file.name;
    if let Some(fault) = &file.fault {
        let what = match file.format {
            Some(_) => "ended early",
            None => "could not be read",
        };
        let text = format!("{name} {what}: {fault}");
        writeln!(out, "  Unread         {}", paint(&text, RED, color))?;
    }
    let Some(format) = file.format else {
        if file.fault.is_some() {
            return Ok(());
        }
        if file.is_empty {
            return writeln!(out, "  Unread         {name} is empty");
        }
        let text = format!("{name}: the format is unknown; name it with --line-format");
        return writeln!(out, "  Unread         {}", paint(&text, RED, color));
    };
    if file.unread == 0 {
        return Ok(());
    }
    let share = file.unread as f64 / file.lines.max(1) as f64;
    let style = if share >= 0.01 { YELLOW } else { PLAIN };
    let text = format!(
        "{} of {name} ({}) {} not {format}, such as",
        count(file.unread, "line"),
        percent(share),
        if file.unread == 1 { "is" } else { "are" }
    );
    writeln!(out, "  Unread         {}", paint(&text, style, color))?;
    for (number, line) in file.examples.iter().take(MOST_EXAMPLES) {
        let line: String = line.chars().take(LONGEST_EXAMPLE).collect();
        writeln!(out, "                 line {number}: {}", tame(&line))?;
    }
    Ok(())
}

/// Shortens a URL in the middle.
fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    let length = text.chars().count();
    if length <= LONGEST {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONGEST / 2).collect();
    let tail: String = text.chars().skip(length - LONGEST / 2).collect();
    format!("{head}\u{2026}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_named_once_whatever_the_order_of_the_files() {
        let file = |format| FileCount {
            name: String::new(),
            format,
            lines: 1,
            bytes: 1,
            requests: 1,
            records: 0,
            unread: 0,
            examples: Vec::new(),
            is_empty: false,
            fault: None,
        };
        let files = [Some("nginx"), Some("apache"), None, Some("nginx")].map(file);
        assert_eq!(formats(&files), "apache, nginx");
    }
}
