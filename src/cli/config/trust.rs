//! What a config file may not say that only lies in the directory, as it may have come with somebody else's
//! checkout: whom secrets reach.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::super::failure::Failure;
use super::file::{File, SMTP};
use super::key::find;

/// Arguments that lead requests, with all that they carry, to others.
const REACH: [&str; 4] = ["proxy", "resolve", "insecure", "host"];

/// An argument that reads a file of the user's and sends it to the site: its name is the secret's.
const READS: &str = "cookie_file";

/// Arguments that say what the site is: who gives secrets in another way must also say which site they are for.
const SITE: [&str; 3] = ["url", "url_list", "subdomains"];

/// Arguments that are secrets.
const SECRETS: [&str; 4] = ["header", "basic_auth", "cookie", "cookie_file"];

/// Why a file that nobody named may not set an argument, if it may not.
pub(super) fn refusal(command: &Command, typed: &ArgMatches, arg: &Arg) -> Option<String> {
    let (id, name) = (arg.get_id().as_str(), super::key(arg));
    if REACH.contains(&id) {
        return Some(format!("{name}: it decides whom secrets reach; {NAME_IT}"));
    }
    if id == READS {
        return Some(format!("{name}: {SENDS}; {NAME_IT}"));
    }
    (SITE.contains(&id) && has_secrets(command, typed)).then(|| {
        format!("{name}: secrets were given elsewhere, and it decides whom they reach; {NAME_IT}")
    })
}

const SENDS: &str = "it sends what is in a file of yours to the site";

const NAME_IT: &str = "if you trust this file, name it with --config gatecrawl.toml";

/// Whether secrets were typed, or are in the environment.
fn has_secrets(command: &Command, typed: &ArgMatches) -> bool {
    let given = |id: &str| {
        let source = typed.value_source(id);
        source.is_some_and(|source| source != ValueSource::DefaultValue)
    };
    let mut arguments = command.get_arguments().map(|arg| arg.get_id().as_str());
    arguments.any(|id| SECRETS.contains(&id) && given(id))
}

/// Refuses a file that nobody named if a project of it, or its mail server, decides whom secrets reach. `has_secrets`
/// says whether the environment has any for a project.
pub(in crate::cli) fn refuse_projects(
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
            "{path}: [{SMTP}]: it decides whom its password reaches; {NAME_IT}"
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
    // What stands at the top is for every project.
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
            () if REACH.contains(&id) => "it decides whom secrets reach",
            () if id == READS => SENDS,
            () if secrets && SITE.contains(&id) => {
                "the environment has secrets for it, and it decides whom they reach"
            }
            () => continue,
        };
        return Err(file.fault(line, &format!("{key}: {why}; {NAME_IT}")));
    }
    Ok(())
}
