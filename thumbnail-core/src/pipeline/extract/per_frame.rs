//! Streams whose frame size, pixel format or colours change midway. Each wanted frame is then decoded by an
//! ffmpeg process of its own, which is told how to convert just this frame. A single ffmpeg would convert all
//! frames as the first one needs it: it would scale the others to that size, drop their alpha channel, or
//! convert their colours by the wrong matrix.

use super::Extraction;
use crate::ffmpeg::frame_info::{FrameInfo, passes_for_high_definition};
use crate::ffmpeg::frame_stream::Picture;
use crate::ffmpeg::request::{Colours, Matrix};

/// The state of the ffmpeg process for the current wanted frame.
#[derive(Debug, Default)]
pub(super) struct PerFrame {
    /// The frame's own width and height in pixels; `None` until the frame info has been read.
    pub(super) size: Option<(u32, u32)>,
    /// Nothing more is wanted from the ffmpeg that is running: end it, then start the next one.
    pub(super) done: bool,
    /// How often ffmpeg was started again for this frame to convert it correctly.
    tries: u32,
}

impl PerFrame {
    /// Begins with the next frame: the ffmpeg that is running is done.
    pub(super) fn begin() -> Self {
        let done = true;
        Self {
            done,
            ..Self::default()
        }
    }

    /// Asks for another try for the same frame; `false` if there have been too many. The first try finds out
    /// the frame's size and colours, and two more that ffmpeg's scaler and `zscale` do not have its colour matrix.
    pub(super) fn try_again(&mut self) -> bool {
        const MOST: u32 = 4;
        self.tries += 1;
        self.done = self.tries <= MOST;
        self.done
    }

    /// The frame was accepted; the next one may have another size.
    pub(super) fn next(&mut self) {
        *self = Self::begin();
    }
}

impl Extraction {
    /// The right colour conversion for a frame.
    fn colours_for(&self, info: &FrameInfo) -> Colours {
        let matrix = match self.colours.matrix {
            _ if info.light.is_some() && info.untagged => Some(Matrix::Wide),
            _ if info.passes_for_high_definition() => Some(Matrix::High),
            // It was set because this ffmpeg does not have this frame's matrix.
            Some(Matrix::Standard) if !info.usual_matrix => Some(Matrix::Standard),
            _ => (!info.usual_matrix).then_some(Matrix::Rare),
        };
        Colours {
            matrix,
            limited_range: info.format_by_range,
            deep: info.light.is_some(),
            ..self.colours
        }
    }

    /// Has the picture the size, alpha channel and colours of its frame? If not, the next [`Extraction::step`]
    /// decodes again with other settings, where that can help.
    pub(super) fn is_converted_correctly(&mut self, picture: &Picture, info: &FrameInfo) -> bool {
        let scaled = info.size != (picture.width, picture.height);
        let other_alpha = info.has_alpha() != picture.has_alpha();
        // The container claimed the size of high definition, so the decoder was told to assume BT.709, but the
        // frame is smaller. The matrix in the frame info may then be that assumption and not the stream's.
        let (width, height) = info.coded_size();
        let wrong_default = self.index.as_mut().is_some_and(|index| {
            let high = &mut index.untagged_is_high;
            *high && !passes_for_high_definition(width, height) && std::mem::take(high)
        });
        let colours = self.colours_for(info);
        let other_colours = wrong_default || colours != self.colours;
        if let Some(per_frame) = &mut self.per_frame {
            let lost_alpha = info.has_alpha() && !picture.has_alpha();
            // A picture may have an alpha channel that its frame lacks only if it was asked for.
            let surplus = other_alpha && self.colours.alpha.is_none();
            let correct = !scaled && !lost_alpha && !surplus && !other_colours;
            if !correct && per_frame.try_again() {
                per_frame.size = Some(info.size);
                self.colours = colours;
                self.colours.alpha = Some(info.has_alpha());
            }
            return correct;
        }
        let same_format = !scaled && !info.changed;
        let other_conversion = other_alpha || other_colours;
        if same_format && other_conversion && self.delivered == 0 && !self.colours_retried {
            self.colours = colours;
            if other_alpha {
                // ffmpeg holds a palette to be opaque.
                self.colours.alpha = Some(info.has_alpha());
            }
            (self.retry_colours, self.colours_retried) = (true, true);
        } else if !same_format || other_conversion {
            self.per_frame = Some(PerFrame::begin());
        }
        same_format && !other_conversion
    }
}
