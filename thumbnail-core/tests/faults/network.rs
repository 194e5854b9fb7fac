//! Servers on loopback that are slow, silent, broken or hostile. (With and without range requests:
//! `pictures/network.rs`; more refusals: `demos/url.rs`.)

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use thumbnail_core::measure::report::Status;

use crate::processes::{Mark, until};
use crate::tools::{Ended, Place, WAYS, entries, error};

/// Who is being served what, to tell how much goes on at once.
#[derive(Default)]
struct Busy {
    now: HashMap<String, usize>,
    most: usize,
}

/// Serves `video` in a way that the path says; gives its address.
pub struct Server {
    pub address: String,
    busy: Arc<Mutex<Busy>>,
}

impl Server {
    pub fn start(video: &[u8], elsewhere: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let busy = Arc::<Mutex<Busy>>::default();
        let site = Arc::new((video.to_owned(), elsewhere.to_owned(), address.clone()));
        let counted = Arc::clone(&busy);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (site, busy) = (Arc::clone(&site), Arc::clone(&counted));
                thread::spawn(move || {
                    let _ = serve(stream, &site.0, &site.1, &site.2, &busy);
                });
            }
        });
        Self { address, busy }
    }
}

/// The path of a request, which is read to its end.
fn asked(from: &TcpStream) -> Result<String> {
    let mut path = String::new();
    for line in BufReader::new(from.try_clone()?).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("GET ") {
            let asked = rest.split(' ').next().unwrap_or_default();
            asked.clone_into(&mut path);
        }
    }
    Ok(path)
}

