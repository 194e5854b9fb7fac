//! What ffmpeg may open: the one place to read, and to change.
//!
//! Some of what ffmpeg can read are lists of *other* things to read: playlists (HLS, DASH,
//! `concat`), stream descriptions (SDP), picture sequences. A file from a stranger that is such a
//! list, under whatever name, could make ffmpeg open any file of this machine or connect anywhere.
//! So only containers that hold their streams themselves are let in.

/// ffmpeg's names of the containers that are opened. Those of mere audio are here so that the
/// user hears "no video stream" rather than "not allowed".
pub const CONTAINERS: &[&str] = &[
    // Video
    "mov",
    "mp4",
    "matroska",
    "webm",
    "avi",
    "mpegts",
    "mpeg",
    "mpegvideo",
    "flv",
    "live_flv",
    "asf",
    "ogg",
    "gif",
    "apng",
    "ivf",
    "nut",
    "mxf",
    "gxf",
    "dv",
    "rm",
    "wtv",
    "nsv",
    "nuv",
    "swf",
    "vob",
    "pva",
    "yuv4mpegpipe",
    // Audio
    "mp3",
    "flac",
    "wav",
    "aac",
    "ac3",
    "eac3",
    "aiff",
    "amr",
    "ape",
    "caf",
    "au",
    "w64",
    "wv",
    "tta",
    "dts",
    "opus",
];

/// Video streams without a container, which are opened as well.
pub const BARE_STREAMS: &[&str] = &[
    "h264",
    "hevc",
    "vvc",
    "av1",
    "obu",
    "m4v",
    "mjpeg",
    "mpjpeg",
    "vc1",
    "dirac",
    "h263",
    "h261",
    "cavsvideo",
];

/// What a file may be read through.
pub const FILE_PROTOCOLS: &[&str] = &["file"];

/// What an http address may be read through, redirects included: never a file of this machine. Not https
/// either: of a server that ffmpeg is sent on to it would not check the certificate.
pub const HTTP_PROTOCOLS: &[&str] = &["http", "tcp"];

/// The same for https addresses. Not plain http: who asks for https does not want less.
pub const HTTPS_PROTOCOLS: &[&str] = &["https", "tls", "tcp", "httpproxy"];
