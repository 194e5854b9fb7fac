//! Frames of one stream that are not alike: where its size, its pixel format or its colours change midway, each
//! wanted frame gets an ffmpeg of its own, which is told how to convert just this one. (One for all keeps to what
//! the first frame called for: the others would be scaled to its size, lose their alpha channel or have its colours.)

use super::Extraction;
use crate::ffmpeg::frame_info::{FrameInfo, passes_for_high_definition};
use crate::ffmpeg::frame_stream::Picture;
use crate::ffmpeg::log::Log;
use crate::ffmpeg::request::{Colours, Matrix};

/// The way to one wanted frame by itself.
#[derive(Debug, Default)]
pub(super) struct Alone {
    /// The size that the frame has, once it is known.
    pub(super) size: Option<(u32, u32)>,
    /// This ffmpeg has done its part.
    pub(super) done: bool,
    /// How often it was started for this frame to learn how to convert it.
    tries: u32,
}

impl Alone {
    /// The first ffmpeg for all frames has done its part.
    pub(super) fn begin() -> Self {
        let done = true;
        Self {
            done,
            ..Self::default()
        }
    }

    /// Another try for the same frame, unless there were more than it takes: its size and colours are learnt by the
    /// first, and a matrix that ffmpeg does not have by one more.
    pub(super) fn try_again(&mut self) -> bool {
        const MOST: u32 = 3;
        self.tries += 1;
        self.done = self.tries <= MOST;
        self.done
    }

    /// The frame came. The next may have another size.
    pub(super) fn next(&mut self) {
        *self = Self::begin();
    }
}

/// The decoder that gives the alpha channel of a `WebM` video, which is a second stream of the same codec; ffmpeg's
/// own drop it.
pub(super) fn decoder_of_alpha(log: &Log) -> Option<&'static str> {
    match log.codec.as_deref().filter(|_| log.alpha_mode)? {
        "vp8" => Some("libvpx"),
        "vp9" => Some("libvpx-vp9"),
        _ => None,
    }
}

impl Extraction {
    /// How the colours of a frame are to be converted.
    fn colours_for(&self, info: &FrameInfo) -> Colours {
        let matrix = match self.colours.matrix {
            _ if info.light.is_some() && info.untagged => Some(Matrix::Wide),
            _ if info.passes_for_high_definition() => Some(Matrix::High),
            // It was asked for because ffmpeg refused this frame's.
            Some(Matrix::Standard) if !info.usual_matrix => Some(Matrix::Standard),
            _ => None,
        };
        Colours {
            matrix,
            deep: info.light.is_some(),
            ..self.colours
        }
    }

    /// Was the picture made of its frame as it should be? If not, [`Extraction::step`] has another try if that can
    /// help.
    pub(super) fn is_converted_well(&mut self, picture: &Picture, info: &FrameInfo) -> bool {
        let scaled = info.size != (picture.width, picture.height);
        let other_alpha = info.has_alpha() != picture.has_alpha();
        // Large by the container's word, and small in truth: what the decoder says of its colours may be what it was
        // told to say.
        let (width, height) = info.coded_size();
        let misled = self.index.as_mut().is_some_and(|index| {
            let high = &mut index.untagged_is_high;
            *high && !passes_for_high_definition(width, height) && std::mem::take(high)
        });
        let colours = self.colours_for(info);
        let other_colours = misled || colours != self.colours;
        if let Some(alone) = &mut self.alone {
            // That ffmpeg gives an alpha channel to a frame without one is no loss.
            let lost_alpha = info.has_alpha() && !picture.has_alpha();
            let surplus = other_alpha && self.colours.alpha.is_none();
            let well = !scaled && !lost_alpha && !surplus && !other_colours;
            if !well && alone.try_again() {
                alone.size = Some(info.size);
                self.colours = colours;
                self.colours.alpha = Some(info.has_alpha());
            }
            return well;
        }
        let alike = !scaled && !other_alpha && !info.changed;
        if alike && other_colours && self.delivered == 0 && !self.was_anew {
            self.colours = colours;
            (self.anew, self.was_anew) = (true, true);
        } else if !alike || other_colours {
            self.alone = Some(Alone::begin());
        }
        alike && !other_colours
    }
}
