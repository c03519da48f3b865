//! The projects of the configuration file: turns their tables into the arguments of an audit and a project of the
//! schedule.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Arg, Command, CommandFactory, FromArgMatches};
use toml::Table;

use crate::audit::new_token;
use crate::machine;
use crate::model::CrawlUrl;
use crate::report;
use crate::schedule::{self, BadKey, KEYS, Project};

use crate::settings::args::{AuditArgs, Cli, Command as Chosen, StoreArgs};
use crate::settings::config::{self, File, PROJECTS, RawProject};
use crate::settings::failure::Failure;
use crate::settings::failure::complaint;
use crate::settings::parse::CONFIG;
use crate::settings::plan::order::fresh;
use crate::terminal::streams::{Console, Streams};

/// Keys of an audit that are allowed at the top only, for all projects.
pub(super) const SHARED: [&str; 6] = ["db", "quiet", "verbose", "color", "log-format", "dry-run"];

/// A project with the arguments of its audit.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) project: Project,
    pub(super) args: AuditArgs,
}

/// Returns the path of the configuration file: the named one, or the one in this directory.
pub(super) fn path(args: &StoreArgs) -> PathBuf {
    args.config.clone().unwrap_or_else(|| CONFIG.into())
}

/// Reads the file. A missing file is an error here, because nothing is scheduled without it.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    config::text(path).map_err(|fault| {
        Failure::usage(format!(
            "{}: {fault}; `gatecrawl schedule add NAME URL --schedule WHEN` creates one",
            path.display()
        ))
    })
}

/// Refuses an unnamed file if it decides where secrets go.
pub(super) fn refuse_unnamed(args: &StoreArgs, path: &Path, text: &str) -> Result<(), Failure> {
    let file = File {
        path,
        text,
        named: args.config.is_some(),
    };
    match Cli::command().find_subcommand("audit") {
        Some(audit) => {
            let in_environment = |project: &str| {
                let prefix = variables(project);
                std::env::vars_os().any(|(name, value)| {
                    let name = name.to_string_lossy();
                    !value.is_empty() && name.starts_with(&prefix)
                })
            };
            config::refuse_projects(&file, audit, &in_environment)
        }
        None => Ok(()),
    }
}

/// Returns the file, as one that the user named.
pub(super) fn file<'f>(path: &'f Path, text: &'f str) -> File<'f> {
    File {
        path,
        text,
        named: true,
    }
}

/// Reads and checks all projects. So a due run can fail because of the site, but not because of the configuration.
pub(super) fn read(path: &Path, text: &str) -> Result<Vec<Planned>, Failure> {
    let file = file(path, text);
    let projects = file.projects()?;
    for (at, raw) in projects.iter().enumerate() {
        let same = |other: &&RawProject| variables(&other.name) == variables(&raw.name);
        if let Some(other) = projects[..at].iter().find(same) {
            let what = format!(
                "project {}: project {} has the same variables ({}COOKIE and others), so each would see the \
                 other's secrets; give it another name",
                raw.name,
                other.name,
                variables(&raw.name)
            );
            return Err(file.fault(raw.line, &what));
        }
    }
    let planned = projects.iter().map(|raw| one(&file, raw));
    let planned = planned.collect::<Result<Vec<Planned>, Failure>>()?;
    let all = planned.iter().map(|planned| &planned.project);
    match schedule::out::shared(all, machine::wall_clock()) {
        None => Ok(planned),
        Some((name, why)) => {
            let line = file.line_of(&format!("{PROJECTS}.{name}.out"));
            Err(file.fault(line, &format!("project {name}: out: {why}")))
        }
    }
}

fn one(file: &File<'_>, raw: &RawProject) -> Result<Planned, Failure> {
    let fault = |line, what: &str| file.fault(line, &format!("project {}: {what}", raw.name));
    if let Some(why) = schedule::bad_name(&raw.name) {
        return Err(fault(raw.line, why));
    }
    let line_of = |key: &str| {
        let entry = raw.entries.iter().find(|(name, ..)| name == key);
        entry.map_or(raw.line, |(.., line)| *line)
    };
    // First, because a misspelt key is also a missing one.
    let mut args = arguments(file, raw)?;
    let ours: Table = raw
        .entries
        .iter()
        .filter(|(key, ..)| is_ours(key))
        .map(|(key, value, _)| (key.clone(), value.clone()))
        .collect();
    let read = schedule::read(&raw.name, &ours);
    let mut project =
        read.map_err(|BadKey(key, why)| fault(line_of(key), &format!("{key}: {why}")))?;
    // The absolute path is stored, because the next runner may start in another directory.
    project.out = args.export.out.take().map(absolute);
    project.overwrite = args.export.overwrite;
    let formats = args.export.formats();
    if let Some(out) = &project.out
        && let Some(why) = schedule::out::fault(out, args.export.overwrite)
    {
        return Err(fault(line_of("out"), &format!("out: {why}")));
    }
    if project.out.is_none() && raw.entries.iter().any(|(key, ..)| key == "format") {
        let names: Vec<_> = formats
            .iter()
            .map(|format| report::Format::name(*format))
            .collect();
        let what = format!(
            "format: {} without out; add out = \"reports/{{project}}/{{date}}\"",
            names.join(",")
        );
        return Err(fault(line_of("format"), &what));
    }
    let order = fresh(&args, new_token(), &mut headless());
    let order = order.map_err(|why| fault(raw.line, &why.message().unwrap_or_default()))?;
    let hosts = order.plan.scope.seeds.iter().map(CrawlUrl::host_key);
    project.hosts = hosts.collect();
    Ok(Planned { project, args })
}

