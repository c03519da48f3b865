use clap::CommandFactory;

use crate::settings::args::Cli;

/// Users rely on the help of the program and of each command.
#[test]
fn help_of_every_command() {
    let mut program = Cli::command().term_width(100);
    program.build();
    insta::assert_snapshot!("gatecrawl", program.render_long_help().to_string());
    for command in program.get_subcommands_mut() {
        let name = command.get_name().to_owned();
        if name == "help" {
            continue;
        }
        let mut command = command.clone().term_width(100);
        insta::assert_snapshot!(name, command.render_help().to_string());
    }
}

#[test]
fn the_arguments_are_consistent() {
    Cli::command().debug_assert();
}