fn serve(
    mut to: TcpStream,
    video: &[u8],
    elsewhere: &str,
    here: &str,
    busy: &Mutex<Busy>,
) -> Result<()> {
    let path = asked(&to)?;
    let length = format!("Content-Length: {}\r\n\r\n", video.len());
    let mut found = |kind: &str| {
        write!(
            to,
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {kind}\r\n{length}"
        )
    };
    let redirect = |mut to: &TcpStream, place: &str| {
        write!(
            to,
            "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n"
        )
    };
    match path.split('/').nth(1).unwrap_or_default() {
        "good" => {
            found("video/mp4")?;
            to.write_all(video)
        }
        "wrong-type" => {
            found("text/html; charset=utf-8")?;
            to.write_all(video)
        }
        "silent" => {
            thread::sleep(Duration::from_secs(600));
            Ok(())
        }
        "stalls" => {
            found("video/mp4")?;
            to.write_all(&video[..video.len() / 2])?;
            thread::sleep(Duration::from_secs(600));
            Ok(())
        }
        "cut" => {
            found("video/mp4")?;
            to.write_all(&video[..video.len() / 2])
        }
        // 1 KB a second.
        "slow" => {
            found("video/mp4")?;
            {
                let mut busy = busy.lock().unwrap();
                *busy.now.entry(path.clone()).or_default() += 1;
                busy.most = busy.most.max(busy.now.len());
            }
            let sent = video.chunks(256).try_for_each(|chunk| {
                thread::sleep(Duration::from_millis(250));
                to.write_all(chunk)
            });
            let mut busy = busy.lock().unwrap();
            if let Some(count) = busy.now.get_mut(&path) {
                *count -= 1;
                if *count == 0 {
                    busy.now.remove(&path);
                }
            }
            sent
        }
        "page" => {
            let page = "<html><video src=/good/x.mp4></html>\n".repeat(20);
            let length = page.len();
            write!(
                to,
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{page}"
            )
        }
        "list" => {
            let list = format!(
                "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{here}/good/x.mp4\n#EXT-X-ENDLIST\n"
            );
            let length = list.len();
            write!(
                to,
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/vnd.apple.mpegurl\r\nContent-Length: {length}\r\n\r\n{list}"
            )
        }
        "500" => write!(
            to,
            "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        ),
        "moved" => redirect(&to, &format!("{elsewhere}/good/x.mp4")),
        "loop" => redirect(&to, &format!("{here}{path}")),
        "to-ftp" => {
            let host = elsewhere.trim_start_matches("http://");
            redirect(&to, &format!("ftp://{host}/good/x.mp4"))
        }
        "to-file" => redirect(
            &to,
            &format!("file://{}", elsewhere.trim_start_matches("file:")),
        ),
        "nonsense" => to.write_all(&[0xff; 5000]),
        _ => write!(
            to,
            "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        ),
    }
}

/// A clip that a server without ranges can send: its index comes first.
pub fn clip(place: &Place) -> Vec<u8> {
    let path = place.path("served.mp4");
    crate::support::ffmpeg(
        "-f lavfi -i testsrc=s=64x36:r=10:d=1 -c:v mpeg4 -movflags +faststart",
        &path,
    );
    fs::read(path).unwrap()
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn each_kind_of_broken_server_is_told_apart_within_the_timeout() {
    let place = Place::new();
    let video = clip(&place);
    let secret = place.clip("secret.mp4");
    let other = Server::start(&video, "");
    let server = Server::start(&video, &other.address);
    let files = Server::start(&video, &format!("file:{}", secret.display()));
    let good = ["good", "wrong-type", "moved"];
    let bad = [
        ("missing", "404 Not Found"),
        ("500", "5XX Server Error"),
        ("page", "not a video"),
        ("list", "not opened"),
        ("nonsense", ""),
        ("loop", ""),
        // There the video is, for whoever goes on by http.
        ("to-ftp", "cannot be read"),
        ("cut", "cut short"),
        ("silent", "--timeout allows (8s)"),
        ("stalls", "--timeout allows (8s)"),
        ("slow", "--timeout allows (8s)"),
    ];
    let large = [&video[..], &vec![0; 100_000]].concat();
    let slow = Server::start(&large, "");
    let at = |path: &str| format!("{}/{path}/{path}.mp4", server.address);
    let mut urls: Vec<_> = good.iter().map(|p| at(p)).collect();
    urls.extend(bad.iter().map(|(p, _)| match *p {
        "slow" => format!("{}/slow/slow.mp4", slow.address),
        p => at(p),
    }));
    urls.push(format!("{}/to-file/f.mp4", files.address));
    thread::scope(|scope| {
        for way in WAYS {
            let (place, urls) = (&place, &urls);
            scope.spawn(move || {
                let options = ["--json", "-", "--timeout", "8s"];
                let mut run = place.command(way, &options, urls);
                let mark = Mark::on(&mut run);
                let ended = Ended::of(&mut run);
                mark.wait_for_the_last();
                let report = ended.report();
                for (name, video) in good.iter().zip(&report.videos) {
                    assert_eq!(
                        video.status(),
                        Status::Success,
                        "{way} {name}: {:?}",
                        video.error
                    );
                }
                for ((name, says), video) in bad.iter().zip(&report.videos[good.len()..]) {
                    let error = error(video);
                    println!("{way} {name}: {error}");
                    assert!(error.contains(says), "{way} {name}: {error}");
                    assert!(!error.contains("please report"), "{way} {name}: {error}");
                }
                let to_file = error(report.videos.last().unwrap());
                assert!(
                    to_file.contains("cannot be read") || to_file.contains("not opened"),
                    "{way}: {to_file}"
                );
                assert_eq!(entries(&place.out(way)), good_dirs(), "{way}");
            });
        }
    });
}

fn good_dirs() -> Vec<String> {
    ["good", "moved", "wrong-type"].map(str::to_owned).to_vec()
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn async_overlaps_twenty_slow_downloads_on_one_thread() {
    let place = Place::new();
    let video = clip(&place);
    let server = Server::start(&video, "");
    let urls: Vec<_> = (0..20)
        .map(|n| format!("{}/slow/v{n}.mp4", server.address))
        .collect();
    let options = ["--json", "-", "--frames", "1", "--sizes", "16"];
    let mut run = place.command("async", &options, &urls);
    let run = run
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = run.id();
    until("all twenty are being served", || {
        server.busy.lock().unwrap().now.len() == 20
    });
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let threads = status
        .lines()
        .find_map(|l| l.strip_prefix("Threads:"))
        .unwrap();
    let threads: usize = threads.trim().parse().unwrap();
    // The one of the tasks, the one for signals, and the pool, which may have none yet.
    assert!(
        threads <= 2 + thumbnail_core::program::options::cores(),
        "{threads}"
    );
    let report = Ended::from(run.wait_with_output().unwrap()).success();
    assert_eq!(server.busy.lock().unwrap().most, 20);
    assert_eq!(report.peak_in_flight(), 20);
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn async_decodes_no_more_downloads_at_once_than_there_are_cores() {
    let place = Place::new();
    let video = clip(&place);
    let server = Server::start(&video, "");
    let urls: Vec<_> = (0..8)
        .map(|n| format!("{}/slow/v{n}.mp4", server.address))
        .collect();
    let options = ["--json", "-", "--frames", "1", "--sizes", "16"];
    let mut run = place.command("async", &options, &urls);
    let mark = Mark::on(&mut run);
    let mut run = run
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut most_decoding, mut most) = (0, 0);
    while run.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(5));
        let lines = mark.alive().into_iter().map(|(pid, _)| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).into_owned()
        });
        let lines: Vec<_> = lines.filter(|line| line.contains("/slow/v")).collect();
        let ffmpegs = lines.iter().filter(|line| line.contains("-copyts"));
        most = most.max(ffmpegs.count());
        let decoding = lines.iter().filter(|line| line.contains("image2pipe"));
        most_decoding = most_decoding.max(decoding.count());
    }
    Ended::from(run.wait_with_output().unwrap()).success();
    let cores = thumbnail_core::program::options::cores();
    assert!((1..=cores).contains(&most_decoding), "{most_decoding}");
    assert!(most > cores.min(7), "{most} waited for the server at once");
}

