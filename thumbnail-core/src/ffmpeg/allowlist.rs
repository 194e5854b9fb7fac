//! The containers and protocols that ffmpeg may open. All other modules take them from here.
//!
//! Some formats that ffmpeg reads only name *other* files or addresses: playlists (HLS, DASH, `concat`),
//! stream descriptions (SDP), picture sequences. An untrusted file of such a format, whatever its name,
//! could make ffmpeg open any file of this machine or connect to any host. So only containers that hold
//! the streams themselves are allowed.

/// ffmpeg's names of the allowed containers. Audio-only ones are included so that the error for them is "no
/// video stream" and not "not allowed".
pub const CONTAINERS: &[&str] = &[
    // Video
    "mov",
    "mp4",
    "matroska",
    "webm",
    "avi",
    "mpegts",
    "mpeg",
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

/// Elementary video streams (without a container), which are allowed as well.
pub const BARE_STREAMS: &[&str] = &[
    "mpegvideo",
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

/// The protocols for local files.
pub const FILE_PROTOCOLS: &[&str] = &["file"];

/// The protocols for a local file behind an excerpt of its index.
pub const EXCERPT_PROTOCOLS: &[&str] = &["file", "concat"];

/// The protocols for http addresses, and for what they redirect to. `file` is missing so that a redirect cannot
/// lead to a local file; `https` because ffmpeg would not check the certificate after a redirect.
pub const HTTP_PROTOCOLS: &[&str] = &["http", "tcp"];

/// The protocols for https addresses, and for what they redirect to. `http` is missing so that a redirect cannot
/// give up encryption.
pub const HTTPS_PROTOCOLS: &[&str] = &["https", "tls", "tcp", "httpproxy"];
