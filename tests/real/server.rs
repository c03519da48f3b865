//! A server as a child process: started on a free port, waited for, stopped with its test.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longest wait for a server to answer, or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often another port is tried if somebody else took the first.
const TRIES: u32 = 5;

/// A running server and its directory.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) dir: TempDir,
    child: Child,
}

/// Starts a server. `configure` is given its directory and a port that is free at that moment,
/// prepares the directory and says how to start it.
pub(crate) fn start(configure: impl Fn(&Path, u16) -> Command) -> Server {
    for _ in 0..TRIES {
        let dir = tempfile::tempdir().expect("a directory");
        let port = free_port();
        let output = fs::File::create(dir.path().join("output.txt")).expect("a file");
        let errors = output.try_clone().expect("a file");
        let child = configure(dir.path(), port)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .expect("the server's package is installed");
        let mut server = Server { port, dir, child };
        if server.is_ready() {
            return server;
        }
    }
    panic!("the server does not start");
}

impl Server {
    /// The full address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A file of its directory.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).expect("a readable file")
    }

    /// Waits until it listens; false if it has ended instead.
    fn is_ready(&mut self) -> bool {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().expect("a child") {
                note(&format!("{status}: {}", self.read("output.txt")));
                return false;
            }
            if TcpStream::connect(address).is_ok() {
                return true;
            }
            pause(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Server {
    /// Asks it to end, so that it ends its workers, and insists if it does not.
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            pause(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on at this moment.
fn free_port() -> u16 {
    let taken = || -> io::Result<u16> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(listener.local_addr()?.port())
    };
    taken().expect("a free port")
}

/// Lets other processes go on.
#[expect(
    clippy::disallowed_methods,
    reason = "these tests wait for other processes, which have a clock of their own"
)]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Says what is worth knowing when a test fails: it is shown then, and only then.
#[expect(clippy::print_stdout, reason = "captured by the test harness")]
pub(crate) fn note(text: &str) {
    println!("{text}");
}
