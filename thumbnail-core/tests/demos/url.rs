//! Videos that are read from the network, here from a server on loopback.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

use crate::tools::{Ended, Place, WAYS, entries, error, tree};

/// Serves the files of a directory, parts of them too; ends with the test process. Gives its
/// address.
fn serve(dir: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let dir = dir.clone();
            // A client that has gone away is no failure of the server's.
            thread::spawn(move || drop(reply(stream, &dir)));
        }
    });
    address
}

fn reply(mut stream: TcpStream, dir: &Path) -> std::io::Result<()> {
    let mut name = String::new();
    let mut from = None;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("GET /") {
            let path = rest.split([' ', '?']).next().unwrap_or_default();
            name = path.replace("%20", " ");
        }
        if let Some((_, range)) = line.split_once("bytes=") {
            from = range.split('-').next().and_then(|n| n.parse::<u64>().ok());
        }
    }
    let status = match name.as_str() {
        "secret.mp4" => Some("403 Forbidden"),
        "broken.mp4" => Some("500 Internal Server Error"),
        _ => None,
    };
    let file = File::open(dir.join(&name));
    let (Ok(mut file), None) = (file, status) else {
        let status = status.unwrap_or("404 Not Found");
        let head = "Content-Length: 0\r\nConnection: close\r\n\r\n";
        return stream.write_all(format!("HTTP/1.1 {status}\r\n{head}").as_bytes());
    };
    let total = file.metadata()?.len();
    let start = from.unwrap_or(0).min(total);
    file.seek(SeekFrom::Start(start))?;
    let (status, last) = match from {
        Some(_) => ("206 Partial Content", total.saturating_sub(1)),
        None => ("200 OK", total),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nAccept-Ranges: bytes\r\nContent-Length: {}\r\n\
         Content-Range: bytes {start}-{last}/{total}\r\nConnection: close\r\n\r\n",
        total - start
    );
    stream.write_all(head.as_bytes())?;
    let mut body = Vec::new();
    file.read_to_end(&mut body)?;
    stream.write_all(&body)
}

#[test]
fn a_url_gives_what_the_file_gives() {
    let place = Place::new();
    let videos = [place.clip("a b.mp4"), place.clip("c.mkv")];
    let server = serve(place.path(""));
    let urls = [format!("{server}/a%20b.mp4?t=1"), format!("{server}/c.mkv")];
    place.run("single", &[], &videos).success();
    let expected = tree(&place.out("single"));
    for way in WAYS {
        let report = place.run(way, &[], &urls).success();
        let shown = format!("{server}/a%20b.mp4?…"); // The query could hold a token.
        assert_eq!(report.videos[0].source, shown, "{way}");
        assert!(tree(&place.out(way)) == expected, "{way}");
    }
}

#[test]
fn addresses_that_cannot_be_read_fail_alone_and_are_named() {
    let place = Place::new();
    place.clip("good.mp4");
    place.file("text.mp4", "This is no video.\n");
    let server = serve(place.path(""));
    // A port that was free a moment ago: nobody listens.
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let closed = closed.unwrap();
    // ffmpeg on Windows has no words for it, but a number.
    let refused = if cfg!(windows) {
        "cannot be read"
    } else {
        "Connection refused"
    };
    let bad = [
        (format!("{server}/missing.mp4"), "404 Not Found"),
        (format!("{server}/secret.mp4"), "403 Forbidden"),
        (format!("{server}/broken.mp4"), "5XX Server Error"),
        (format!("{server}/text.mp4"), "not a video"),
        (format!("http://{closed}/a.mp4"), refused),
        (
            "http://no-such-host.invalid/a.mp4".into(),
            "no-such-host.invalid",
        ),
    ];
    let mut urls = vec![format!("{server}/good.mp4")];
    urls.extend(bad.iter().map(|(url, _)| url.clone()));
    for way in WAYS {
        let ended = place.run(way, &[], &urls);
        assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
        let report = ended.report();
        for ((url, reason), video) in bad.iter().zip(&report.videos[1..]) {
            assert_eq!(video.source, *url);
            let error = error(video);
            assert!(error.contains(reason), "{way} {url}: {error}");
            assert!(
                error.contains(url.as_str()) || url.contains("text.mp4"),
                "{error}"
            );
            let name = url.rsplit('/').next().unwrap();
            let named = |line: &str| line.contains(name) && line.contains(reason);
            let stderr = &ended.stderr;
            assert!(stderr.lines().any(named), "{way} {url}: {stderr}");
        }
        assert_eq!(entries(&place.out(way)), ["good"], "{way}");
    }
}

#[test]
fn only_http_and_https_addresses_are_opened() {
    let place = Place::new();
    let secret = place.clip("secret.mp4");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    nobody.set_nonblocking(true).unwrap();
    let port = nobody.local_addr().unwrap().port();
    let protocols = ["ftp", "tcp", "rtsp", "rtmp", "gopher", "sftp", "httpx"];
    let mut addresses = protocols
        .map(|p| format!("{p}://127.0.0.1:{port}/v.mp4"))
        .to_vec();
    addresses.push(format!("file://{}", secret.display()));
    addresses.push("http://".into());
    for way in WAYS {
        let report = place.run(way, &[], &addresses).report();
        for video in &report.videos {
            let error = error(video);
            assert!(
                error.contains("only http:// and https:// are supported"),
                "{way} {}: {error}",
                video.source
            );
        }
        assert!(nobody.accept().is_err(), "{way} connected");
    }
}

#[test]
fn an_address_that_cannot_be_opened_is_shown_without_its_secrets() {
    let place = Place::new();
    let addresses = [
        "http://user:s3cret@host:99999/a.mp4?token=s3cret",
        "http://user:s3cret@[::1/b.mp4",
        "ftp://user:s3cret@h/c.mp4",
        "rtmp://h/d?token=s3cret",
        "http:/user:s3cret@h/e.mp4?token=s3cret",
    ];
    let (json, trace) = (place.path("report.json"), place.path("trace.json"));
    for way in WAYS {
        let [json_file, trace_file] = [&json, &trace].map(|file| file.to_str().unwrap());
        let options = ["--json", json_file, "--trace", trace_file];
        let mut run = place.command(way, &options, &addresses);
        let ended = Ended::of(run.env("COLUMNS", "1000"));
        assert_eq!(ended.code, Some(1), "{way}: {}", ended.stderr);
        let report = fs::read_to_string(&json).unwrap();
        let trace = fs::read_to_string(&trace).unwrap();
        for text in [&ended.stdout, &report] {
            assert!(text.contains("http://host:99999/a.mp4?…"), "{way}: {text}");
        }
        for text in [&ended.stdout, &ended.stderr, &report, &trace] {
            assert!(!text.contains("s3cret"), "{way}: {text}");
        }
    }
}
