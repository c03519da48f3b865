//! Export paths, in which `{project}`, `{date}`, `{time}` and `{run}` stand for those of the run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Zoned;

use crate::model::Moment;

use super::Project;

/// The valid placeholders, for messages.
pub const PLACEHOLDERS: &str = "{project}, {date}, {time} and {run}";

/// Placeholders that differ between the runs of a project.
const DIFFERING: [&str; 2] = ["{date}", "{run}"];

/// Fills in the placeholders that are known before a run: the project, and the day and time (`2026-11-28`, `0600`) at
/// which the run is due.
pub fn with_time(pattern: &Path, project: &str, due: &Zoned) -> PathBuf {
    let text = pattern.to_string_lossy();
    let text = text
        .replace("{project}", project)
        .replace("{date}", &due.strftime("%Y-%m-%d").to_string())
        .replace("{time}", &due.strftime("%H%M").to_string());
    PathBuf::from(text)
}

/// Returns the error in an export path, if there is one.
pub fn fault(pattern: &Path, overwrite: bool) -> Option<String> {
    let text = pattern.to_string_lossy();
    if !overwrite && !DIFFERING.iter().any(|name| text.contains(name)) {
        return Some(format!(
            "{text:?} is the same for each run; put {{date}} or {{run}} in it, or say overwrite = true"
        ));
    }
    let rest = ["{project}", "{date}", "{time}", "{run}"]
        .iter()
        .fold(text.to_string(), |rest, name| rest.replace(name, ""));
    let unknown = rest.contains(['{', '}']);
    unknown.then(|| format!("{text:?} has another placeholder than {PLACEHOLDERS}"))
}

/// Runs of each project whose directories are compared.
const AHEAD: usize = 32;

/// Finds a project with a run among the next ones that would replace the exports of another run, of this or
/// another project. Returns its name and the reason.
pub fn shared<'p>(
    projects: impl Iterator<Item = &'p Project>,
    now: Moment,
) -> Option<(&'p str, String)> {
    let mut taken: HashMap<PathBuf, &str> = HashMap::new();
    for project in projects {
        let Some(out) = project.out.as_deref() else {
            continue;
        };
        // Numbers of runs are unique in a database.
        if out.to_string_lossy().contains("{run}") {
            continue;
        }
        let timing = &project.timing;
        let times = std::iter::successors(timing.after(now), |at| timing.after(*at));
        for due in times.take(AHEAD) {
            let place = with_time(out, &project.name, &timing.local(due));
            match taken.insert(place, &project.name) {
                Some(other) if other != project.name => {
                    let why = format!(
                        "project {other} writes to the same directory; put {{project}} in it"
                    );
                    return Some((&project.name, why));
                }
                Some(_) if !project.overwrite => {
                    let why = "two runs of a day write to the same directory; put {time} or {run} in it, or say \
                               overwrite = true";
                    return Some((&project.name, why.to_owned()));
                }
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_for_the_run() {
        let due: Zoned = "2026-11-28T06:05[Europe/Berlin]".parse().expect("a time");
        let path = with_time(Path::new("r/{project}/{date}-{time}-{run}"), "shop", &due);
        assert_eq!(path, Path::new("r/shop/2026-11-28-0605-{run}"));
    }

    #[test]
    fn a_path_that_would_be_full_the_second_time_is_refused() {
        assert!(fault(Path::new("reports/{project}"), false).is_some());
        assert_eq!(fault(Path::new("reports/{project}"), true), None);
        assert_eq!(fault(Path::new("reports/{date}"), false), None);
        assert!(fault(Path::new("reports/{date}/{day}"), false).is_some());
    }
}
