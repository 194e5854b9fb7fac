//! A run as a Chrome trace, which <https://ui.perfetto.dev> and `chrome://tracing` open.
//!
//! One process is the run, one thread is a lane. Events of a thread must nest, and those of a lane
//! do, because one worker does one thing at a time. Queued videos belong to no worker and overlap:
//! they become asynchronous events, which have rows of their own. The format:
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>.

use std::collections::BTreeSet;
use std::io;

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use crate::measure::report::{Reports, RunReport, VideoReport};
use crate::measure::span::{Span, Stage};

/// A run is one process to the viewer, whatever processes it had. Threads count from 1 as well,
/// since viewers take the thread with the process's number for the main one and show it first.
const PID: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace<E> {
    display_time_unit: &'static str,
    trace_events: E,
}

#[derive(Serialize)]
struct Event<'a> {
    name: &'a str,
    /// The event's kind.
    ph: Phase,
    /// Microseconds from the run's start.
    ts: f64,
    pid: u32,
    #[serde(flatten)]
    place: Place,
    args: Args<'a>,
}

#[derive(Serialize)]
enum Phase {
    #[serde(rename = "M")]
    Metadata,
    #[serde(rename = "X")]
    Complete,
    #[serde(rename = "b")]
    AsyncBegin,
    #[serde(rename = "e")]
    AsyncEnd,
    #[serde(rename = "C")]
    Counter,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Place {
    /// Something that one lane did.
    Stage {
        tid: usize,
        dur: f64,
        cat: &'static str,
    },
    /// Something about a lane.
    Lane { tid: usize },
    /// Something about a video: the index keeps two videos of one name apart.
    Video { id: String, cat: &'static str },
    /// Something about the run.
    Run {},
}

#[derive(Serialize)]
#[serde(untagged)]
enum Args<'a> {
    Name { name: String },
    Stage { video: &'a str, cpu_seconds: f64 },
    Queued { video: &'a str },
    InFlight { videos: usize },
}

/// Writes the trace of `report`, one event after another.
///
/// # Errors
/// Whatever `out` gives.
pub fn write(report: &RunReport<impl Reports>, out: impl io::Write) -> io::Result<()> {
    let trace = Trace {
        display_time_unit: "ms",
        trace_events: Events(report),
    };
    Ok(serde_json::to_writer(out, &trace)?)
}

struct Events<'a, V>(&'a RunReport<V>);

impl<V: Reports> Serialize for Events<'_, V> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let report = self.0;
        let mut events = to.serialize_seq(None)?;
        let run = report.model.name().to_owned();
        events.serialize_element(&metadata("process_name", Place::Run {}, run))?;
        let mut lanes = BTreeSet::new();
        for video in report.videos.reports() {
            lanes.extend(video.spans.iter().map(|span| span.lane));
        }
        for lane in lanes {
            let (place, name) = (Place::Lane { tid: lane + 1 }, format!("lane {lane}"));
            events.serialize_element(&metadata("thread_name", place, name))?;
        }
        let mut changes = Vec::new();
        for (id, video) in report.videos.reports().enumerate() {
            for span in &video.spans {
                match span.stage {
                    Stage::Queued => {
                        for event in queued(id, &video, span) {
                            events.serialize_element(&event)?;
                        }
                    }
                    _ => events.serialize_element(&stage(&video, span))?,
                }
            }
            if let Some((start, end)) = video.in_flight() {
                changes.extend([(microseconds(start), 1), (microseconds(end), -1)]);
            }
        }
        for event in in_flight(changes) {
            events.serialize_element(&event)?;
        }
        events.end()
    }
}

fn metadata(name: &'static str, place: Place, value: String) -> Event<'static> {
    Event {
        name,
        ph: Phase::Metadata,
        ts: 0.0,
        pid: PID,
        place,
        args: Args::Name { name: value },
    }
}

fn stage<'a>(video: &'a VideoReport, span: &Span) -> Event<'a> {
    let (start, end) = (microseconds(span.start), microseconds(span.end));
    Event {
        name: span.stage.name(),
        ph: Phase::Complete,
        ts: start,
        pid: PID,
        place: Place::Stage {
            tid: span.lane + 1,
            dur: end - start,
            cat: "stage",
        },
        args: Args::Stage {
            video: &video.source,
            cpu_seconds: span.cpu_seconds,
        },
    }
}

fn queued<'a>(id: usize, video: &'a VideoReport, span: &Span) -> [Event<'a>; 2] {
    [(Phase::AsyncBegin, span.start), (Phase::AsyncEnd, span.end)].map(|(ph, time)| Event {
        name: Stage::Queued.name(),
        ph,
        ts: microseconds(time),
        pid: PID,
        place: Place::Video {
            id: id.to_string(),
            cat: "queue",
        },
        args: Args::Queued {
            video: &video.source,
        },
    })
}

/// The number of videos in flight, each time it changes.
fn in_flight(mut changes: Vec<(f64, isize)>) -> impl Iterator<Item = Event<'static>> {
    // At equal times the end comes first, as in `peak_in_flight`.
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut now = 0_usize;
    changes.into_iter().map(move |(ts, change)| {
        now = now.saturating_add_signed(change);
        let args = Args::InFlight { videos: now };
        Event {
            name: "videos in flight",
            ph: Phase::Counter,
            ts,
            pid: PID,
            place: Place::Run {},
            args,
        }
    })
}

/// Whole microseconds: a span that ends when the next one starts still does so after rounding,
/// and the difference of two is exact.
fn microseconds(seconds: f64) -> f64 {
    (seconds * 1e6).round()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::measure::report::Model;
    use crate::program::show::fake::{failure, many, run};

    #[test]
    fn every_span_is_in_the_trace_and_no_lane_does_two_things_at_once() {
        let mut videos = many(9, 3);
        videos[4] = failure("bad.mp4", 1, 2.7, "cut short");
        let report = run(Model::Threads, videos);
        let mut text = Vec::new();
        write(&report, &mut text).unwrap();
        let trace: Value = serde_json::from_slice(&text).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let of_phase = |ph: &'static str| events.iter().filter(move |event| event["ph"] == ph);

        let spans: usize = report.videos.iter().map(|video| video.spans.len()).sum();
        assert_eq!(of_phase("X").count() + of_phase("b").count(), spans);
        assert_eq!(of_phase("e").count(), 9);
        assert!(of_phase("M").any(|event| event["args"]["name"] == "threads"));
        for lane in 0..3 {
            let name = format!("lane {lane}");
            assert!(of_phase("M").any(|m| m["args"]["name"] == name && m["tid"] == lane + 1));
            let mut times: Vec<(f64, f64)> = of_phase("X")
                .filter(|event| event["tid"] == lane + 1)
                .map(|event| {
                    (
                        event["ts"].as_f64().unwrap(),
                        event["dur"].as_f64().unwrap(),
                    )
                })
                .collect();
            times.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(
                times
                    .windows(2)
                    .all(|pair| pair[0].0 + pair[0].1 <= pair[1].0)
            );
        }
        let in_flight = || of_phase("C").map(|event| event["args"]["videos"].as_u64().unwrap());
        assert_eq!(in_flight().max(), Some(3));
        assert_eq!(in_flight().next_back(), Some(0));
    }
}
