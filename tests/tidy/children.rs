//! The program starts no other program: arguments are seen by everybody on the machine, and the environment of a
//! child is what its parent had.

use crate::source::sources;

#[test]
fn no_program_is_started() {
    let mut faults = Vec::new();
    for source in sources() {
        for line in source.code.lines() {
            if ["process::Command", "Command::new(\""]
                .iter()
                .any(|word| line.contains(word))
            {
                faults.push(format!("{}: {}", source.name(), line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
