//! How the last ffmpeg ended, and, if frames are missing, the next way to them.

use super::index::{Frames, Index};
use super::plan::{Plan, plan, plan_in_one_go};
use super::verdict::{crashed, ffmpeg_error, no_frames};
use super::ways::frames_to_decode;
use super::{Alone, Extraction, State};
use crate::error::{Error, Result};
use crate::ffmpeg::log::Ended;
use crate::ffmpeg::request::Matrix;
use crate::measure::report::Way;
use crate::settings::Seek;

impl Extraction {
    /// Takes in how the ffmpeg of a [`Step::Frames`](super::Step::Frames) ended. If frames are missing,
    /// [`Extraction::step`] has another way to them, until there is none; the frames then come anew
    /// from the first on.
    ///
    /// # Errors
    /// Why frames are missing, when no other way is left.
    pub fn finish(&mut self, ended: &Ended) -> Result<()> {
        let (status, log) = (ended.status, &ended.log);
        self.ways.ended(ended);
        self.note_the_end(log);
        if let State::Decode(plan) = &self.state {
            // Of one wanted frame among others it cannot be told.
            let whole = self.alone.is_none().then_some(plan);
            let decoded = whole.and_then(|plan| frames_to_decode(plan, self.index.as_ref()));
            self.ways.decoded(decoded);
        }
        if log.lacks_memory() || log.lacks_threads() && self.next_target().is_some() {
            return self.with_less_memory(ended);
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
        if self.colours.decoder.is_some() && log.lacks_the_decoder() {
            // Opaque frames, with a word about it, are better than none.
            (self.colours.decoder, self.lost_alpha) = (None, true);
            self.delivered = 0;
            return Ok(());
        }
        if log.odd_colours && self.colours.matrix != Some(Matrix::Standard) {
            self.colours.matrix = Some(Matrix::Standard);
            match &mut self.alone {
                None => self.delivered = 0,
                Some(alone) => {
                    if !alone.try_again() {
                        return Err(ffmpeg_error(status, log));
                    }
                    alone.done = false;
                }
            }
            return Ok(());
        }
        if !crashed(status) && self.index.as_mut().is_some_and(Index::with_leading) {
            self.plan_anew();
            return Ok(());
        }
        match self.check_log(status, log) {
            // Seeking where it is not possible ends early, too.
            Err(Error::Truncated(_)) if !self.ways.took(Way::OnePass) => {}
            checked => checked?,
        }
        // Another try would crash the same way. (A process that was ended on purpose has no code
        // either, but it was ended because of a picture that `accept` refused.)
        if crashed(status) {
            return Err(ffmpeg_error(status, log));
        }
        if let Some(plan) = self.further_back() {
            // The frames that came are right.
            (self.delivered, self.alone) = (0, None);
            self.state = State::Decode(plan);
            self.ways.turn_to(Way::FurtherBack);
            return Ok(());
        }
        let Some(index) = &self.index else {
            return Err(ffmpeg_error(status, log));
        };
        let (wanted, seek) = (&self.settings.wanted, self.settings.seek);
        let wants_keyframes = seek == Seek::Keyframe;
        self.lead = 0.0;
        let detour = match index.frames {
            Frames::Ends(_) => Way::Listed,
            _ if self.ways.took(Way::OnePass) && self.ways.took(Way::Counted) => {
                return Err(no_frames(log));
            }
            _ if self.ways.took(Way::OnePass) => Way::Counted,
            Frames::Listed(_) if wants_keyframes && !self.ways.took(Way::Keyframes) => {
                Way::Keyframes
            }
            _ => Way::OnePass,
        };
        self.state = match detour {
            Way::Listed => State::Index { ends: false },
            Way::Keyframes => State::Decode(Plan {
                keyframes_only: true,
                ..plan_in_one_go(index, wanted, seek)
            }),
            Way::Counted => State::Count,
            _ => State::Decode(plan_in_one_go(index, wanted, seek)),
        };
        self.begin_anew();
        self.ways.turn_to(detour);
        Ok(())
    }

    /// The frames come anew, as the index now has them.
    fn plan_anew(&mut self) {
        let Some(index) = &self.index else { return };
        self.state = State::Decode(plan(index, &self.settings.wanted, self.settings.seek));
        self.begin_anew();
    }

    /// The way to the frames that are missing from a place further back than the last: a GOP, and
    /// then more. `None` if decoding from the beginning would be no more work.
    fn further_back(&mut self) -> Option<Plan> {
        /// The least to go back by, in seconds: where keyframes are marked wrongly, the distance between
        /// them says little.
        const LEAST_SECONDS: f64 = 2.0;
        const GROWTH: f64 = 4.0;
        let State::Decode(plan) = &self.state else {
            return None;
        };
        let index = self.index.as_ref()?;
        if self.is_remote() || plan.numbered || index.is_known_by_ends() {
            return None;
        }
        let (missing, _) = self.next_target()?;
        plan.segments.get(missing)?.seek?;
        let lead = (self.lead * GROWTH).max(index.gop()).max(LEAST_SECONDS);
        let plan = Plan {
            // Where one is none, the wanted frames themselves are the best there is.
            keyframes_only: false,
            ..plan.further_back(self.delivered, lead - self.lead)
        };
        let sought = plan.segments.iter().filter_map(|segment| segment.seek);
        let (count, last) = sought.fold((0.0, f64::MIN), |(n, _), seek| (n + 1.0, seek));
        if count == 0.0 || lead * count > last - plan.start {
            return None;
        }
        self.lead = lead;
        Some(plan)
    }

    /// The frames come anew, each from an ffmpeg of its own: with one for all of them the file is opened, its
    /// tables are held, and there is a decoder, for each stretch of the video. A frame that came although
    /// memory was lacking may be a wrong one.
    fn with_less_memory(&mut self, ended: &Ended) -> Result<()> {
        let several = matches!(&self.state, State::Decode(plan) if plan.segments.len() > 1);
        if several && self.alone.is_none() {
            self.begin_anew();
            self.alone = Some(Alone::default());
            return Ok(());
        }
        if ended.log.lacks_memory() {
            Err(self.no_memory())
        } else {
            Err(ffmpeg_error(ended.status, &ended.log))
        }
    }

    fn begin_anew(&mut self) {
        self.delivered = 0;
        self.alone = None;
        self.positions = 0;
        self.last_time = None;
    }
}
