//! What a crawler must do at least, without remembering anything: fetch each page, tokenise it, join
//! its links with its address.
//!
//! `floor PART ADDRESS LIST`: LIST has one path a line, as a crawl found them. PART is what is done
//! with each page: `fetch` (read the body), `tokens` (fetch, and lol_html with six handlers) or `all`
//! (and join each link). The difference between two parts is the price of the step between them. One
//! thread, 32 connections that are kept.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use lol_html::{HtmlRewriter, Settings, element, text};
use tokio::net::TcpStream;
use url::Url;

const CONNECTIONS: usize = 32;

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Part {
    Fetch,
    Tokens,
    All,
}

/// What was seen, so that no step can be left out.
#[derive(Default)]
struct Seen {
    pages: Cell<usize>,
    bytes: Cell<usize>,
    links: Cell<usize>,
    joined: Cell<usize>,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [part, address, list] = args.as_slice() else {
        eprintln!("usage: floor fetch|tokens|all ADDRESS LIST");
        std::process::exit(2);
    };
    let part = match part.as_str() {
        "fetch" => Part::Fetch,
        "tokens" => Part::Tokens,
        _ => Part::All,
    };
    let address: SocketAddr = address.parse().expect("an address");
    let list = std::fs::read_to_string(list).expect("a list");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime");
    let seen = Rc::new(Seen::default());
    let paths: Rc<Vec<String>> = Rc::new(list.lines().map(str::to_owned).collect());
    let next = Rc::new(Cell::new(0));
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let visitors: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                tokio::task::spawn_local(visit(
                    part,
                    address,
                    paths.clone(),
                    next.clone(),
                    seen.clone(),
                ))
            })
            .collect();
        for visitor in visitors {
            visitor.await.expect("a visitor ends");
        }
    });
    println!(
        "{} pages, {} bytes, {} links, {} joined",
        seen.pages.get(),
        seen.bytes.get(),
        seen.links.get(),
        seen.joined.get()
    );
}

/// Takes paths off the list until there are none, on one connection.
async fn visit(
    part: Part,
    address: SocketAddr,
    paths: Rc<Vec<String>>,
    next: Rc<Cell<usize>>,
    seen: Rc<Seen>,
) {
    let mut connection = connect(address).await;
    loop {
        let index = next.replace(next.get() + 1);
        let Some(path) = paths.get(index) else { return };
        if connection.ready().await.is_err() {
            connection = connect(address).await;
        }
        let request = Request::get(path.as_str())
            .header("host", address.to_string())
            .header("user-agent", "floor")
            .body(Empty::<Bytes>::new())
            .expect("a request");
        let answer = connection.send_request(request).await.expect("an answer");
        if answer.status() != 200 {
            continue;
        }
        let body = answer
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        seen.pages.set(seen.pages.get() + 1);
        seen.bytes.set(seen.bytes.get() + body.len());
        if part >= Part::Tokens {
            let links = tokens(&body);
            seen.links.set(seen.links.get() + links.len());
            if part == Part::All {
                let base = Url::parse(&format!("http://{address}{path}")).expect("a URL");
                let joined = links.iter().filter(|link| base.join(link).is_ok()).count();
                seen.joined.set(seen.joined.get() + joined);
            }
        }
    }
}

async fn connect(address: SocketAddr) -> http1::SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .expect("a handshake");
    tokio::task::spawn_local(connection);
    sender
}

/// The links of a page, with six handlers as a small auditor would have them.
fn tokens(body: &[u8]) -> Vec<String> {
    let links = RefCell::new(Vec::new());
    let kept = Cell::new(0);
    let keep = |value: Option<String>| {
        kept.set(kept.get() + value.map_or(0, |value| value.len()));
    };
    let mut rewriter = HtmlRewriter::new(
        Settings::new()
            .append_element_content_handler(element!("a[href]", |el| {
                links.borrow_mut().extend(el.get_attribute("href"));
                Ok(())
            }))
            .append_element_content_handler(element!("link[href]", |el| {
                keep(el.get_attribute("href"));
                Ok(())
            }))
            .append_element_content_handler(element!("meta[name]", |el| {
                keep(el.get_attribute("content"));
                Ok(())
            }))
            .append_element_content_handler(element!("img[src]", |el| {
                keep(el.get_attribute("src"));
                Ok(())
            }))
            .append_element_content_handler(element!("base[href]", |el| {
                keep(el.get_attribute("href"));
                Ok(())
            }))
            .append_element_content_handler(text!("title", |chunk| {
                kept.set(kept.get() + chunk.as_str().len());
                Ok(())
            })),
        |_: &[u8]| {},
    );
    // What cannot be read any further has no more links.
    let _ = rewriter.write(body).and_then(|()| rewriter.end());
    links.into_inner()
}
