use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned, civil::Date};

use crate::model::Moment;

use super::super::project::Project;
use super::yaml;
use crate::schedule::project::timing::Timing;

/// Maximum lines of cron for a project. A schedule that needs more is refused: it belongs on a server.
const MOST: usize = 24;

/// Days of a schedule that are examined: more than a year.
const DAYS: i32 = 400;

const HEAD: &str = r#"# .github/workflows/gatecrawl.yml, beside a gatecrawl.toml at the top of the repository, in which
# db = "runs.db" and out = "reports/{project}/{date}". The variables GATECRAWL_GIT and GATECRAWL_REV of the repository
# say where the source of gatecrawl is, and which commit of it is used. Actions are pinned to commits, so that nobody
# changes what runs here. GitHub knows UTC only: print this again when clocks change.
name: gatecrawl
on:
  workflow_dispatch:
  schedule:
"#;

const MIDDLE: &str = "\
permissions:
  contents: read
# They share the database.
concurrency: gatecrawl
jobs:
";

/// Returns a workflow that audits each project when it is due; `now` is when it is printed. The error names the
/// project, in one line.
pub fn github_actions(projects: &[Project], now: Moment) -> Result<String, String> {
    let (mut text, mut jobs) = (HEAD.to_owned(), String::new());
    for project in projects {
        let name = &project.name;
        let lines = in_utc(&project.timing, now).ok_or_else(|| {
            format!(
                "project {name}: schedule: {} cannot be said in a few lines of cron in UTC; let it come once a \
                 day, week or month, or give it timezone = \"UTC\"",
                project.timing
            )
        })?;
        for line in &lines {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "    - cron: {} # {name}", yaml(line));
        }
        jobs.push_str(&job(name, &lines));
    }
    Ok(text + MIDDLE + &jobs)
}

fn job(name: &str, lines: &[String]) -> String {
    let lines = serde_json::Value::from(lines).to_string();
    format!(
        r#"  audit-{name}:
    if: github.event_name == 'workflow_dispatch' || contains(fromJSON('{lines}'), github.event.schedule)
    runs-on: ubuntu-latest
    timeout-minutes: 350
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - name: Take along the earlier runs
        uses: actions/cache/restore@5a3ec84eff668545956fd18022155c47e93e2684 # v4.2.3
        with:
          path: runs.db
          key: gatecrawl-${{{{ github.run_id }}}}-{name}
          restore-keys: gatecrawl-
      - name: Install
        run: cargo install --locked --git "$GATECRAWL_GIT" --rev "$GATECRAWL_REV" gatecrawl
        env:
          GATECRAWL_GIT: ${{{{ vars.GATECRAWL_GIT }}}}
          GATECRAWL_REV: ${{{{ vars.GATECRAWL_REV }}}}
      - name: Audit
        run: gatecrawl schedule --config gatecrawl.toml run --once --now {name}
      # Also after a failed gate: otherwise every run would be the first.
      - name: Keep the runs
        if: always()
        uses: actions/cache/save@5a3ec84eff668545956fd18022155c47e93e2684 # v4.2.3
        with:
          path: runs.db
          key: gatecrawl-${{{{ github.run_id }}}}-{name}
      - name: Keep the report
        if: always()
        uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        with:
          name: {name}
          path: reports
          if-no-files-found: ignore
"#
    )
}

/// Returns the lines of cron in UTC that start a schedule, at the zone's current offset from UTC. `None` if more than
/// [`MOST`] lines are needed, or if days of the week or of the month do not describe the times.
fn in_utc(timing: &Timing, now: Moment) -> Option<Vec<String>> {
    let local = timing.local(now);
    let fixed = Timing::parse(&timing.to_string(), TimeZone::fixed(local.offset())).ok()?;
    let first = utc(now).date().tomorrow().ok()?;
    let window: Vec<Date> = first.series(1.day()).take(DAYS as usize).collect();
    let last = *window.last()?;
    let mut times: BTreeMap<(i8, i8), BTreeSet<Date>> = BTreeMap::new();
    let mut at = now;
    loop {
        at = fixed.after(at)?;
        let utc = utc(at);
        if utc.date() > last {
            break;
        }
        if utc.date() >= first {
            let days = times.entry((utc.hour(), utc.minute())).or_default();
            days.insert(utc.date());
        }
        if times.len() > MOST {
            return None;
        }
    }
    let line = |((hour, minute), days): (&(i8, i8), &BTreeSet<Date>)| {
        Some(format!(
            "{minute} {hour} {}",
            fields_of_days(days, &window)?
        ))
    };
    times.iter().map(line).collect()
}