fn is_ours(key: &str) -> bool {
    KEYS.iter().any(|known| known.name == key)
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// Returns the arguments for a project's keys and for the keys at the top of the file.
fn arguments(file: &File<'_>, raw: &RawProject) -> Result<AuditArgs, Failure> {
    let fault = |line, what: &str| file.fault(line, &format!("project {}: {what}", raw.name));
    let mut program =
        Cli::command().mut_subcommand("audit", |audit| audit.mut_args(|arg| arg.env(None::<&str>)));
    program.build();
    let audit = program
        .find_subcommand("audit")
        .ok_or_else(|| Failure::usage("no audit command"))?;
    let mut words = environment(&raw.name);
    let given: Vec<OsString> = words.iter().map(|(id, _)| id.clone()).collect();
    for (key, value, line) in raw.entries.iter().filter(|(key, ..)| !is_ours(key)) {
        if SHARED.contains(&key.as_str()) {
            let what = format!("{key} is allowed at the top of the file only, for all projects");
            return Err(fault(*line, &what));
        }
        let Some(arg) = config::find(audit, key) else {
            return Err(fault(*line, &unknown(audit, key)));
        };
        let found = file.words_of(arg, value, *line)?;
        config::check(&program, &found).map_err(|why| fault(*line, &format!("{key}: {why}")))?;
        let id = OsString::from(arg.get_id().as_str());
        if !given.contains(&id) {
            words.extend(found.into_iter().map(|word| (id.clone(), word)));
        }
    }
    let mut words: Vec<OsString> = ["gatecrawl", "audit"]
        .into_iter()
        .map(OsString::from)
        .chain(words.into_iter().map(|(_, word)| word))
        .collect();
    let wrong = |error: clap::Error| fault(raw.line, &complaint(&error).replace('\n', " "));
    let typed = program
        .clone()
        .try_get_matches_from(&words)
        .map_err(wrong)?;
    if let Some((_, typed)) = typed.subcommand() {
        words.extend(config::words(file, &program, audit, typed)?);
    }
    let matches = program
        .clone()
        .try_get_matches_from(&words)
        .map_err(wrong)?;
    match Cli::from_arg_matches(&matches).map_err(wrong)?.command {
        Chosen::Audit(args) => Ok(*args),
        _ => Err(fault(raw.line, "its keys make no audit")),
    }
}

/// Returns a project's secrets from the environment, as arguments: `GATECRAWL_SHOP_BASIC_AUTH` for project `shop`. The
/// variables of a single audit apply to no project, so that no site gets the secrets of another.
fn environment(project: &str) -> Vec<(OsString, OsString)> {
    let command = Cli::command();
    let Some(audit) = command.find_subcommand("audit") else {
        return Vec::new();
    };
    let named = |arg: &Arg| {
        let name = variable(project, arg.get_env()?.to_str()?);
        let mut word = OsString::from(format!("--{}=", arg.get_long()?));
        word.push(std::env::var_os(name).filter(|value| !value.is_empty())?);
        Some((OsString::from(arg.get_id().as_str()), word))
    };
    let private = audit.get_arguments().filter(|arg| arg.get_id() != "db");
    private.filter_map(named).collect()
}

/// Returns the environment variable that a project reads in place of one of `audit`, such as `GATECRAWL_SHOP_COOKIE`
/// for `GATECRAWL_COOKIE`.
pub(super) fn variable(project: &str, name: &str) -> String {
    name.replacen("GATECRAWL_", &variables(project), 1)
}

/// Returns the prefix of the names of a project's variables.
fn variables(project: &str) -> String {
    format!("GATECRAWL_{}_", project.to_uppercase().replace('-', "_"))
}

fn unknown(audit: &Command, name: &str) -> String {
    let ours = KEYS.iter().map(|key| key.name);
    match machine::nearest(ours.chain(config::keys(audit).map(config::key)), name) {
        Some(nearest) => format!("unknown key {name:?}; did you mean {nearest:?}?"),
        None => format!("unknown key {name:?}; keys have the names of the flags of `audit`"),
    }
}

/// Returns a console without a terminal, on which a project is audited.
pub(super) fn headless() -> Console {
    let mut console = Console::new(Streams {
        stdin: Box::new(std::io::empty()),
        stdout: Box::new(std::io::sink()),
        stdout_width: None,
        stderr: Box::new(std::io::sink()),
        stderr_is_terminal: false,
    });
    console.people.quiet = true;
    console
}

/// Finds a project in the configuration.
pub(super) fn known<'p>(planned: &'p [Planned], name: &str) -> Result<&'p Planned, Failure> {
    let found = planned.iter().find(|planned| planned.project.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = planned.iter().map(|p| p.project.name.as_str()).collect();
        Failure::usage(format!(
            "no project {name:?}; there are: {}",
            names.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Planned>, String> {
        read(Path::new("conf/gatecrawl.toml"), text)
            .map_err(|failure| failure.message().unwrap_or_default())
    }

    #[test]
    fn a_project_has_its_own_keys_and_those_of_all() {
        let text = "rate = 5\nexclude = ['/search']\n\
            [project.shop]\nurl = 'shop.example'\nschedule = 'daily at 03:30'\nrate = 2\n\
            out = 'reports/{project}/{date}'\nfail-on = ['5xx > 0']\n\
            [project.blog]\nurl = ['blog.example', 'news.example']\nschedule = '@weekly'\n";
        let planned = read_text(text).expect("projects");
        let [shop, blog] = planned.as_slice() else {
            panic!("{planned:?}");
        };
        assert_eq!(
            (shop.args.pace.rate, blog.args.pace.rate),
            (Some(2.0), Some(5.0))
        );
        assert_eq!(shop.args.scope.exclude, ["/search"]);
        let out = shop.project.out.as_deref().expect("a path");
        assert!(out.is_absolute() && out.ends_with("conf/reports/{project}/{date}"));
        assert_eq!(shop.args.export.out, None);
        assert_eq!((shop.args.fail_on.len(), blog.project.hosts.len()), (1, 2));
    }

    #[test]
    fn errors_name_file_line_project_and_key() {
        let shop = "[project.shop]\nurl = 'a.example'\nschedule = '@daily'\n";
        let cases = [
            (
                "[project.shop]\nurl = 'a.example'\n",
                "line 1: project shop: schedule: it is missing",
            ),
            (
                "[project.shop]\nschedule = '@daily'\n",
                "line 1: project shop: no URL to audit",
            ),
            (
                &format!("{shop}raet = 1\n"),
                "line 4: project shop: unknown key \"raet\"; did you mean \"rate\"?",
            ),
            (
                &format!("{shop}keep-run = 1\n"),
                "did you mean \"keep-runs\"?",
            ),
            (
                &format!("{shop}rate = 'x'\n"),
                "line 4: project shop: rate: not a number",
            ),
            (
                &format!("{shop}db = 'x'\n"),
                "line 4: project shop: db is allowed at the top",
            ),
            (
                &format!("{shop}include = ['(']\n"),
                "line 1: project shop: --include",
            ),
            (
                &format!("{shop}out = 'reports'\n"),
                "conf/reports\" is the same",
            ),
            (
                &format!("{shop}timezone = 'Nowhere'\n"),
                "line 4: project shop: timezone: \"Nowhere\" is not a time zone",
            ),
            (
                "[project.'a b']\n",
                "line 1: project a b: a project's name has letters",
            ),
            (
                "[project.shop]\nurl = 'a.example'\nschedul = '@daily'\n",
                "line 3: project shop: unknown key \"schedul\"; did you mean \"schedule\"?",
            ),
            (
                &format!("{shop}[project.a-b]\n[project.A_B]\n"),
                "line 5: project A_B: project a-b has the same variables (GATECRAWL_A_B_COOKIE",
            ),
            ("[project]\nshop = 1\n", "line 2: project must be tables"),
            (
                &format!(
                    "{shop}out = 'r/{{date}}'\n[project.b]\nurl = 'b.example'\nschedule = '@daily'\nout = 'r/{{date}}'\n"
                ),
                "line 8: project b: out: project shop writes to the same directory; put {project} in it",
            ),
            (
                "[project.a]\nurl = 'a.example'\nschedule = 'hourly'\nout = 'r/{date}'\n",
                "line 4: project a: out: two runs of a day write to the same directory; put {time} or {run} in it",
            ),
        ];
        for (text, expected) in cases {
            let fault = read_text(text).expect_err(text);
            assert!(
                fault.starts_with("conf/gatecrawl.toml, ") && fault.contains(expected),
                "{fault}"
            );
        }
    }

    #[test]
    fn each_project_has_secrets_of_its_own() {
        assert_eq!(
            variable("my-shop", "GATECRAWL_COOKIE"),
            "GATECRAWL_MY_SHOP_COOKIE"
        );
    }
}
