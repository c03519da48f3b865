//! The report as a PDF, printed by a Chromium of this machine.

use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::report::files::browser::browser;
use crate::report::files::fault::Fault;
use crate::report::view::View;

/// Maximum time for the browser to print the report.
const PATIENCE: Duration = Duration::from_mins(2);
/// Pause between two polls of the browser's process.
const PAUSE: Duration = Duration::from_millis(50);

/// Writes the report. Everything that the browser writes is in a directory of its own, which is removed.
pub(in crate::report) fn write(view: &View, mut out: impl Write) -> Result<(), Fault> {
    let place = std::env::temp_dir().join(format!("gatecrawl-{:016x}", fastrand::u64(..)));
    let mut private = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
    private.create(&place)?;
    let printed = print(view, &place);
    let removed = fs::remove_dir_all(&place);
    out.write_all(&printed?)?;
    Ok(removed?)
}

fn print(view: &View, place: &Path) -> Result<Vec<u8>, Fault> {
    let browser = browser().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let (page, pdf) = (place.join("report.html"), place.join("report.pdf"));
    super::write(view, fs::File::create_new(&page)?)?;
    let mut command = Command::new(browser);
    command
        .args(["--headless", "--disable-gpu", "--no-first-run"])
        .args(["--no-pdf-header-footer", "--disable-background-networking"])
        .arg(option("--user-data-dir=", &place.join("profile")))
        .arg(option("--print-to-pdf=", &pdf))
        .arg(option("file://", &page))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // Chromium's sandbox refuses to run as root; the only page is ours, and it loads nothing.
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() {
        command.arg("--no-sandbox");
    }
    let mut child = command.spawn()?;
    let started = Instant::now();
    while child.try_wait()?.is_none() {
        if started.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::from(io::ErrorKind::TimedOut).into());
        }
        std::thread::park_timeout(PAUSE);
    }
    fs::read(&pdf).map_err(|fault| match fault.kind() {
        io::ErrorKind::NotFound => io::Error::other("the browser printed nothing").into(),
        _ => fault.into(),
    })
}

fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from(name);
    option.push(path);
    option
}
