//! Addresses: the way to them, where they redirect to, and what in them is nobody's business.

use std::fs;
use std::io::{BufRead, BufReader, Result, Write, copy};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use thumbnail_core::measure::report::Status;

use crate::network::{Server, Tls, clip};
use crate::tools::{Ended, Place, WAYS, entries, error};

/// A proxy that keeps the first line of each request.
struct Proxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let keep = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let keep = Arc::clone(&keep);
                thread::spawn(move || pass_on(stream, &keep));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> String {
        std::mem::take(&mut *self.asked.lock().unwrap()).concat()
    }
}

/// `CONNECT host:port` or `GET http://host:port/…`: whatever the host is called, it is on loopback.
fn pass_on(mut client: TcpStream, asked: &Mutex<Vec<String>>) -> Result<()> {
    let mut head = BufReader::new(client.try_clone()?);
    let mut first = String::new();
    head.read_line(&mut first)?;
    asked.lock().unwrap().push(first.clone());
    let mut rest = String::new();
    while head.read_line(&mut rest)? > 2 {}
    let target = first.split(' ').nth(1).unwrap_or_default();
    let target = target.trim_start_matches("http://");
    let (host, path) = target.split_at(target.find('/').unwrap_or(target.len()));
    let port = host.rsplit(':').next().unwrap_or_default();
    let mut server = TcpStream::connect(format!("127.0.0.1:{port}"))?;
    if first.starts_with("CONNECT") {
        write!(client, "HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        write!(server, "GET {path} HTTP/1.1\r\n{rest}")?;
    }
    let (mut up, mut down) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || copy(&mut up, &mut down));
    copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

#[test]
fn addresses_are_read_through_the_proxy_that_the_environment_names() {
    let place = Place::new();
    let video = clip(&place);
    let server = Server::start(&video, "");
    let port = server.address.rsplit(':').next().unwrap().to_owned();
    // A name that only the proxy can make something of.
    let url = [format!("http://videos.invalid:{port}/good/x.mp4")];
    let proxy = Proxy::start();
    for way in WAYS {
        for (name, value) in [
            ("http_proxy", format!("http://{}", proxy.address)),
            ("HTTP_PROXY", proxy.address.clone()),
            ("all_proxy", format!("http://{}", proxy.address)),
        ] {
            let mut run = place.command(way, &["--json", "-"], &url);
            let report = Ended::of(run.env(name, value)).report();
            let video = &report.videos[0];
            assert_eq!(
                video.status(),
                Status::Success,
                "{way} {name}: {:?}",
                video.error
            );
            let asked = proxy.asked();
            assert!(
                asked.contains("GET http://videos.invalid"),
                "{way} {name}: {asked}"
            );
        }
        // Not through the proxy: so nobody knows the name.
        let mut run = place.command(way, &["--json", "-"], &url);
        run.env("http_proxy", format!("http://{}", proxy.address));
        let report = Ended::of(run.env("NO_PROXY", "videos.invalid")).report();
        assert!(error(&report.videos[0]).contains("cannot be read"), "{way}");
        assert_eq!(proxy.asked(), "", "{way}");
    }
}

/// A service that takes addresses from strangers has a proxy that connects to public addresses only. So no request
/// may go around it, wherever a server redirects to.
#[test]
fn a_redirect_to_a_private_address_goes_through_the_proxy_too() {
    let place = Place::new();
    let video = clip(&place);
    let private = Server::start(&video, "");
    let public = Server::start(&video, &private.address);
    let port = public.address.rsplit(':').next().unwrap();
    let url = [format!("http://videos.invalid:{port}/moved/x.mp4")];
    let proxy = Proxy::start();
    for way in WAYS {
        let mut run = place.command(way, &["--json", "-"], &url);
        let report = Ended::of(run.env("http_proxy", format!("http://{}", proxy.address))).report();
        assert_eq!(report.videos[0].error, None, "{way}");
        let asked = proxy.asked();
        for address in [&url[0], &format!("{}/good/x.mp4", private.address)] {
            assert!(asked.contains(&format!("GET {address}")), "{way}: {asked}");
        }
    }
}

#[test]
fn https_addresses_are_read_through_a_tunnel_of_the_proxy() {
    let place = Place::new();
    place.file("v.mp4", "This is no video.\n".repeat(50));
    let Some(tls) = Tls::start(&place, "localhost", "-WWW") else {
        return;
    };
    let url = [format!("https://localhost:{}/v.mp4", tls.port)];
    let proxy = Proxy::start();
    for name in ["https_proxy", "HTTPS_PROXY"] {
        let mut run = place.command("single", &["--json", "-", "--timeout", "20s"], &url);
        run.env("SSL_CERT_FILE", place.path("cert.pem"));
        let report = Ended::of(run.env(name, format!("http://{}", proxy.address))).report();
        let (asked, error) = (proxy.asked(), error(&report.videos[0]));
        assert!(
            asked.contains("CONNECT localhost"),
            "{name}: {asked}, {error}"
        );
        assert!(error.contains("not a video"), "{name}: {error}");
    }
}

#[test]
fn a_proxy_that_ffmpeg_cannot_use_is_named_without_its_password() {
    let place = Place::new();
    let url = ["http://videos.invalid/x.mp4".to_owned()];
    for way in WAYS {
        let mut run = place.command(way, &["--json", "-"], &url);
        let report = Ended::of(run.env("http_proxy", "socks5://me:s3cret@127.0.0.1:9")).report();
        let error = error(&report.videos[0]);
        assert!(
            error.contains("the proxy socks5://127.0.0.1:9"),
            "{way}: {error}"
        );
    }

    // It is not asked for the hosts that are read directly.
    let direct = Server::start(&clip(&place), "");
    let url = [format!("{}/good/x.mp4", direct.address)];
    let mut run = place.command("single", &["--json", "-"], &url);
    run.env("all_proxy", "socks5://127.0.0.1:9");
    let report = Ended::of(run.env("NO_PROXY", "localhost, 127.0.0.1")).report();
    assert_eq!(report.videos[0].error, None);
}

#[test]
fn a_server_that_sends_on_from_http_to_https_or_back_is_refused() {
    let place = Place::new();
    let video = clip(&place);
    let plain = Server::start(&video, "");
    place.file(
        "v.mp4",
        format!(
            "HTTP/1.0 302 Found\r\nLocation: {}/good/x.mp4\r\n\r\n",
            plain.address
        ),
    );
    let Some(tls) = Tls::start(&place, "localhost", "-HTTP") else {
        return;
    };
    let secure = format!("https://localhost:{}", tls.port);
    let to_secure = Server::start(&video, &secure);
    let urls = [
        format!("{}/moved/x.mp4", to_secure.address),
        format!("{secure}/v.mp4"),
    ];
    for way in WAYS {
        let mut run = place.command(way, &["--json", "-", "--timeout", "20s"], &urls);
        let report = Ended::of(run.env("SSL_CERT_FILE", place.path("cert.pem"))).report();
        for (video, scheme) in report.videos.iter().zip(["https", "http"]) {
            let error = error(video);
            let says = format!("redirects to an {scheme}:// address");
            assert!(error.contains(&says), "{way}: {error}");
        }
        assert_eq!(entries(&place.out(way)), [""; 0], "{way}");
    }
}

#[test]
fn what_lets_one_in_is_never_shown() {
    let place = Place::new();
    let video = clip(&place);
    let server = Server::start(&video, "");
    let at = |path: &str| {
        let host = server.address.trim_start_matches("http://");
        format!("http://me:s3cret@{host}/{path}/x.mp4?token=s3cret#s3cret")
    };
    let urls = ["good", "missing", "500", "page", "nonsense"].map(at);
    let (json, trace) = (place.path("report.json"), place.path("trace.json"));
    for way in WAYS {
        let [json_file, trace_file] = [&json, &trace].map(|file| file.to_str().unwrap());
        let options = ["--json", json_file, "--trace", trace_file];
        let ended = Ended::of(&mut place.command(way, &options, &urls));
        let said = format!("{ended:?}");
        let written = [&json, &trace].map(|file| fs::read_to_string(file).unwrap());
        assert!(written[0].contains("/good/x.mp4"), "{way}: {}", written[0]);
        for text in [said, written.concat()] {
            assert!(!text.contains("s3cret"), "{way}: {text}");
        }
        fs::remove_file(&json).unwrap();
        fs::remove_file(&trace).unwrap();
    }
}
