//! Compressed bodies, good, bad and dangerous.

use std::io::Write;
use std::time::{Duration, Instant};

use super::{fetch, outcome};
use crate::answer::{After, Answer, bytes, raw};

const PAGE: &str = "<p>hello hello hello hello hello</p>";

fn coded(coding: &str, body: impl Into<Vec<u8>>) -> Answer {
    bytes(body)
        .header("Content-Type", "text/html")
        .header("Content-Encoding", coding)
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("compresses");
    encoder.finish().expect("compresses")
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("compresses");
    encoder.finish().expect("compresses")
}

fn raw_deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("compresses");
    encoder.finish().expect("compresses")
}

fn br(data: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    brotli::CompressorWriter::new(&mut coded, 4096, 5, 22)
        .write_all(data)
        .expect("compresses");
    coded
}

fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::encode_all(data, 1).expect("compresses")
}

#[tokio::test]
async fn the_size_of_what_is_only_counted_is_that_after_decoding() {
    let style = "a { color: red }\n".repeat(1_000);
    let (whole, cut) = (
        gzip(style.as_bytes()),
        gzip(style.as_bytes())[..20].to_vec(),
    );
    let bomb = gzip(&vec![b' '; 20 << 20]);
    let cases = [
        (whole, style.len()),
        // Otherwise it is what came.
        (cut.clone(), cut.len()),
        (b"no gzip".to_vec(), 7),
        (bomb.clone(), bomb.len()),
    ];
    for (body, size) in cases {
        let answer = bytes(body)
            .header("Content-Type", "text/css")
            .header("Content-Encoding", "gzip");
        let exchange = fetch(answer).await;
        assert_eq!(exchange.outcome.id(), "ok_non_html");
        assert_eq!(exchange.decoded_bytes, size as u64);
        assert!(exchange.body.is_empty());
    }
}

#[tokio::test]
async fn every_coding_is_undone() {
    let (one, two) = PAGE.as_bytes().split_at(10);
    let cases = [
        ("gzip", gzip(PAGE.as_bytes())),
        ("x-gzip", gzip(PAGE.as_bytes())),
        ("gzip", [gzip(one), gzip(two)].concat()),
        (
            "gzip",
            [gzip(PAGE.as_bytes()), b"\0\0rubbish".to_vec()].concat(),
        ),
        ("deflate", zlib(PAGE.as_bytes())),
        ("deflate", raw_deflate(PAGE.as_bytes())),
        ("br", br(PAGE.as_bytes())),
        ("zstd", zstd(PAGE.as_bytes())),
        ("zstd", [zstd(one), zstd(two)].concat()),
        ("identity", PAGE.into()),
        ("UTF-8", PAGE.into()),
        ("br, gzip", gzip(&br(PAGE.as_bytes()))),
        ("gzip, gzip", gzip(&gzip(PAGE.as_bytes()))),
    ];
    for (coding, body) in cases {
        let wire = body.len() as u64;
        let exchange = fetch(coded(coding, body)).await;
        assert_eq!(
            exchange.outcome.id(),
            "ok_html",
            "{coding}: {}",
            exchange.fault
        );
        assert_eq!(String::from_utf8_lossy(&exchange.body), PAGE, "{coding}");
        assert_eq!(
            (exchange.wire_bytes, exchange.decoded_bytes),
            (wire, PAGE.len() as u64)
        );
    }
    assert_eq!(fetch(coded("gzip", "")).await.outcome.id(), "ok_html");
}

#[tokio::test]
async fn a_body_may_end_where_a_step_of_its_decoder_ends() {
    for length in [32 << 10, 64 << 10, 256 << 10] {
        let page = vec![b'a'; length];
        let cases = [
            ("gzip", gzip(&page)),
            ("deflate", zlib(&page)),
            ("br", br(&page)),
            ("zstd", zstd(&page)),
            ("zstd", [zstd(&page), zstd(&page)].concat()),
        ];
        for (coding, body) in cases {
            let exchange = fetch(coded(coding, body)).await;
            assert_eq!(exchange.outcome.id(), "ok_html", "{coding} {length}");
            assert!(
                exchange.body.len().is_multiple_of(length),
                "{coding} {length}"
            );
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_decode_is_a_bad_encoding() {
    let long: Vec<u8> = (0..100_000u32)
        .flat_map(|n| n.wrapping_mul(n).to_le_bytes())
        .collect();
    for (coding, body) in [
        ("gzip", gzip(&long)),
        ("deflate", zlib(&long)),
        ("deflate", raw_deflate(&long)),
        ("br", br(&long)),
        ("zstd", zstd(&long)),
    ] {
        let cut = body[..body.len() - 5].to_vec();
        assert_eq!(
            outcome(coded(coding, cut)).await,
            "bad_encoding",
            "{coding} cut"
        );
    }
    let mut wrong = gzip(&long);
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    assert_eq!(outcome(coded("gzip", wrong)).await, "bad_encoding");
    for coding in ["gzip", "br", "zstd", "deflate"] {
        let plain = coded(coding, "<p>I am not compressed at all</p>");
        assert_eq!(outcome(plain).await, "bad_encoding", "{coding}");
    }
    let thrice = coded("gzip, gzip, gzip", gzip(&gzip(&gzip(b"x"))));
    assert_eq!(outcome(thrice).await, "bad_encoding");
}

#[tokio::test]
async fn bombs_go_off_under_the_cap() {
    let zeros = vec![0; 64 << 20];
    let bombs = [
        ("gzip", gzip(&zeros)),
        ("deflate", zlib(&zeros)),
        ("br", br(&zeros)),
        ("zstd", zstd(&zeros)),
        ("gzip, gzip", gzip(&gzip(&zeros))),
    ];
    for (coding, bomb) in bombs {
        let started = Instant::now();
        let exchange = fetch(coded(coding, bomb)).await;
        assert_eq!(exchange.outcome.id(), "too_large", "{coding}");
        assert_eq!(
            (exchange.body.len(), exchange.decoded_bytes),
            (1 << 20, 1 << 20)
        );
        assert!(exchange.body.capacity() <= 4 << 20);
        assert!(started.elapsed() < Duration::from_secs(20), "{coding}");
    }
}

#[tokio::test]
async fn an_endless_bomb_is_stopped_early() {
    // A raw block of a mebibyte of zeros that can follow itself for ever.
    let mut block = Vec::with_capacity(8192);
    let mut encoder = flate2::Compress::new(flate2::Compression::fast(), false);
    let zeros = vec![0; 1 << 20];
    encoder
        .compress_vec(&zeros, &mut block, flate2::FlushCompress::Full)
        .unwrap();
    let head = [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n".as_slice(),
        b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
    ]
    .concat();
    let endless = raw(head).then(After::Repeat(block, Duration::ZERO));
    let exchange = fetch(endless).await;
    assert_eq!(
        (exchange.outcome.id(), exchange.body.len()),
        ("too_large", 1 << 20)
    );
    assert!(exchange.wire_bytes < 1 << 20);
}
