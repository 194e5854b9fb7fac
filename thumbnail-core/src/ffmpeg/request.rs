//! What one ffmpeg is asked to decode.

/// How the decoded frames of a segment are told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pick {
    /// By number, counted from the first frame that the segment decodes.
    Number(usize),
    /// By time, in seconds on the plan's clock: the first frame shown from then on.
    From(f64),
    /// The frame shown from the first of these times on and before the second.
    Within(f64, f64),
}

/// One wanted frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Which of the wanted frames it is; several where the same frame answers several wishes.
    pub positions: Vec<usize>,
    /// How to pick it.
    pub pick: Pick,
    /// When it should be shown, and how far from that it may be, in seconds on the plan's clock;
    /// `None` if that is not known.
    pub expected: Option<(f64, f64)>,
    /// When it is shown, in seconds from the video's first frame, where the plan's clock does not
    /// tell.
    pub shown: Option<f64>,
    /// Its number among the frames that the index lists, in the order of decoding.
    pub packet: Option<usize>,
}

/// A stretch of the video that is decoded in one go: one input of the ffmpeg command.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The time to seek to, in seconds on the stream's own clock; `None` for the beginning.
    pub seek: Option<f64>,
    /// The wanted frames, in the order in which they are shown; at least one.
    pub targets: Vec<Target>,
    /// Where decoding ends, this frame excluded; `None` for the end of the stream.
    pub end: Option<Pick>,
    /// Leave out frames that no other frame refers to.
    pub references_only: bool,
}

/// How luma and chroma become red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// Standard television, BT.601: from 8 on ffmpeg refuses to convert by a matrix that it does not
    /// know, where older versions did just this.
    Standard,
    /// High definition, BT.709: what players take large video for that does not say.
    High,
    /// Ultra-high definition, BT.2020 (non-constant luminance): what high dynamic range comes in.
    Wide,
}

/// How the colours of decoded frames are converted for the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Colours {
    /// By this matrix, whatever the stream says; `None` to go by what it says, and as for standard
    /// television where it says nothing.
    pub matrix: Option<Matrix>,
    /// Have the decoder take colours that the stream does not tell for those of high definition. The
    /// decoders of HEVC, VP9 and AV1 do not listen.
    pub untagged_is_high: bool,
    /// To 16 bits a channel instead of 8: high dynamic range needs them.
    pub deep: bool,
    /// With an alpha channel, or without; `None` for what the first frame calls for.
    pub alpha: Option<bool>,
    /// Decoded by this decoder, where ffmpeg's own would drop an alpha channel.
    pub decoder: Option<&'static str>,
}

/// What one ffmpeg is to decode.
#[allow(clippy::struct_excessive_bools)] // Options of a command, each by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// In the order of time; at least one.
    pub segments: Vec<Segment>,
    /// Leave out all frames but keyframes.
    pub keyframes_only: bool,
    /// The plan's clock is not the stream's own: it begins with 0 and counts the decoded frames, a
    /// second for each.
    pub numbered: bool,
    /// When the video's first frame is shown, in seconds on the plan's clock.
    pub start: f64,
    /// Give the pictures this width and height. Without it they all have the size of the first.
    pub size: Option<(u32, u32)>,
    /// How colours are converted.
    pub colours: Colours,
    /// Where a segment is sought, give no frame before one that is coded by itself: the decoder would not
    /// notice that it lacks what the frames refer to.
    pub intra_first: bool,
}

impl Plan {
    /// The part of the plan that leads to one of its wanted frames.
    #[must_use]
    pub fn alone(&self, target: usize) -> Option<Self> {
        let (segment, target) = self.targets().nth(target)?;
        let mut segment = self.segments[segment].clone();
        segment.targets.retain(|other| other == target);
        Some(Self {
            segments: vec![segment],
            ..self.clone()
        })
    }

    /// The way to the wanted frames from number `target` on, with each seek so many `seconds` earlier.
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

    /// The same frames without seeking: read from the beginning on, in one segment.
    #[must_use]
    pub fn without_seeking(self) -> Self {
        let end = self.segments.last().and_then(|segment| segment.end);
        let targets = self
            .segments
            .into_iter()
            .flat_map(|segment| segment.targets);
        let segment = Segment {
            seek: None,
            targets: targets.collect(),
            end,
            references_only: false,
        };
        Self {
            segments: vec![segment],
            ..self
        }
    }

    /// Every wanted frame, in order, with its segment's number.
    pub fn targets(&self) -> impl Iterator<Item = (usize, &Target)> {
        let segments = self.segments.iter().enumerate();
        segments.flat_map(|(k, segment)| segment.targets.iter().map(move |t| (k, t)))
    }

    /// Leaves out the frames that no other refers to, where no wanted frame is one of them: often a
    /// third or half of the frames, and not a pixel differs. `is_reference` tells of a packet
    /// whether others refer to its frame.
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
