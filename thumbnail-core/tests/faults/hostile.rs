//! A video can make ffmpeg open nothing but itself.

use std::collections::BTreeSet;
use std::fs;
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::inotify;
use thumbnail_core::measure::report::Status;

use crate::support::{ffmpeg, ffmpeg_program};
use crate::tools::{Place, WAYS, entries, error};

/// A file that nobody must open, and a port to which nobody must connect.
struct Canary {
    path: PathBuf,
    opened: OwnedFd,
    port: TcpListener,
}

impl Canary {
    /// A real video, so that whoever opens it would also show it.
    fn new(place: &Place) -> Self {
        let path = place.clip("canary.mkv");
        let opened = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&opened, &path, inotify::WatchFlags::OPEN).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        port.set_nonblocking(true).unwrap();
        Self { path, opened, port }
    }

    /// Has anybody opened the file or connected to the port since it was last asked?
    fn sings(&self) -> bool {
        let mut buffer = [MaybeUninit::uninit(); 1024];
        let mut events = inotify::Reader::new(&self.opened, &mut buffer);
        let mut sings = false;
        while events.next().is_ok() || self.port.accept().is_ok() {
            sings = true;
        }
        sings
    }
}

/// A file that is a list of other files, or refers to some: what it is, and its content.
type List = (&'static str, Vec<u8>);

fn lists(place: &Place, canary: &Canary) -> Vec<List> {
    let file = canary.path.to_string_lossy().into_owned();
    let url = format!("http://{}/v.mkv", canary.port.local_addr().unwrap());
    let mut all: Vec<List> = Vec::new();
    let mut text = |what, text: String| all.push((what, text.into_bytes()));
    for to in [
        &file,
        &format!("file:{file}"),
        &"canary.mkv".to_owned(),
        &url,
    ] {
        text("ffconcat", format!("ffconcat version 1.0\nfile '{to}'\n"));
        text(
            "hls",
            format!("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{to}\n#EXT-X-ENDLIST\n"),
        );
        text(
            "hls-of-hls",
            format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{to}\n"),
        );
        text(
            "hls-of-protocols",
            format!(
                "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10,\nconcat:{to}|subfile,,start,0,end,9,,:{to}\n#EXT-X-ENDLIST\n"
            ),
        );
        text(
            "dash",
            format!(
                "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" type=\"static\" mediaPresentationDuration=\"PT10S\"><Period><AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>{to}</BaseURL></Representation></AdaptationSet></Period></MPD>"
            ),
        );
        text(
            "svg",
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"64\" height=\"64\"><image xlink:href=\"{to}\" width=\"64\" height=\"64\"/></svg>"
            ),
        );
        text(
            "asx",
            format!("<asx version=\"3.0\"><entry><ref href=\"{to}\"/></entry></asx>"),
        );
        text(
            "asf-reference",
            format!("[Reference]\nRef1={to}\nRef2={to}\n"),
        );
        text("qt-text", format!("RTSPtext\n{to}\n"));
        text("realmedia", format!(".RMF {to}\n"));
        text(
            "pls",
            format!("[playlist]\nFile1={to}\nNumberOfEntries=1\n"),
        );
        text(
            "subtitles",
            format!("1\n00:00:00,000 --> 00:00:05,000\n<img src=\"{to}\">\n"),
        );
        text("address", format!("{to}\n"));
        text(
            "imf",
            format!(
                "<CompositionPlaylist xmlns=\"http://www.smpte-ra.org/schemas/2067-3/2016\"><Id>{to}</Id></CompositionPlaylist>"
            ),
        );
        text(
            "vobsub",
            format!(
                "# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\ntimestamp: 00:00:00:000, filepos: 000000000\n# {to}\n"
            ),
        );
    }
    let port = canary.port.local_addr().unwrap().port();
    text(
        "sdp",
        format!(
            "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP/TCP 96\na=rtpmap:96 H264/90000\n"
        ),
    );
    all.extend(containers(place, canary));
    all
}

/// Each under the name of a video, and under the names that such lists have.
fn named(place: &Place, lists: &[List]) -> Vec<PathBuf> {
    let extensions = [
        "mp4", "mkv", "avi", "mov", "webm", "m3u8", "mpd", "sdp", "ffconcat", "svg", "asx", "ram",
        "srt", "wmv", "rm", "idx",
    ];
    let extensions = extensions.iter().cycle().enumerate();
    let mut named = Vec::new();
    for ((what, content), (n, extension)) in lists.iter().zip(extensions) {
        named.push(place.file(&format!("{what}-{n}.{extension}"), content));
        named.push(place.file(&format!("{what}-as-video-{n}.mp4"), content));
    }
    named
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|w| w == what).unwrap()
}

