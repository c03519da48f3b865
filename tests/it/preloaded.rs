//! Libraries that are loaded before the program: profilers, proxies, libfaketime.

use std::process::Command;

/// Like libfaketime it stands before the clock, looks up the real one when it is first asked, and needs memory for that.
const CLOCK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

static int (*real)(clockid_t, struct timespec *);

static void look_up(void) {
    dlsym(RTLD_NEXT, "no_such_symbol");
    real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
}

__attribute__((constructor)) static void begin(void) { look_up(); }

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!real) look_up();
    return real(clock, time);
}
"#;

#[test]
fn a_library_that_needs_memory_before_the_program_begins_does_no_harm() {
    let dir = tempfile::tempdir().expect("a directory");
    let (source, library) = (dir.path().join("clock.c"), dir.path().join("clock.so"));
    std::fs::write(&source, CLOCK).expect("written");
    let mut compile = Command::new("cc");
    compile.args(["-shared", "-fPIC", "-o"]).arg(&library);
    // There is one wherever SQLite was compiled; a binary that was built elsewhere may be tested without.
    let Ok(compiled) = compile.arg(&source).arg("-ldl").status() else {
        return;
    };
    assert!(compiled.success());
    let said = Command::new(env!("CARGO_BIN_EXE_gatecrawl"))
        .arg("--version")
        .env("LD_PRELOAD", &library)
        .output()
        .expect("a program");
    assert!(said.status.success(), "{said:?}");
    assert!(said.stdout.starts_with(b"gatecrawl "), "{said:?}");
}
