//! `gatecrawl schedule schema`: a JSON schema of the configuration file for editors, generated from the definitions
//! of the flags and of a project's keys.

use clap::{Arg, ArgAction, CommandFactory};
use serde_json::{Map, Value, json};

use crate::schedule::KEYS;

use super::projects::SHARED;
use crate::settings::args::Cli;
use crate::settings::config;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::streams::Console;

/// Prints the schema.
pub(super) fn print(console: &mut Console) -> Result<Exit, Failure> {
    console.print_json(&schema())?;
    Ok(Exit::Done)
}

fn schema() -> Value {
    let mut program = Cli::command();
    program.build();
    let mut audit = Map::new();
    if let Some(command) = program.find_subcommand("audit") {
        audit.extend(config::keys(command).map(|arg| (config::key(arg).to_owned(), of(arg))));
    }
    let mut project = audit.clone();
    project.retain(|key, _| !SHARED.contains(&key.as_str()));
    for key in KEYS {
        let about = json!({ "type": key.kind, "description": key.about });
        project.insert(key.name.to_owned(), about);
    }
    let mut file = audit;
    let projects = json!({
        "type": "object",
        "description": "Sites that are audited regularly, by name",
        "propertyNames": { "pattern": "^[A-Za-z0-9_-]{1,64}$" },
        "additionalProperties": {
            "type": "object",
            "properties": project,
            "required": ["schedule"],
            "additionalProperties": false,
        },
    });
    file.insert(config::PROJECTS.to_owned(), projects);
    let smtp = json!({ "type": "object", "description": "The server that sends the mails" });
    file.insert(config::SMTP.to_owned(), smtp);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gatecrawl.toml",
        "type": "object",
        "properties": file,
        "additionalProperties": false,
    })
}

/// Returns the schema of an argument's value.
fn of(arg: &Arg) -> Value {
    let mut schema = match arg.get_action() {
        ArgAction::SetTrue => json!({ "type": "boolean" }),
        ArgAction::Count => json!({ "type": "integer", "minimum": 0, "maximum": 9 }),
        ArgAction::Append => {
            let one = scalar(arg);
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        _ => scalar(arg),
    };
    if let Some(help) = arg.get_help() {
        schema["description"] = Value::from(help.to_string());
    }
    schema
}

/// Returns the schema of a single value. Every value is text on the command line, so a number may be a string too.
fn scalar(arg: &Arg) -> Value {
    let names: Vec<String> = arg
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    if names.is_empty() {
        json!({ "type": ["string", "number"] })
    } else {
        json!({ "enum": names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_the_keys_of_audits_and_of_projects() {
        let schema = schema();
        let project = &schema["properties"]["project"]["additionalProperties"]["properties"];
        assert_eq!(project["schedule"]["type"], "string");
        assert_eq!(project["ignore-robots"]["type"], "boolean");
        assert_eq!(project["exclude"]["anyOf"][1]["type"], "array");
        assert_eq!(schema["properties"]["rate"], project["rate"]);
        let none = Value::Null;
        assert_eq!(
            (&schema["properties"]["schedule"], &project["resume"]),
            (&none, &none)
        );
        let about = project["rate"]["description"].as_str().expect("a text");
        assert!(about.contains("requests per second"), "{about}");
    }
}
