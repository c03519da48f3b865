//! A project: a site that is audited repeatedly, as its table in the configuration says.

pub(super) mod ladder;
pub(super) mod quiet;
pub(super) mod timing;

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use toml::{Table, Value};

use crate::model::{HostKey, Moment};

use ladder::Ladder;
use quiet::QuietHours;
use timing::{Timing, zone};

/// A site that is audited repeatedly.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// When an audit is due.
    pub timing: Timing,
    /// Hours in which no task of the project begins.
    pub quiet: Option<QuietHours>,
    /// When failing URLs are rechecked.
    pub ladder: Ladder,
    /// Which runs of the project are kept.
    pub keep: Keep,
    /// The directory of the exports, with placeholders ([`super::out`]).
    pub out: Option<PathBuf>,
    /// Whether exports of an earlier run in that directory may be replaced.
    pub overwrite: bool,
    /// The hosts that an audit requests. Projects that share a host take turns.
    pub hosts: BTreeSet<HostKey>,
}

impl Project {
    /// Returns the end of the quiet hours that contain a moment; `None` outside of them.
    pub fn quiet_end(&self, at: Moment) -> Option<Moment> {
        let local = self.timing.local(at);
        let quiet = self.quiet.filter(|quiet| quiet.has(&local))?;
        Some(quiet.end(&local))
    }
}

/// How many runs of a project are kept. The newest is always kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Maximum number of runs, the newest first; `None` for no limit.
    pub runs: Option<u32>,
    /// Maximum age of a kept run in days, counted from its end; `None` for no limit.
    pub days: Option<u32>,
}

/// A key of a project's table that is not a key of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name of the key.
    pub name: &'static str,
    /// The type of its value in JSON Schema.
    pub kind: &'static str,
    /// What the key sets, in a sentence.
    pub about: &'static str,
}

/// The keys of a project's table besides those of an audit.
pub const KEYS: [Key; 7] = [
    Key {
        name: "schedule",
        kind: "string",
        about: "When it is audited: `hourly`, `daily at 03:30`, `weekly on mon 06:00`, `monthly on 1 04:00`, \
                `@weekly`, or five fields of cron",
    },
    Key {
        name: "timezone",
        kind: "string",
        about: "The time zone of its schedule, such as `Europe/Berlin`; by default the system's",
    },
    Key {
        name: "quiet-hours",
        kind: "string",
        about: "Hours in which no run or recheck of it begins, such as `22:00-06:00`",
    },
    Key {
        name: "recheck",
        kind: "string",
        about: "When failing URLs are rechecked after a run: `none`, or waits such as `15m, 1h, 2d`",
    },
    Key {
        name: "keep-runs",
        kind: "integer",
        about: "Maximum number of its runs to keep, the newest first, with their exports",
    },
    Key {
        name: "keep-days",
        kind: "integer",
        about: "Days to keep its runs, with their exports",
    },
    Key {
        name: "notify",
        kind: "object",
        about: "Its notifications: occasions and channels",
    },
];

/// An error in a project's table: the key, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadKey(pub &'static str, pub String);

/// Reads the keys of [`KEYS`] from a table. `out` and `hosts` come from the keys of an audit and stay empty.
pub fn read(name: &str, table: &Table) -> Result<Project, BadKey> {
    let zone = match text(table, "timezone")? {
        Some(name) => zone(name).map_err(|why| BadKey("timezone", why))?,
        None => TimeZone::try_system().map_err(|_| {
            let why = "the system's is not known; write one such as \"Europe/Berlin\"";
            BadKey("timezone", why.to_owned())
        })?,
    };
    let schedule = text(table, "schedule")?;
    let missing = || BadKey("schedule", format!("it is missing; write {}", super::FORMS));
    let timing = Timing::parse(schedule.ok_or_else(missing)?, zone);
    let quiet = text(table, "quiet-hours")?.map(str::parse).transpose();
    let ladder = text(table, "recheck")?.map(str::parse).transpose();
    // The notifier reads its keys.
    if let Some(other) = table.get("notify").filter(|notify| !notify.is_table()) {
        return Err(wrong("notify", "a table", other));
    }
    Ok(Project {
        name: name.to_owned(),
        timing: timing.map_err(|why| BadKey("schedule", why))?,
        quiet: quiet.map_err(|why| BadKey("quiet-hours", why))?,
        ladder: ladder
            .map_err(|why| BadKey("recheck", why))?
            .unwrap_or_default(),
        keep: Keep {
            runs: number(table, "keep-runs")?,
            days: number(table, "keep-days")?,
        },
        out: None,
        overwrite: false,
        hosts: BTreeSet::new(),
    })
}

/// Returns the error in a project's name, if there is one. The name becomes part of file names and of environment
/// variables.
pub fn bad_name(name: &str) -> Option<&'static str> {
    let fit = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 64 {
        Some("a project's name has 1 to 64 characters")
    } else if !name.chars().all(fit) {
        Some("a project's name has letters, digits, - and _ only")
    } else {
        None
    }
}

fn text<'t>(table: &'t Table, key: &'static str) -> Result<Option<&'t str>, BadKey> {
    match table.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong(key, "a text", other)),
    }
}

fn number(table: &Table, key: &'static str) -> Result<Option<u32>, BadKey> {
    match table.get(key) {
        None => Ok(None),
        Some(Value::Integer(number)) => match u32::try_from(*number) {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(BadKey(key, format!("{number} is not a number from 1 up"))),
        },
        Some(other) => Err(wrong(key, "a number", other)),
    }
}

fn wrong(key: &'static str, wanted: &str, found: &Value) -> BadKey {
    BadKey(key, format!("must be {wanted}, not {}", found.type_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Project, BadKey> {
        read("shop", &text.parse().expect("a table"))
    }

    #[test]
    fn a_table_becomes_a_project() {
        let project = read_text(
            "schedule = 'daily at 03:30'\ntimezone = 'Europe/Berlin'\nquiet-hours = '22:00-03:00'\n\
             recheck = 'none'\nkeep-runs = 12\nurl = 'a.example'\n[notify]\nanything = 1\n",
        )
        .expect("a project");
        assert_eq!(project.timing.cron(), "30 3 * * *");
        assert_eq!(
            project.keep,
            Keep {
                runs: Some(12),
                days: None
            }
        );
        assert!(project.quiet.is_some());
    }

    #[test]
    fn an_error_names_its_key() {
        let cases = [
            ("", "schedule", "missing"),
            ("schedule = 1", "schedule", "must be a text, not integer"),
            ("schedule = 'now and then'", "schedule", "not a schedule"),
            (
                "schedule = '@daily'\ntimezone = 'Mars/Olympus'",
                "timezone",
                "not a time zone",
            ),
            (
                "schedule = '@daily'\nquiet-hours = 'night'",
                "quiet-hours",
                "not a span of hours",
            ),
            (
                "schedule = '@daily'\nrecheck = 'often'",
                "recheck",
                "neither a wait",
            ),
            (
                "schedule = '@daily'\nkeep-runs = 0",
                "keep-runs",
                "from 1 up",
            ),
            (
                "schedule = '@daily'\nnotify = true",
                "notify",
                "a table, not boolean",
            ),
        ];
        for (text, key, part) in cases {
            let BadKey(found, why) = read_text(text).expect_err(text);
            assert_eq!(found, key, "{why}");
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn names_are_fit_for_files() {
        for name in ["", "a b", "../x", "shöp"] {
            assert!(bad_name(name).is_some(), "{name}");
        }
        assert_eq!(bad_name("shop-2_de"), None);
    }
}
