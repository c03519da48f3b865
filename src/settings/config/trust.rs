//! Keys that a config file may not have unless `--config` names it. A file that was only found in the directory may
//! come with someone else's checkout. So it may not decide where secrets go, nor read or write elsewhere.

use std::path::{Component, Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use toml::Value;

use super::super::failure::Failure;
use super::file::{File, SMTP, scalar};
use super::key::find;

/// Arguments that send requests, with their secrets, to other servers.
const REACH: [&str; 4] = ["proxy", "resolve", "insecure", "host"];

/// An argument that reads a file of the user and sends its content to the site.
const READS: &str = "cookie_file";

/// An argument that reads a file and requests what it lists: a line such as `/a` from the site itself.
const LISTS: &str = "url_list";

/// Arguments that name the site. A user who gives secrets in another way must also name the site that gets them.
const SITE: [&str; 3] = ["url", "url_list", "subdomains"];

/// Arguments that are secrets.
const SECRETS: [&str; 4] = ["header", "basic_auth", "cookie", "cookie_file"];

/// Arguments that name files to write.
const WRITES: [&str; 2] = ["out", "db"];

/// Returns why an unnamed file may not set an argument to this value; `None` if it may.
pub(super) fn refusal(
    file: &File<'_>,
    (command, typed): (&Command, &ArgMatches),
    arg: &Arg,
    value: &Value,
) -> Option<String> {
    let (id, name) = (arg.get_id().as_str(), super::key(arg));
    let has = |id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
    if WRITES.contains(&id) && file.leads_out(arg, value) {
        return Some(format!("{name}: {LEADS_OUT}; {NAME_IT}"));
    }
    if id == LISTS && file.leads_out(arg, value) {
        return Some(format!("{name}: {LISTS_OUT}; {NAME_IT}"));
    }
    if id == "db" && has("resume") && typed.contains_id("resume") {
        return Some(format!("{name}: {RESUMES}; {NAME_IT}"));
    }
    let out = has("out").then(|| typed.get_one::<PathBuf>("out"));
    if id == "overwrite" && out.flatten().is_some_and(|out| !file.holds(out)) {
        return Some(format!("{name}: {LEADS_OUT}; {NAME_IT}"));
    }
    if REACH.contains(&id) {
        return Some(format!("{name}: it decides where secrets go; {NAME_IT}"));
    }
    if id == READS {
        return Some(format!("{name}: {SENDS}; {NAME_IT}"));
    }
    (SITE.contains(&id) && has_secrets(command, typed)).then(|| {
        format!("{name}: secrets were given elsewhere, and it decides where they go; {NAME_IT}")
    })
}

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
            "{path}: [{SMTP}]: it decides where its password goes; {NAME_IT}"
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
        let id = arg.get_id().as_str();
        let why = match () {
            () if value.as_bool() == Some(false) => continue,
            () if REACH.contains(&id) => "it decides where secrets go",
            () if id == READS => SENDS,
            () if WRITES.contains(&id) && file.leads_out(arg, &value) => LEADS_OUT,
            () if id == LISTS && file.leads_out(arg, &value) => LISTS_OUT,
            () if secrets && SITE.contains(&id) => {
                "the environment has secrets for it, and it decides where they go"
            }
            () => continue,
        };
        return Err(file.fault(line, &format!("{key}: {why}; {NAME_IT}")));
    }
    Ok(())
}
