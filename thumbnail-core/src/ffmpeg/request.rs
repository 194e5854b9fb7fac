//! The plan for one ffmpeg process: what it decodes, and which frames it sends.

/// How a wanted frame is picked from the decoded frames of a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pick {
    /// By its number, counted from 0 in the decoded frames of the segment.
    Number(usize),
    /// The first frame that is shown at or after this time, in seconds on the plan's clock.
    From(f64),
    /// The frame that is shown at or after the first time and before the second, in seconds on the plan's
    /// clock.
    Within(f64, f64),
    /// The first keyframe among these.
    KeyWithin(f64, f64),
}

/// One wanted frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Which of the wanted frames it is, from 0. There are several if the same frame was asked for
    /// several times.
    pub positions: Vec<usize>,
    /// How it is picked.
    pub pick: Pick,
    /// The expected presentation time and its tolerance, in seconds on the plan's clock; `None` if not
    /// known. A frame with another time is the wrong one.
    pub expected: Option<(f64, f64)>,
    /// When it is shown, in seconds from the video's first frame, if this does not follow from its time on
    /// the plan's clock.
    pub shown: Option<f64>,
    /// The number of its packet in the index, in decoding order; `None` if packets are not listed.
    pub packet: Option<usize>,
}

/// A part of the video that is decoded without a seek in between: one input of the ffmpeg command.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The time to seek to, in seconds on the stream's own clock; `None` to start at the beginning.
    pub seek: Option<f64>,
    /// The wanted frames, in presentation order; at least one.
    pub targets: Vec<Target>,
    /// The first frame that is not decoded any more; `None` to decode to the end of the stream.
    pub end: Option<Pick>,
    /// Decode reference frames only (`-skip_frame noref`).
    pub references_only: bool,
    /// If a frame is decoded that is shown before this time, in seconds on the plan's clock, none of the segment is sent:
    /// the seek has led too far back, to where frames are left out.
    pub floor: Option<f64>,
}

/// The matrix that converts luma and chroma to red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// BT.601, for standard definition. It also stands in for a matrix that this ffmpeg does not have: older
    /// versions use it by themselves, and from 8 on ffmpeg fails instead.
    Standard,
    /// The stream's own, which ffmpeg's scaler does not have. The filter `zscale` has more; not every build has that.
    Rare,
    /// BT.709, for high definition. Players use it for large video without a colour tag.
    High,
    /// BT.2020 (non-constant luminance), for HDR.
    Wide,
}

/// How the colours of decoded frames are converted for the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Colours {
    /// The matrix to use instead of the stream's own. `None` to use the stream's own, or BT.601 for a
    /// stream without a colour tag.
    pub matrix: Option<Matrix>,
    /// The pixel format that the decoded frames have in truth: limited range, where they say full range.
    pub limited_range: Option<&'static str>,
    /// Have the decoder assume BT.709 for a stream without a colour tag. (The decoders of HEVC, VP9 and
    /// AV1 ignore this.)
    pub untagged_is_high: bool,
    /// Send 16 bits a channel instead of 8, which HDR needs.
    pub deep: bool,
    /// Send pictures with an alpha channel, or without; `None` to let the first frame decide.
    pub alpha: Option<bool>,
    /// The decoder to use instead of ffmpeg's default, if that would drop an alpha channel.
    pub decoder: Option<&'static str>,
}

/// What one ffmpeg process decodes, and how it sends the wanted frames.
#[allow(clippy::struct_excessive_bools)] // Independent options of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// In presentation order; at least one.
    pub segments: Vec<Segment>,
    /// Decode keyframes only (`-skip_frame nokey`).
    pub keyframes_only: bool,
    /// The plan's clock counts the decoded frames: frame number `n`, from 0, is shown at `n` seconds. If
    /// `false`, it is the stream's own clock.
    pub numbered: bool,
    /// When the video's first frame is shown, in seconds on the plan's clock.
    pub start: f64,
    /// The width and height of the pictures, in pixels. `None` to scale all of them to the size of the
    /// first.
    pub size: Option<(u32, u32)>,
    /// How colours are converted.
    pub colours: Colours,
    /// After a seek, drop all frames before the first intra-coded one: they refer to frames that were not
    /// decoded, which not every decoder notices.
    pub intra_first: bool,
}

impl Plan {
    /// The part of the plan that leads to one wanted frame; `None` if there is no such target.
    #[must_use]
    pub fn only_target(&self, target: usize) -> Option<Self> {
        let (segment, target) = self.targets().nth(target)?;
        let mut segment = self.segments[segment].clone();
        segment.targets.retain(|other| other == target);
        Some(Self {
            segments: vec![segment],
            ..self.clone()
        })
    }

    /// The plan for a stream in which nothing lies between the wanted frames: one segment holds them all.
    #[must_use]
    pub fn in_one_pass(mut self) -> Self {
        let end = self.segments.last().and_then(|segment| segment.end);
        let targets = self.segments.drain(..).flat_map(|segment| segment.targets);
        let segment = Segment {
            seek: None,
            targets: targets.collect(),
            end,
            references_only: false,
            floor: None,
        };
        self.segments = vec![segment];
        self
    }

    /// The part of the plan that leads to the wanted frames from number `target` on, with each seek `seconds`
    /// earlier.
    #[must_use]
    pub fn further_back(&self, target: usize, seconds: f64) -> Self {
        let mut plan = self.clone();
        let mut delivered = target;
        for segment in &mut plan.segments {
            let now = delivered.min(segment.targets.len());
            segment.targets.drain(..now);
            delivered -= now;
            let earlier = segment.seek.map(|seek| seek - seconds);
            segment.seek = earlier.filter(|seek| *seek > self.start);
            segment.references_only = false;
        }
        plan.segments.retain(|segment| !segment.targets.is_empty());
        plan
    }

    /// Every wanted frame, in order, with the number of its segment.
    pub fn targets(&self) -> impl Iterator<Item = (usize, &Target)> {
        let segments = self.segments.iter().enumerate();
        segments.flat_map(|(k, segment)| segment.targets.iter().map(move |t| (k, t)))
    }

    /// Skips all frames that are not reference frames, in each segment whose wanted frames are all reference
    /// frames. This is often a third or half of the frames, and changes no pixel. `is_reference` tells
    /// whether the frame of a packet is a reference frame.
    pub fn leave_out_unreferenced(&mut self, mut is_reference: impl FnMut(usize) -> bool) {
        if self.keyframes_only {
            return; // Nothing else is decoded.
        }
        for segment in &mut self.segments {
            let mut packets = segment.targets.iter().map(|target| target.packet);
            segment.references_only = packets.all(|packet| packet.is_some_and(&mut is_reference));
        }
    }
}
