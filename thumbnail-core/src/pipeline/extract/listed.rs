//! What is listed of a file without ffmpeg.

use crate::ffmpeg::packet_list::Packet;

/// The packets of a stream that were listed without ffmpeg.
#[derive(Debug)]
pub struct Listed {
    /// The container, by ffmpeg's name.
    pub container: &'static str,
    /// The codec, by ffmpeg's name.
    pub codec: &'static str,
    /// The stream's time base: the seconds in one tick of its clock.
    pub tick: f64,
    /// In decoding order, from the first keyframe on, as ffmpeg lists them.
    pub packets: Vec<Packet>,
    /// What an excerpt is made from, if the file is an MP4.
    pub whole: Option<Whole>,
}

/// What an excerpt of an MP4's index is made from ([`super::mp4::Excerpt`]).
#[derive(Debug)]
pub struct Whole {
    /// The box `ftyp`; empty if there is none.
    pub file_type: Vec<u8>,
    /// The content of the box `moov`.
    pub movie: Vec<u8>,
    /// Of a fragmented file: what its edit list adds to all times, in ticks. It need not tell how long the video is shown, so
    /// that it is written anew.
    pub offset: Option<i64>,
    /// The position of each frame in the file and its length, in bytes; in decoding order.
    pub positions: Vec<(u64, u32)>,
    /// The size of the file in bytes.
    pub length: u64,
}
