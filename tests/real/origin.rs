//! A server of our own, for what no other does on purpose: bytes as a test wants them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Serves every request on its own connection with whatever `answer` writes for its path. Returns
/// where. It ends with the test's process.
pub(crate) fn serve<F>(answer: F) -> SocketAddr
where
    F: Fn(&str, &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for line in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || converse(line, &*answer));
        }
    });
    address
}

fn converse(mut line: TcpStream, answer: &dyn Fn(&str, &mut TcpStream) -> std::io::Result<()>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match line.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default();
    // The client may have had enough of it: that is what these tests are about.
    let _ = answer(path, &mut line);
}

/// Writes a whole answer that ends the connection.
pub(crate) fn page(line: &mut impl Write, html: &str) -> std::io::Result<()> {
    write!(
        line,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{html}",
        html.len()
    )
}