/// Returns cron's days of the month, months and days of the week for exactly these days of a window.
fn fields_of_days(days: &BTreeSet<Date>, window: &[Date]) -> Option<String> {
    if days.len() == window.len() {
        return Some("* * *".to_owned());
    }
    let list = |of: fn(&Date) -> i8| -> Option<String> {
        let numbers: BTreeSet<i8> = days.iter().map(of).collect();
        let all = window.iter().filter(|day| numbers.contains(&of(day)));
        let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        (all.count() == days.len()).then(|| texts.join(","))
    };
    let week = list(|day| day.weekday().to_sunday_zero_offset());
    let month = || list(|day| day.day());
    week.map(|days| format!("* * {days}"))
        .or_else(|| month().map(|days| format!("{days} * *")))
}

fn utc(at: Moment) -> Zoned {
    crate::schedule::project::timing::zoned(at, &TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use yaml_rust2::YamlLoader;

    use super::super::super::{read, zone};
    use super::*;

    /// 2026-11-28T12:00:00Z.
    const NOW: Moment = Moment::from_millis(1_795_867_200_000);

    fn lines(text: &str, name: &str) -> Option<Vec<String>> {
        let zone = zone(name).expect("a zone");
        in_utc(&Timing::parse(text, zone).expect("a schedule"), NOW)
    }

    #[test]
    fn times_are_moved_to_utc_with_their_days() {
        let cases = [
            ("daily at 03:30", "Europe/Berlin", Some("30 2 * * *")),
            ("weekly on mon 00:30", "Europe/Berlin", Some("30 23 * * 0")),
            (
                "weekly on mon,fri 22:00",
                "America/New_York",
                Some("0 3 * * 2,6"),
            ),
            ("monthly on 15 04:00", "Asia/Kolkata", Some("30 22 14 * *")),
            ("monthly on 1 04:00", "Asia/Kolkata", None),
            ("*/5 * * * *", "UTC", None),
        ];
        for (text, zone, expected) in cases {
            let expected = expected.map(|line| vec![line.to_owned()]);
            assert_eq!(lines(text, zone), expected, "{text}");
        }
        assert_eq!(lines("hourly", "UTC").map(|lines| lines.len()), Some(24));
    }

    #[test]
    fn it_is_a_workflow_with_a_job_for_each_project() {
        let project = |name| {
            let text = "schedule = 'weekly on mon 06:00'\ntimezone = 'Europe/Berlin'";
            read(name, &text.parse().expect("a table")).expect("a project")
        };
        let text = github_actions(&[project("shop"), project("blog")], NOW).expect("a workflow");
        let workflow = &YamlLoader::load_from_str(&text).expect("YAML")[0];
        let crons = workflow["on"]["schedule"].as_vec().expect("a list");
        assert_eq!(crons.len(), 2, "{text}");
        assert_eq!(crons[0]["cron"].as_str(), Some("0 5 * * 1"));
        let job = &workflow["jobs"]["audit-shop"];
        let condition = job["if"].as_str().expect("a condition");
        assert!(
            condition.ends_with("contains(fromJSON('[\"0 5 * * 1\"]'), github.event.schedule)")
        );
        let steps = job["steps"].as_vec().expect("steps");
        // A tag can be moved, a commit cannot.
        for uses in steps.iter().filter_map(|step| step["uses"].as_str()) {
            let (_, commit) = uses.split_once('@').expect("pinned");
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_commit, "{uses}");
        }
        assert!(text.contains("--rev \"$GATECRAWL_REV\""), "{text}");
        let audit = steps
            .iter()
            .find(|step| step["name"].as_str() == Some("Audit"));
        let run = audit.expect("the audit")["run"].as_str();
        assert_eq!(
            run,
            Some("gatecrawl schedule --config gatecrawl.toml run --once --now shop")
        );
    }
}
