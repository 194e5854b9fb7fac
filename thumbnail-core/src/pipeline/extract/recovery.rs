//! Handles the end of an ffmpeg process: if frames are missing, it chooses the next way to reach them.

use super::index::{Frames, Index};
use super::plan::{Plan, plan, plan_in_one_go};
use super::verdict::no_frames;
use super::ways::frames_to_decode;
use super::{Extraction, Part, PerFrame, State};
use crate::error::{Confusion, Error, Result};
use crate::ffmpeg::log::Ended;
use crate::ffmpeg::request::Matrix;
use crate::measure::report::Way;
use crate::settings::Seek;

impl Extraction {
    /// Takes in how the ffmpeg of a [`Step::Frames`](super::Step::Frames) ended. If frames are missing, the
    /// next [`Extraction::step`] tries to reach them in another way. Frames that were accepted before may
    /// then be extracted again.
    ///
    /// # Errors
    /// The reason why frames are missing, if there is no other way to try.
    pub fn finish(&mut self, ended: &Ended) -> Result<()> {
        let log = &ended.log;
        self.ways.ended(ended);
        self.note_truncation(log);
        if let State::Decode(plan) = &self.state {
            // The count is known for a whole plan only, not for the part that leads to one frame.
            let whole = self.per_frame.is_none().then_some(plan);
            let decoded = whole.and_then(|plan| match &self.excerpt {
                Some(excerpt) if plan.keyframes_only => Some(excerpt.keyframes()),
                _ => frames_to_decode(plan, self.index.as_ref()),
            });
            self.ways.decoded(decoded);
        }
        if log.lacks_memory() || log.lacks_threads() && self.next_target().is_some() {
            return self.with_less_memory(ended);
        }
        if ended.mid_frame && ended.signal().is_none() {
            return Err(Error::Confused(Confusion::MidFrame));
        }
        let per_frame = self.per_frame.as_mut();
        let done = per_frame.is_some_and(|per_frame| std::mem::take(&mut per_frame.done));
        if self.next_target().is_none() {
            // An ffmpeg that sends more than it was asked for did not follow its options: its frames
            // cannot be trusted.
            if ended.killed {
                return Err(Error::Confused(Confusion::Surplus));
            }
            self.state = State::Done;
            return Ok(());
        }
        if done {
            return Ok(());
        }
        if self.per_frame.is_none() && log.lost_pictures_to_a_change() {
            self.per_frame = Some(PerFrame::default());
            return Ok(());
        }
        if std::mem::take(&mut self.retry_colours) {
            self.delivered = 0;
            self.last_time = None;
            return Ok(());
        }
        if self.colours.decoder.is_some() && log.lacks_the_decoder() {
            // This build lacks libvpx. Opaque frames, which the report mentions, are better than none.
            (self.colours.decoder, self.lost_alpha) = (None, true);
            (self.delivered, self.last_time) = (0, None);
            return Ok(());
        }
        let other_matrix = match self.colours.matrix {
            Some(Matrix::Standard) => None,
            Some(Matrix::Rare) => (!ended.status.success()).then_some(Matrix::Standard),
            _ => log.odd_colours.then_some(Matrix::Rare),
        };
        if other_matrix.is_some() {
            self.colours.matrix = other_matrix;
            match &mut self.per_frame {
                None => (self.delivered, self.last_time) = (0, None),
                Some(per_frame) => {
                    if !per_frame.try_again() {
                        return Err(self.ffmpeg_error(ended));
                    }
                    per_frame.done = false;
                }
            }
            return Ok(());
        }
        if self.excerpt.take().is_some() {
            self.plan_again();
            return Ok(());
        }
        if ended.signal().is_none() && self.index.as_mut().is_some_and(Index::with_leading) {
            self.plan_again();
            return Ok(());
        }
        match self.check_log(ended) {
            // A seek in a file that does not allow it looks like a truncated file: try without seeking.
            Err(Error::Truncated(_)) if !self.ways.tried(Way::OnePass) => {}
            checked => checked?,
        }
        // Another try would crash in the same way.
        if ended.signal().is_some() {
            return Err(self.ffmpeg_error(ended));
        }
        self.take_another_way(ended)
    }

