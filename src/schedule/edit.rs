//! Edits of the configuration file: text in, text out. Comments and order stay.

use toml_edit::{DocumentMut, Item, Table};

/// The table of the projects.
const PROJECTS: &str = "project";

/// Adds a project with these keys, written as in the file: `rate = 5`. The error is one line.
pub fn add(text: &str, name: &str, keys: &[String]) -> Result<String, String> {
    let mut file = parse(text)?;
    let mut table = Table::new();
    for key in keys {
        // The text may be secret.
        let fault = || {
            let name: String = key.chars().take_while(|c| !"=: ".contains(*c)).collect();
            format!(
                "{name:?} is set to nothing that could stand in the file: write `rate = 5` or `timezone = \"UTC\"`"
            )
        };
        let entry: DocumentMut = key.parse().map_err(|_| fault())?;
        let mut entries = entry.iter();
        let (Some((name, value)), None) = (entries.next(), entries.next()) else {
            return Err(fault());
        };
        let mut value = value.clone();
        // Spaces as they are written by default.
        if let Some(value) = value.as_value_mut() {
            value.decor_mut().clear();
        }
        if table.insert(name, value).is_some() {
            return Err(format!("{name:?} is said twice; leave one of them out"));
        }
    }
    let projects = file.entry(PROJECTS).or_insert_with(|| {
        // Only its tables have headers.
        let mut projects = Table::new();
        projects.set_implicit(true);
        Item::Table(projects)
    });
    let projects = projects
        .as_table_like_mut()
        .ok_or("project must be tables, such as [project.shop]")?;
    if projects.contains_key(name) {
        return Err(format!(
            "there is a project {name:?} already; remove it first or edit it"
        ));
    }
    projects.insert(name, Item::Table(table));
    Ok(file.to_string())
}

/// Returns a key whose value is a text, as written in the file.
pub fn text(key: &str, value: &str) -> String {
    format!("{key} = {}", toml_edit::Value::from(value))
}

/// Removes a project, or returns `None` if there is none with this name.
pub fn remove(text: &str, name: &str) -> Result<Option<String>, String> {
    let mut file = parse(text)?;
    let projects = file.get_mut(PROJECTS).and_then(Item::as_table_like_mut);
    let removed = projects.and_then(|projects| projects.remove(name));
    Ok(removed.map(|_| file.to_string()))
}

fn parse(text: &str) -> Result<DocumentMut, String> {
    // Only the message: the line itself may hold a secret.
    text.parse()
        .map_err(|fault: toml_edit::TomlError| fault.message().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "# ours\nrate = 5 # slowly\n\n# the shop\n[project.shop] # first\nurl = 'a.example'\n";

    #[test]
    fn comments_survive_edits() {
        let keys = ["url = \"b.example\"", "schedule = \"@daily\""].map(str::to_owned);
        let added = add(FILE, "blog", &keys).expect("added");
        let expected = "\n[project.blog]\nurl = \"b.example\"\nschedule = \"@daily\"\n";
        assert_eq!(added, format!("{FILE}{expected}"));
        assert_eq!(remove(&added, "blog"), Ok(Some(FILE.to_owned())));
        let none = remove(FILE, "shop").expect("valid").expect("removed");
        assert!(
            none.starts_with("# ours\nrate = 5 # slowly\n") && !none.contains("shop"),
            "{none}"
        );
        assert_eq!(remove(FILE, "blog"), Ok(None));
    }

    #[test]
    fn an_empty_file_gains_a_project() {
        let added = add("", "shop", &["url = 'a.example'".to_owned()]).expect("added");
        assert_eq!(added, "[project.shop]\nurl = 'a.example'\n");
    }

    #[test]
    fn a_project_that_cannot_be_added_is_an_error() {
        let keys = |text: &str| vec![text.to_owned()];
        let cases = [
            (add(FILE, "shop", &[]), "already"),
            (
                add(FILE, "blog", &keys("rate")),
                "\"rate\" is set to nothing",
            ),
            (add(FILE, "blog", &keys("cookie: secret")), "\"cookie\""),
            (add(FILE, "blog", &keys("cookie = secret")), "\"cookie\""),
            (
                add(FILE, "blog", &["a = 1".to_owned(), "a = 2".to_owned()]),
                "twice",
            ),
            (add("project = 1", "blog", &[]), "must be tables"),
            (add("= 'secret'", "blog", &[]), ""),
        ];
        for (result, part) in cases {
            let fault = result.expect_err(part);
            assert!(fault.contains(part) && !fault.contains("secret"), "{fault}");
        }
    }
}
