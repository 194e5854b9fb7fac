//! An HTTP server on loopback that answers every request in one way, well or badly. It ends with
//! the test process.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// What the server answers.
pub enum Answer {
    /// These bytes.
    Whole(Vec<u8>),
    /// These bytes, with no `Content-Length` before them: their end is the connection's.
    WithoutLength(Vec<u8>),
    /// Half of these bytes, and then the connection is closed.
    Cut(Vec<u8>),
    /// Half of these bytes, and then nothing more.
    Stop(Vec<u8>),
    /// Status 404.
    NotFound,
    /// Nothing at all.
    Nothing,
}

/// Starts a server; returns the address of an archive on it.
pub fn serve(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = url(&listener);
    thread::spawn(move || {
        // Kept open, for the answers that leave the client waiting.
        let mut waiting = Vec::new();
        for stream in listener.incoming().flatten() {
            // A client that has gone away is no failure of the server's.
            waiting.extend(reply(stream, &answer).ok().flatten());
        }
    });
    url
}

/// The address of an archive on a server that is not running.
pub fn closed() -> String {
    url(&TcpListener::bind("127.0.0.1:0").unwrap())
}

fn url(listener: &TcpListener) -> String {
    format!("http://{}/archive.tar.xz", listener.local_addr().unwrap())
}

/// Answers one request; returns the connection if it is to stay open.
fn reply(mut stream: TcpStream, answer: &Answer) -> std::io::Result<Option<TcpStream>> {
    // The request ends with an empty line. Closing with unread bytes would reset the connection.
    for line in BufReader::new(stream.try_clone()?).lines() {
        if line?.is_empty() {
            break;
        }
    }
    let close = "Connection: close\r\n\r\n";
    let ok = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{close}");
    match answer {
        Answer::Whole(body) => {
            stream.write_all(ok(body.len()).as_bytes())?;
            stream.write_all(body)?;
        }
        Answer::WithoutLength(body) => {
            stream.write_all(format!("HTTP/1.1 200 OK\r\n{close}").as_bytes())?;
            stream.write_all(body)?;
        }
        Answer::Cut(body) | Answer::Stop(body) => {
            stream.write_all(ok(body.len()).as_bytes())?;
            stream.write_all(&body[..body.len() / 2])?;
        }
        Answer::NotFound => {
            let head = format!("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n{close}");
            stream.write_all(head.as_bytes())?;
        }
        Answer::Nothing => {}
    }
    Ok(matches!(answer, Answer::Stop(_) | Answer::Nothing).then_some(stream))
}
