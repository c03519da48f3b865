//! The keys that a config file may set if it was only found in the directory, not named with `--config`. Such a file
//! may come with someone else's checkout. So it may not decide where secrets go, send files of the user, or write
//! elsewhere. It may name files to read, because what is read of them stays on this machine.

use std::path::{Component, Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use toml::Value;

use super::super::failure::Failure;
use super::file::{File, SMTP, scalar};
use super::key::find;

/// What an argument can do to the user, which decides whether a found file may set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// Changes only which pages of the site are requested, how, and how the results look. A found file may set it.
    Free,
    /// Reads a file for the database and the exports of this machine. A found file may set it.
    Reads,
    /// Sends requests, with their secrets, to other servers.
    Reaches,
    /// Reads a file and sends its content to the site.
    Sends,
    /// Reads a file and requests what it lists: a line such as `/a` from the site itself. It also names the site.
    Lists,
    /// Names the site. A user who gives secrets in another way must also name the site that gets them.
    NamesSite,
    /// Names a file or directory to write.
    Writes,
    /// Names the database, which is written, and which has the plan of a run to resume.
    HoldsRuns,
    /// Writes even if files of others are in the directory of `--out`.
    Overwrites,
}

/// Returns what an argument of `audit` does, by its id. `None` for an argument that this list lacks.
fn trust(id: &str) -> Option<Trust> {
    Some(match id {
        "proxy" | "resolve" | "insecure" | "host" => Trust::Reaches,
        "cookie_file" => Trust::Sends,
        "url_list" => Trust::Lists,
        "url" | "subdomains" => Trust::NamesSite,
        "out" => Trust::Writes,
        "db" => Trust::HoldsRuns,
        "overwrite" => Trust::Overwrites,
        "baseline" | "logo" | "logs" | "nginx_conf" | "traffic" => Trust::Reads,
        // Scope.
        "crawl" | "sitemap" | "no_sitemap" | "no_known" | "max_depth" | "max_pages" | "max_hosts"
        | "max_time" | "max_disk" | "include" | "exclude" | "resources" | "external"
        | "follow_nofollow" | "ignore_robots" | "ignore_param" | "max_queries_per_path"
        | "select" | "segment"
        // Pace.
        | "concurrency" | "rate" | "delay" | "no_adapt" | "retries" | "confirm"
        | "confirm_budget" | "sample" | "no_probe" | "no_probe_cache" | "timeout"
        | "connect_timeout" | "body_timeout" | "max_body"
        // Identity, with secrets of the file's own, and the network.
        | "user_agent" | "contact" | "header" | "basic_auth" | "cookie" | "http1"
        // Results.
        | "format" | "line_format" | "title" | "audience" | "tickets" | "csv_bom" | "traffic_column" | "map"
        | "fail_on"
        // The run, and the program.
        | "resume" | "dry_run" | "config" | "quiet" | "verbose" | "log_format" | "color" | "help" => Trust::Free,
        _ => return None,
    })
}

/// Arguments that are secrets.
const SECRETS: [&str; 4] = ["header", "basic_auth", "cookie", "cookie_file"];

/// What decides, beside the argument itself, whether a found file may set it.
struct Given<'a> {
    /// Where secrets come from that the file does not have, in words.
    secrets: Option<&'static str>,
    /// The directory that the command line names for the exports.
    out: Option<&'a Path>,
    /// Whether the command line resumes a run.
    resumes: bool,
}

/// Returns why a found file may not set an argument to this value; `None` if it may.
fn why(file: &File<'_>, arg: &Arg, value: &Value, given: &Given<'_>) -> Option<String> {
    // An argument without a trust is refused.
    let trust = trust(arg.get_id().as_str()).unwrap_or(Trust::Reaches);
    let leads_out = || file.leads_out(arg, value);
    match trust {
        Trust::Reaches => Some(REACHES.to_owned()),
        Trust::Sends => Some(SENDS.to_owned()),
        Trust::Lists if leads_out() => Some(LISTS_OUT.to_owned()),
        Trust::Lists | Trust::NamesSite => {
            let secrets = given.secrets?;
            Some(format!("{secrets}, and it decides where they go"))
        }
        Trust::Writes | Trust::HoldsRuns if leads_out() => Some(LEADS_OUT.to_owned()),
        Trust::HoldsRuns if given.resumes => Some(RESUMES.to_owned()),
        Trust::Free | Trust::Reads | Trust::Writes | Trust::HoldsRuns => None,
        Trust::Overwrites => {
            let out = given.out?;
            (!file.holds(out)).then(|| LEADS_OUT.to_owned())
        }
    }
}