/// Real containers that name other files: in an MP4's `dref`, in an MKV's links to the segments
/// before and after, in an AVI's subtitles.
fn containers(place: &Place, canary: &Canary) -> Vec<List> {
    let path = canary.path.to_string_lossy().into_owned();
    let mp4 = fs::read(place.clip("whole.mp4")).unwrap();
    // `url ` with the flag "in this file" becomes a name; the box and those around it grow.
    let mut all = Vec::new();
    let reference = |kind: &[u8; 4], name: Vec<u8>| {
        let mut mp4 = mp4.clone();
        let url = find(&mp4, b"url ");
        let size = u32::try_from(12 + name.len()).unwrap();
        let mut entry = size.to_be_bytes().to_vec();
        entry.extend(kind);
        entry.extend([0; 4]);
        entry.extend(&name);
        mp4.splice(url - 4..url + 8, entry);
        for around in [b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"] {
            let place = find(&mp4, around) - 4;
            let old = u32::from_be_bytes(mp4[place..place + 4].try_into().unwrap());
            let new = old + u32::try_from(name.len()).unwrap();
            mp4[place..place + 4].copy_from_slice(&new.to_be_bytes());
        }
        mp4
    };
    let url = format!("file://{path}\0").into_bytes();
    all.push(("dref-url", reference(b"url ", url)));
    all.push(("dref-url", reference(b"url ", b"canary.mkv\0".to_vec())));
    // An alias record of QuickTime: fixed fields, then the path as its type 18.
    let mut alias = vec![0; 150];
    alias[10..12].copy_from_slice(&1_u16.to_be_bytes());
    for kind in [18_u16, 2] {
        alias.extend(kind.to_be_bytes());
        alias.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
        alias.extend(path.as_bytes());
        alias.extend(vec![0; path.len() % 2]);
    }
    alias.extend([0xff; 4]);
    all.push(("dref-alias", reference(b"alis", alias)));
    all.push(("mkv-links", mkv_with_links(place)));
    let avi = avi_with_a_playlist_as_its_subtitles(place, &path);
    all.push(("avi-subtitles", avi));
    all
}

/// `PrevFilename` and `NextFilename` in a Matroska segment's information. They take room from the Void
/// that ffmpeg leaves before it, so that all that follows stays in its place.
fn mkv_with_links(place: &Place) -> Vec<u8> {
    let mut mkv = fs::read(place.clip("whole.mkv")).unwrap();
    let void = find(&mkv, &[0xec, 0x01]);
    let room = usize::from(mkv[void + 8]);
    let info = void + 9 + room;
    assert_eq!(mkv[info..info + 4], [0x15, 0x49, 0xa9, 0x66]);
    let end = info + 5 + usize::from(mkv[info + 4] & 0x7f);
    let mut content = Vec::new();
    for id in [[0x3c, 0x83, 0xab], [0x3e, 0x83, 0xbb]] {
        content.extend(id);
        content.push(0x8a);
        content.extend(b"canary.mkv");
    }
    // All but the checksum, which comes first.
    content.extend(&mkv[info + 5 + 6..end]);
    let mut new = vec![0x15, 0x49, 0xa9, 0x66, 0x40];
    new.push(u8::try_from(content.len()).unwrap());
    new.extend(content);
    let room = end - void - 9 - new.len();
    let mut both = vec![0xec, 0x01, 0, 0, 0, 0, 0, 0, u8::try_from(room).unwrap()];
    both.extend(vec![0; room]);
    both.extend(new);
    mkv.splice(void..end, both);
    mkv
}