/// OpenSSL's own server, with a certificate that nobody vouches for.
pub struct Tls {
    server: Child,
    pub port: u16,
}

impl Tls {
    /// Serves the files of `place`, as they are (`-WWW`) or as whole answers (`-HTTP`).
    pub fn start(place: &Place, name: &str, answers: &str) -> Option<Self> {
        let openssl = |arguments: &[&str]| {
            let mut command = Command::new("openssl");
            command.args(arguments).current_dir(place.path(""));
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
        };
        let made = openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            &format!("/CN={name}"),
            "-addext",
            &format!("subjectAltName=DNS:{name},IP:127.0.0.1"),
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ]);
        let made = { made }.status();
        if !made.is_ok_and(|s| s.success()) {
            eprintln!("not tried: there is no openssl to serve with");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let at = port.to_string();
        let server = openssl(&[
            "s_server", "-accept", &at, "-cert", "cert.pem", "-key", "key.pem", answers, "-quiet",
        ])
        .spawn();
        let server = server.unwrap();
        until("the server listens", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Some(Self { server, port })
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let place = Place::new();
    // OpenSSL's server has one client at a time, and a video is read from both its ends at once.
    place.file("v.mp4", "This is no video.\n".repeat(50));
    let Some(tls) = Tls::start(&place, "localhost", "-WWW") else {
        return;
    };
    let url = [format!("https://localhost:{}/v.mp4", tls.port)];
    for way in WAYS {
        let report = place.run(way, &["--timeout", "20s"], &url).report();
        let error = error(&report.videos[0]);
        println!("{way}: {error}");
        assert!(error.contains("certificate"), "{way}: {error}");
        assert_eq!(entries(&place.out(way)), [""; 0], "{way}");
    }
    // The same certificate, vouched for by the user: it was the reason.
    for way in WAYS {
        let mut run = place.command(way, &["--json", "-", "--timeout", "20s"], &url);
        let ended = Ended::of(run.env("SSL_CERT_FILE", place.path("cert.pem")));
        let report = ended.report();
        let error = error(&report.videos[0]);
        assert!(error.contains("not a video"), "{way}: {error}");
    }
}
