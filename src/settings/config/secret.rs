//! The keys of a config file that hold secrets.

use clap::{Arg, Command};
use toml::Value;

use super::file::{File, scalar};
use super::key::find;
use crate::settings::plan::logins::without_logins;

/// Arguments that are always secrets.
const SECRETS: [&str; 3] = ["header", "basic_auth", "cookie"];

/// Arguments that are URLs, which may contain a login.
const ADDRESSES: [&str; 3] = ["proxy", "url", "sitemap"];

/// Returns whether an argument with this value is a secret.
pub(crate) fn is_secret(arg: &Arg, value: &str) -> bool {
    let id = arg.get_id().as_str();
    let has_login = || without_logins(value).len() < value.len();
    SECRETS.contains(&id) || (ADDRESSES.contains(&id) && has_login())
}

/// Returns whether a file holds a secret. A file with errors counts as one without: the command that uses it reports
/// them.
pub(crate) fn holds_secrets(file: &File<'_>, audit: &Command) -> bool {
    let of_projects = file.projects().unwrap_or_default();
    let of_projects = of_projects.into_iter().flat_map(|project| project.entries);
    let at_the_top = file.entries().unwrap_or_default();
    at_the_top
        .into_iter()
        .chain(of_projects)
        .any(|(key, value, _)| {
            let texts = match &value {
                Value::Array(values) => values.iter().filter_map(scalar).collect(),
                value => Vec::from_iter(scalar(value)),
            };
            find(audit, &key).is_some_and(|arg| texts.iter().any(|text| is_secret(arg, text)))
        })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory;

    use super::super::super::args::Cli;
    use super::*;

    #[test]
    fn secrets_are_found_in_a_file_with_errors() {
        let program = Cli::command();
        let audit = program.find_subcommand("audit").expect("known");
        let cases = [
            ("rate = 5\nurl = 'https://a.example/'", false),
            ("cookie = 'a=b'", true),
            (
                "url = ['https://a.example/', 'https://u:p@b.example/']",
                true,
            ),
            ("[project.shop]\nheader = ['X-Key: 1']", true),
            ("cookie = 'a=b'\nproject = { shop = 3 }", true),
            ("cookie = 'a=b'\nno TOML", false),
        ];
        for (text, expected) in cases {
            let path = Path::new("gatecrawl.toml");
            assert_eq!(
                holds_secrets(
                    &File {
                        path,
                        text,
                        named: false
                    },
                    audit
                ),
                expected,
                "{text}"
            );
        }
    }
}