/// Returns why an unnamed file may not set an argument of the command line to this value; `None` if it may.
pub(super) fn refusal(
    file: &File<'_>,
    (command, typed): (&Command, &ArgMatches),
    arg: &Arg,
    value: &Value,
) -> Option<String> {
    let has = |id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
    let out = has("out").then(|| typed.get_one::<PathBuf>("out"));
    let given = Given {
        secrets: has_secrets(command, typed).then_some("secrets were given elsewhere"),
        out: out.flatten().map(PathBuf::as_path),
        resumes: has("resume") && typed.contains_id("resume"),
    };
    let why = why(file, arg, value, &given)?;
    Some(format!("{}: {why}; {NAME_IT}", super::key(arg)))
}

const REACHES: &str = "it decides where secrets go";

const LEADS_OUT: &str = "it would write outside of the directory of this file";

const LISTS_OUT: &str =
    "it would request the lines of a file outside of the directory of this file";

const RESUMES: &str = "it decides which site and which files --resume uses";

const SENDS: &str = "it sends a file of yours to the site";

const NAME_IT: &str = "if you trust this file, name it with --config gatecrawl.toml";

/// Returns whether there are secrets on the command line or in the environment.
fn has_secrets(command: &Command, typed: &ArgMatches) -> bool {
    let given = |id: &str| {
        let source = typed.value_source(id);
        source.is_some_and(|source| source != ValueSource::DefaultValue)
    };
    let mut arguments = command.get_arguments().map(|arg| arg.get_id().as_str());
    arguments.any(|id| SECRETS.contains(&id) && given(id))
}

impl File<'_> {
    /// Returns whether a path in the file is outside of its directory.
    fn leads_out(&self, arg: &Arg, value: &Value) -> bool {
        let path = scalar(value).map(|text| self.resolved(arg, &text));
        path.is_some_and(|path| !self.holds(Path::new(&path)))
    }

    /// Returns whether a path is below the directory of the file, with symbolic links followed.
    fn holds(&self, path: &Path) -> bool {
        let here = Path::new(".");
        let dir = self.path.parent().unwrap_or(here);
        let climbs = path.components().any(|part| part == Component::ParentDir);
        let path = here.join(path);
        let there = path.ancestors().find_map(|part| part.canonicalize().ok());
        match (here.join(dir).canonicalize(), there) {
            (Ok(dir), Some(there)) => !climbs && there.starts_with(dir),
            _ => false,
        }
    }
}

/// Refuses an unnamed file if a project or the mail server in it decides where secrets go or writes elsewhere.
/// `has_secrets` says whether the environment has any for a project.
pub(crate) fn refuse_projects(
    file: &File<'_>,
    audit: &Command,
    has_secrets: &dyn Fn(&str) -> bool,
) -> Result<(), Failure> {
    if file.named {
        return Ok(());
    }
    let smtp = file.table(SMTP)?.unwrap_or_default();
    if smtp.keys().any(|key| key.starts_with("password")) {
        let path = file.path.display();
        return Err(Failure::usage(format!(
            "{path}: [{SMTP}]: this file was not named, and it would send the password to the server that it names; {NAME_IT}"
        )));
    }
    let projects = file.projects()?;
    let any_secrets = projects.iter().any(|project| has_secrets(&project.name));
    let of_projects = projects.into_iter().flat_map(|project| {
        let secrets = has_secrets(&project.name);
        project
            .entries
            .into_iter()
            .map(move |entry| (entry, secrets))
    });
    // Keys at the top apply to every project.
    let at_the_top = file
        .entries()?
        .into_iter()
        .map(|entry| (entry, any_secrets));
    for ((key, value, line), secrets) in at_the_top.chain(of_projects) {
        let Some(arg) = find(audit, &key) else {
            continue;
        };
        if value.as_bool() == Some(false) {
            continue;
        }
        let given = Given {
            secrets: secrets.then_some("the environment has secrets for it"),
            out: None,
            resumes: false,
        };
        if let Some(why) = why(file, arg, &value, &given) {
            return Err(file.fault(line, &format!("{key}: {why}; {NAME_IT}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::settings::args::Cli;

    #[test]
    fn every_argument_of_an_audit_has_its_trust() {
        let mut program = Cli::command();
        program.build();
        let audit = program.find_subcommand("audit").expect("known");
        for arg in audit.get_arguments() {
            let id = arg.get_id().as_str();
            assert!(
                trust(id).is_some(),
                "{id}: what may a found file do with it?"
            );
        }
        assert_eq!(trust("unheard_of"), None);
    }
}