/// The `GAB2` chunk of an AVI holds a whole subtitle file, which may be of any format that is let in.
fn avi_with_a_playlist_as_its_subtitles(place: &Place, path: &str) -> Vec<u8> {
    let avi = place.path("subtitled.avi");
    ffmpeg(
        "-f lavfi -i testsrc=s=64x36:r=10:d=1 -f lavfi -i anullsrc -shortest -c:v mpeg4 -c:a pcm_u8",
        &avi,
    );
    let mut avi = fs::read(avi).unwrap();
    let list =
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{path}\n#EXT-X-ENDLIST\n");
    let mut chunk = b"GAB2\0".to_vec();
    chunk.extend(2_u16.to_le_bytes());
    chunk.extend(0_u32.to_le_bytes());
    chunk.extend(4_u16.to_le_bytes());
    chunk.extend(u32::try_from(list.len()).unwrap().to_le_bytes());
    chunk.extend(list.as_bytes());
    chunk.resize(chunk.len() + chunk.len() % 2, 0);
    // The sound becomes a stream of text, and its first chunk the playlist.
    let auds = find(&avi, b"auds");
    avi[auds..auds + 4].copy_from_slice(b"txts");
    let movi = find(&avi, b"movi");
    let sound = movi + find(&avi[movi..], b"01wb");
    let size = u32::from_le_bytes(avi[sound + 4..sound + 8].try_into().unwrap()) as usize;
    assert!(chunk.len() <= size, "{} bytes, {size}", chunk.len());
    avi[sound + 2..sound + 4].copy_from_slice(b"tx");
    avi[sound + 8..sound + 8 + chunk.len()].copy_from_slice(&chunk);
    avi
}

/// What of it has ffmpeg open the canary, or connect to it, if it is told nothing but to read the file:
/// without that, the test would show nothing.
fn harmful(canary: &Canary, videos: &[PathBuf]) -> BTreeSet<String> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let mut harmful = BTreeSet::new();
    for video in videos {
        let mut ffmpeg = Command::new(ffmpeg_program());
        ffmpeg.args(["-v", "quiet", "-nostdin", "-i"]).arg(video);
        let mut ffmpeg = ffmpeg.args(["-f", "null", "-"]).spawn().unwrap();
        let (start, mut sang) = (Instant::now(), false);
        while ffmpeg.try_wait().unwrap().is_none() && start.elapsed() < PATIENCE && !sang {
            sang = canary.sings();
            sleep(Duration::from_millis(5));
        }
        let _ = ffmpeg.kill();
        ffmpeg.wait().unwrap();
        if sang | canary.sings() {
            let name = video.file_name().unwrap().to_string_lossy().into_owned();
            harmful.insert(name);
        }
    }
    harmful
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn a_video_can_make_ffmpeg_open_nothing_but_itself() {
    let place = Place::new();
    let canary = Canary::new(&place);
    let mut videos = named(&place, &lists(&place, &canary));
    let harmful = harmful(&canary, &videos);
    println!("harmful to an ffmpeg that is told nothing: {harmful:?}");
    // What the others do is up to the version.
    for what in ["ffconcat-", "hls-", "hls-of-hls-"] {
        assert!(harmful.iter().any(|name| name.starts_with(what)), "{what}");
    }
    // Names that are patterns or protocols.
    for name in [
        "canary%d.mkv",
        "concat:canary.mkv",
        "subfile,,start,0,end,0,,:canary.mkv",
        "file:canary.mkv",
        "canary*.mkv",
        "pipe:0",
    ] {
        videos.push(Path::new(name).to_owned());
    }
    for way in WAYS {
        let options = ["--frames", "2", "--timeout", "20s"];
        let report = place.run(way, &options, &videos).report();
        assert!(!canary.sings(), "{way}");
        for video in &report.videos {
            // What did give thumbnails was a video itself.
            if video.status() == Status::Success {
                println!("{way}: {} is taken", video.source);
            } else {
                assert!(!error(video).contains("please report"), "{video:?}");
                assert!(!error(video).contains("took longer"), "{video:?}");
            }
        }
    }
}

#[test]
fn a_link_planted_in_the_output_directory_is_not_followed() {
    let place = Place::new();
    let videos = place.clips(2);
    for way in WAYS {
        let victim = place.path(format!("victim of {way}"));
        fs::create_dir_all(victim.join("0")).unwrap();
        fs::create_dir(place.out(way)).unwrap();
        std::os::unix::fs::symlink(&victim, place.out(way).join("v0")).unwrap();
        std::os::unix::fs::symlink(&victim, place.out(way).join(".unfinished-000000")).unwrap();
        let report = place.run(way, &[], &videos).report();
        let error = error(&report.videos[0]);
        assert!(error.contains("links are not followed"), "{way}: {error}");
        assert_eq!(report.videos[1].status(), Status::Success, "{way}");
        assert_eq!(entries(&victim), ["0"], "{way}");
        assert_eq!(entries(&victim.join("0")), [""; 0], "{way}");
    }
}
