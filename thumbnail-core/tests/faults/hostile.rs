//! A video can make ffmpeg open nothing but itself.

use std::fs;
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::inotify;
use thumbnail_core::report::Status;

use crate::support::ffmpeg;
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

    fn assert_alive(&self, what: &str) {
        let mut buffer = [MaybeUninit::uninit(); 1024];
        let opened = inotify::Reader::new(&self.opened, &mut buffer)
            .next()
            .is_ok();
        assert!(!opened, "{what} made a program open another file");
        assert!(self.port.accept().is_err(), "{what} made a program connect");
    }
}

/// Files that are lists of other files, by the names under which they are tried.
fn lists(place: &Place, canary: &Canary) -> Vec<(String, Vec<u8>)> {
    let file = canary.path.to_string_lossy().into_owned();
    let url = format!("http://{}/v.mkv", canary.port.local_addr().unwrap());
    let mut texts = Vec::new();
    for to in [
        &file,
        &format!("file:{file}"),
        &"canary.mkv".to_owned(),
        &url,
    ] {
        texts.push(format!("ffconcat version 1.0\nfile '{to}'\n"));
        texts.push(format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{to}\n#EXT-X-ENDLIST\n"
        ));
        texts.push(format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{to}\n"));
        texts.push(format!(
            "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10,\nconcat:{to}|subfile,,start,0,end,9,,:{to}\n#EXT-X-ENDLIST\n"
        ));
        texts.push(format!(
            "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" type=\"static\" mediaPresentationDuration=\"PT10S\"><Period><AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>{to}</BaseURL></Representation></AdaptationSet></Period></MPD>"
        ));
        texts.push(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"64\" height=\"64\"><image xlink:href=\"{to}\" width=\"64\" height=\"64\"/></svg>"
        ));
        texts.push(format!(
            "<asx version=\"3.0\"><entry><ref href=\"{to}\"/></entry></asx>"
        ));
        texts.push(format!("[Reference]\nRef1={to}\nRef2={to}\n"));
        texts.push(format!("RTSPtext\n{to}\n"));
        texts.push(format!(".RMF {to}\n"));
        texts.push(format!("[playlist]\nFile1={to}\nNumberOfEntries=1\n"));
        texts.push(format!(
            "1\n00:00:00,000 --> 00:00:05,000\n<img src=\"{to}\">\n"
        ));
        texts.push(format!("{to}\n"));
    }
    let port = canary.port.local_addr().unwrap().port();
    texts.push(format!(
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP/TCP 96\na=rtpmap:96 H264/90000\n"
    ));
    let texts = texts.into_iter().map(String::into_bytes);
    let mut all: Vec<_> = texts.collect();
    all.extend(containers(place, canary));
    // Under the name of a video, and under the name that the list would have.
    let extensions = [
        "mp4", "mkv", "avi", "mov", "webm", "m3u8", "mpd", "sdp", "ffconcat", "svg", "asx", "ram",
        "srt", "wmv", "rm",
    ];
    let extensions = extensions.iter().cycle().enumerate();
    let mut named: Vec<_> = all
        .iter()
        .zip(extensions)
        .map(|(content, (n, extension))| (format!("list-{n}.{extension}"), content.clone()))
        .collect();
    let as_mp4 = all.iter().enumerate();
    named.extend(as_mp4.map(|(n, content)| (format!("video-{n}.mp4"), content.clone())));
    named
}

/// Real containers that name other files: in an MP4's `dref`, in an MKV's links to the segments
/// before and after, in an AVI's subtitles.
fn containers(place: &Place, canary: &Canary) -> Vec<Vec<u8>> {
    let path = canary.path.to_string_lossy().into_owned();
    let mp4 = fs::read(place.clip("whole.mp4")).unwrap();
    let at = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|w| w == what).unwrap();
    // `url ` with the flag "in this file" becomes a name; the box and those around it grow.
    let mut all = Vec::new();
    let reference = |kind: &[u8; 4], name: Vec<u8>| {
        let mut mp4 = mp4.clone();
        let url = at(&mp4, b"url ");
        let size = u32::try_from(12 + name.len()).unwrap();
        let mut entry = size.to_be_bytes().to_vec();
        entry.extend(kind);
        entry.extend([0; 4]);
        entry.extend(&name);
        mp4.splice(url - 4..url + 8, entry);
        for around in [b"dref", b"dinf", b"minf", b"mdia", b"trak", b"moov"] {
            let place = at(&mp4, around) - 4;
            let old = u32::from_be_bytes(mp4[place..place + 4].try_into().unwrap());
            let new = old + u32::try_from(name.len()).unwrap();
            mp4[place..place + 4].copy_from_slice(&new.to_be_bytes());
        }
        mp4
    };
    all.push(reference(b"url ", format!("file://{path}\0").into_bytes()));
    all.push(reference(b"url ", b"canary.mkv\0".to_vec()));
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
    all.push(reference(b"alis", alias));
    // PrevFilename and NextFilename stand in the segment's information, where there is a Void.
    let mut mkv = fs::read(place.clip("whole.mkv")).unwrap();
    if let Some(void) = mkv.windows(2).position(|w| w == [0xec, 0x40]) {
        let room = usize::from(mkv[void + 2]);
        let mut names = Vec::new();
        for id in [[0x3c, 0x83, 0xab], [0x3e, 0x83, 0xbb]] {
            names.extend(id);
            names.push(0x8a);
            names.extend(b"canary.mkv");
        }
        if names.len() + 2 <= room {
            mkv[void..void + names.len()].copy_from_slice(&names);
        }
    }
    all.push(mkv);
    all.push(avi_with_a_playlist_as_its_subtitles(place, &path));
    all
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
    let place_of = |avi: &[u8], what: &[u8]| avi.windows(what.len()).position(|w| w == what);
    if let Some(auds) = place_of(&avi, b"auds") {
        avi[auds..auds + 4].copy_from_slice(b"txts");
    }
    if let Some(sound) = place_of(&avi, b"01wb") {
        avi[sound + 2..sound + 4].copy_from_slice(b"tx");
        let size = u32::from_le_bytes(avi[sound + 4..sound + 8].try_into().unwrap()) as usize;
        if chunk.len() <= size {
            avi[sound + 8..sound + 8 + chunk.len()].copy_from_slice(&chunk);
        }
    }
    avi
}

#[test]
#[ignore = "slow: .ci/faults.sh runs it"]
fn a_video_can_make_ffmpeg_open_nothing_but_itself() {
    let place = Place::new();
    let canary = Canary::new(&place);
    let lists = lists(&place, &canary);
    let mut videos = Vec::new();
    for (name, content) in &lists {
        videos.push(place.file(name, content));
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
    // The canary sings when it is opened.
    fs::read(&canary.path).unwrap();
    let mut buffer = [MaybeUninit::uninit(); 1024];
    assert!(
        inotify::Reader::new(&canary.opened, &mut buffer)
            .next()
            .is_ok()
    );
    while inotify::Reader::new(&canary.opened, &mut [MaybeUninit::uninit(); 1024])
        .next()
        .is_ok()
    {}
    for way in ["threads", "async"] {
        let report = place
            .run(way, &["--frames", "2", "--timeout", "20s"], &videos)
            .report();
        canary.assert_alive(way);
        for video in &report.videos {
            let is_container = video.status == Status::Success;
            // What did give thumbnails was a video itself.
            if is_container {
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
        assert_eq!(report.videos[1].status, Status::Success, "{way}");
        assert_eq!(entries(&victim), ["0"], "{way}");
        assert_eq!(entries(&victim.join("0")), [""; 0], "{way}");
    }
}