    /// Chooses the next way to the missing frames, from the cheapest on.
    fn take_another_way(&mut self, ended: &Ended) -> Result<()> {
        if (self.index.as_mut()).is_some_and(Index::count_from_the_first) {
            self.plan_again();
            self.ways.fall_back_to(Way::OnePass);
            return Ok(());
        }
        if let Some(plan) = self.further_back() {
            // The frames that were accepted stay: the new plan has only the missing ones.
            (self.delivered, self.per_frame) = (0, None);
            self.state = State::Decode(plan);
            self.ways.fall_back_to(Way::FurtherBack);
            return Ok(());
        }
        let Some(index) = &self.index else {
            return Err(self.ffmpeg_error(ended));
        };
        let (wanted, seek) = (&self.settings.wanted, self.settings.seek);
        let wants_keyframes = seek == Seek::Keyframe;
        self.preroll = 0.0;
        let fallback = match index.frames {
            Frames::Ends(_) => Way::Listed,
            _ if self.ways.tried(Way::OnePass) && self.ways.tried(Way::Counted) => {
                return Err(no_frames(&ended.log));
            }
            _ if self.ways.tried(Way::OnePass) => Way::Counted,
            Frames::Listed(_) if wants_keyframes && !self.ways.tried(Way::Keyframes) => {
                Way::Keyframes
            }
            _ => Way::OnePass,
        };
        self.state = match fallback {
            Way::Listed => State::Index(Part::All),
            Way::Keyframes => State::Decode(Plan {
                keyframes_only: true,
                ..plan_in_one_go(index, wanted, seek)
            }),
            Way::Counted => State::Count,
            _ => State::Decode(plan_in_one_go(index, wanted, seek)),
        };
        self.forget_frames();
        self.ways.fall_back_to(fallback);
        Ok(())
    }

    /// Makes a new plan, because the index has changed.
    fn plan_again(&mut self) {
        let Some(index) = &self.index else { return };
        self.state = State::Decode(plan(index, &self.settings.wanted, self.settings.seek));
        self.forget_frames();
    }

    /// A plan for the missing frames in which decoding begins further before their keyframes than at the
    /// last try: by a GOP, and then by more each time. `None` if it would cost as much as decoding from the
    /// beginning.
    fn further_back(&mut self) -> Option<Plan> {
        /// The shortest pre-roll, in seconds. The GOP length proves little if keyframes are marked
        /// wrongly.
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
        let one_gop = index.gop().max(LEAST_SECONDS);
        let preroll = (self.preroll * GROWTH).max(one_gop);
        let plan = Plan {
            // Some frames that are marked as keyframes are not: do not skip the frames between them.
            keyframes_only: false,
            ..plan.further_back(self.delivered, preroll - self.preroll)
        };
        let sought = plan.segments.iter().filter_map(|segment| segment.seek);
        let (count, last) = sought.fold((0.0, f64::MIN), |(n, _), seek| (n + 1.0, seek));
        if count == 0.0 || preroll * count > last - plan.start {
            return None;
        }
        self.preroll = preroll;
        Some(plan)
    }

    /// Extracts all frames again, each by an ffmpeg process of its own. This takes less memory than one ffmpeg
    /// for all of them, which opens the file, holds its tables and has a decoder once for each segment. Frames
    /// that were accepted before are dropped: a frame that is decoded when memory is short can be wrong.
    fn with_less_memory(&mut self, ended: &Ended) -> Result<()> {
        let several = matches!(&self.state, State::Decode(plan) if plan.segments.len() > 1);
        if several && self.per_frame.is_none() {
            self.forget_frames();
            self.per_frame = Some(PerFrame::default());
            return Ok(());
        }
        if ended.log.lacks_memory() {
            Err(self.no_memory())
        } else {
            Err(self.ffmpeg_error(ended))
        }
    }

    /// Starts the plan from its first frame again.
    fn forget_frames(&mut self) {
        self.delivered = 0;
        self.per_frame = None;
        self.positions = 0;
        self.last_time = None;
    }
}
