//! Files for programs that start the schedule: systemd, cron, Kubernetes, GitHub. All but GitHub's workflow start
//! gatecrawl every few minutes, and gatecrawl decides which tasks are due. So time zones, missed runs and rechecks are
//! right.

mod cron;
mod github;
mod kubernetes;
mod systemd;

use std::path::PathBuf;

pub use cron::cron;
pub use github::github_actions;
pub use kubernetes::kubernetes;
pub use systemd::{service, timer};

/// The installation to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The absolute path of the program.
    pub program: PathBuf,
    /// The absolute path of the configuration file.
    pub config: PathBuf,
    /// The database, if it is not in its default place.
    pub database: Option<PathBuf>,
    /// The directory of the database if none is named.
    pub data: PathBuf,
    /// Directories of exports, except those beside the configuration.
    pub outs: Vec<PathBuf>,
    /// The user that runs gatecrawl; `None` if root prints the file: the service then creates a user of its own.
    pub user: Option<String>,
}

impl Installation {
    /// Returns the program and the flags that name its files, the beginning of the command line.
    fn words(&self) -> Vec<String> {
        let mut words = vec![
            self.program.display().to_string(),
            "schedule".to_owned(),
            "--config".to_owned(),
            self.config.display().to_string(),
        ];
        if let Some(database) = &self.database {
            words.extend(["--db".to_owned(), database.display().to_string()]);
        }
        words.push("run".to_owned());
        words
    }
}

/// Returns a word for YAML in double quotes, with the escapes of JSON.
fn yaml(word: &str) -> String {
    serde_json::Value::from(word).to_string()
}

#[cfg(test)]
fn installation() -> Installation {
    Installation {
        program: "/usr/local/bin/gatecrawl".into(),
        config: "/srv/site audits/100%/gatecrawl.toml".into(),
        database: Some("/var/lib/gatecrawl/runs.db".into()),
        data: "/home/gatecrawl/.local/share/gatecrawl".into(),
        outs: vec!["/srv/www/reports".into()],
        user: Some("gatecrawl".to_owned()),
    }
}
