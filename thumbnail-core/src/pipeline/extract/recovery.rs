//! How the last ffmpeg ended, and, if frames are missing, the next way to them.

use super::index::Frames;
use super::plan::plan_in_one_go;
use super::verdict::{crashed, ffmpeg_error, no_frames};
use super::ways::frames_to_decode;
use super::{Alone, Extraction, State};
use crate::error::{Error, Result};
use crate::ffmpeg::log::Ended;
use crate::ffmpeg::request::Matrix;
use crate::measure::report::Way;

impl Extraction<'_> {
    /// Takes in how the ffmpeg of a [`Step::Frames`] ended. If frames are missing,
    /// [`Extraction::step`] has another way to them, until there is none; the frames then come anew
    /// from the first on.
    ///
    /// # Errors
    /// Why frames are missing, when no other way is left.
    pub fn finish(&mut self, ended: &Ended) -> Result<()> {
        let (status, log) = (ended.status, &ended.log);
        self.ways.ended(ended);
        if let State::Decode(plan) = &self.state {
            // Of one wanted frame among others it cannot be told.
            let whole = self.alone.is_none().then_some(plan);
            let decoded = whole.and_then(|plan| frames_to_decode(plan, self.index.as_ref()));
            self.ways.decoded(decoded);
        }
        let alone = self.alone.as_mut();
        let done = alone.is_some_and(|alone| std::mem::take(&mut alone.done));
        if self.next_target().is_none() {
            // Whatever else it is doing wrong, it does not do what it is told.
            if ended.cut_off {
                let surplus = "it sent more frames than it was asked for";
                return Err(Error::Confused(surplus.into()));
            }
            self.state = State::Done;
            return Ok(());
        }
        if done {
            return Ok(());
        }
        if self.alone.is_none() && log.joined_different_sizes() {
            self.alone = Some(Alone::default());
            return Ok(());
        }
        if std::mem::take(&mut self.anew) {
            self.delivered = 0;
            self.last_time = None;
            return Ok(());
        }
        if log.odd_colours && self.colours.matrix.is_none() {
            self.colours.matrix = Some(Matrix::Standard);
            self.delivered = 0;
            return Ok(());
        }
        match self.check_log(status, log) {
            // Seeking where it is not possible ends early, too.
            Err(Error::Truncated(_)) if !self.ways.took(Way::OnePass) => {}
            checked => checked?,
        }
        // Another try would crash the same way. (A process that was ended on purpose has no code
        // either, but it was ended because of a picture that `accept` refused.)
        let Some(index) = self.index.as_ref().filter(|_| !crashed(status)) else {
            return Err(ffmpeg_error(status, log));
        };
        self.delivered = 0;
        self.alone = None;
        self.positions = 0;
        self.last_time = None;
        let detour = match &self.state {
            State::Decode(plan) if plan.keyframes_only => match index.frames {
                Frames::Ends(_) => Way::Listed,
                _ if !self.ways.took(Way::Keyframes) => Way::Keyframes,
                _ => Way::OnePass,
            },
            _ if !self.ways.took(Way::OnePass) => Way::OnePass,
            _ if !self.ways.took(Way::Counted) => Way::Counted,
            _ => return Err(no_frames(log)),
        };
        self.state = match (detour, &self.state) {
            (Way::Listed, _) => State::Index { ends: false },
            (Way::Keyframes, State::Decode(plan)) => State::Decode(plan.clone().without_seeking()),
            (Way::Counted, _) => State::Count,
            _ => State::Decode(plan_in_one_go(
                index,
                &self.settings.wanted,
                self.settings.seek,
            )),
        };
        self.ways.turn_to(detour);
        Ok(())
    }
}
