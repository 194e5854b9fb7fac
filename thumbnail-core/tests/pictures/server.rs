//! An HTTP server on loopback that serves one file to any number of clients at once. It ends with
//! the test process.

use std::io::{BufRead, BufReader, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Can a client ask for a part of the file?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranges {
    Served,
    /// Every answer is the whole file.
    Ignored,
    /// There is no file: every answer is 404.
    NoFile,
}

/// Serves `body` as `name`; gives its address.
pub fn serve(name: &str, body: Vec<u8>, ranges: Ranges) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/{name}", listener.local_addr().unwrap());
    let body = Arc::new(body);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let body = Arc::clone(&body);
            // A client that hangs up when it has seen enough is no failure.
            thread::spawn(move || answer(stream, &body, ranges).ok());
        }
    });
    url
}

fn answer(mut stream: TcpStream, body: &[u8], ranges: Ranges) -> Result<()> {
    let mut start = 0;
    let mut end = body.len();
    let mut part = false;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        let range = line.strip_prefix("range: bytes=");
        if let Some((from, to)) = range.and_then(|r| r.split_once('-'))
            && ranges == Ranges::Served
        {
            part = true;
            start = from.parse().unwrap_or(0).min(body.len());
            end = to.parse::<usize>().map_or(end, |last| end.min(last + 1));
        }
    }
    let whole = body.len();
    let head = match (ranges, part) {
        (Ranges::Served, true) => format!(
            "206 Partial Content\r\nAccept-Ranges: bytes\r\nContent-Range: bytes {start}-{}/{whole}",
            end.saturating_sub(1)
        ),
        (Ranges::Served, false) => "200 OK\r\nAccept-Ranges: bytes".into(),
        (Ranges::Ignored, _) => "200 OK".into(),
        (Ranges::NoFile, _) => {
            end = start;
            "404 Not Found".into()
        }
    };
    let length = end - start;
    write!(
        stream,
        "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body[start..end])
}
