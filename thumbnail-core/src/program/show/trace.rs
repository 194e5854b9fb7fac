//! A run as a Chrome trace, which <https://ui.perfetto.dev> and `chrome://tracing` open.
//!
//! One process is the run, one thread is a lane. Events of a thread must nest, and those of a lane
//! do, because one worker does one thing at a time. Queued videos belong to no worker and overlap:
//! they become asynchronous events, which have rows of their own. The format:
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::measure::report::{Model, RunReport, VideoReport};
use crate::measure::span::Stage;

/// A run is one process to the viewer, whatever processes it had. Threads count from 1 as well,
/// since viewers take the thread with the process's PID for the main one and show it first.
const PID: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace<'a> {
    display_time_unit: &'static str,
    #[serde(serialize_with = "events")]
    trace_events: &'a RunReport,
}

/// Writes the trace of `report`, one event after another.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &RunReport, out: impl io::Write) -> io::Result<()> {
    let trace = Trace {
        display_time_unit: "ms",
        trace_events: report,
    };
    Ok(serde_json::to_writer(out, &trace)?)
}

/// Is this a trace that [`write()`] has written? Other programs write traces, too. Ours begin with an event that
/// names the process after a model.
pub(crate) fn is_of_a_run(trace: impl io::Read) -> bool {
    let models = [Model::Single, Model::Threads, Model::Process, Model::Async];
    let is_ours = |first: Value| {
        models
            .iter()
            .any(|model| first == naming("process_name", 0, model.name()))
    };
    serde_json::from_reader(trace).is_ok_and(
        |Outline {
             events: First(first),
         }| first.is_some_and(is_ours),
    )
}

/// The part of a trace by which it is recognised. A trace can be long, so the rest is not held in memory.
#[derive(Deserialize)]
struct Outline {
    #[serde(rename = "traceEvents")]
    events: First,
}

/// The first event of the list; the others are skipped.
struct First(Option<Value>);

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = First;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<First, A::Error> {
                let first = list.next_element()?;
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }
        from.deserialize_seq(List)
    }
}

/// An event that names a process or a thread.
fn naming(what: &str, tid: usize, name: &str) -> Value {
    json!({ "name": what, "ph": "M", "ts": 0, "pid": PID, "tid": tid, "args": { "name": name } })
}

/// `ph` is an event's phase: M names something, X is a stretch of time, b and e are the two ends of
/// one that may overlap others, C is a counter.
fn events<S: Serializer>(report: &RunReport, to: S) -> Result<S::Ok, S::Error> {
    let mut events = to.serialize_seq(None)?;
    events.serialize_element(&naming("process_name", 0, report.model.name()))?;
    let spans = report.videos.iter().flat_map(|video| &video.spans);
    for lane in spans.map(|span| span.lane).collect::<BTreeSet<_>>() {
        events.serialize_element(&naming("thread_name", lane + 1, &format!("lane {lane}")))?;
    }
    for (id, video) in report.videos.iter().enumerate() {
        for span in &video.spans {
            let (start, end) = (microseconds(span.start), microseconds(span.end));
            let (stage, video) = (span.stage.name(), &video.source);
            if span.stage == Stage::Queued {
                for (ph, ts) in [("b", start), ("e", end)] {
                    // The index keeps two videos of one name apart.
                    events.serialize_element(&json!({
                        "name": stage, "ph": ph, "ts": ts, "pid": PID, "id": id.to_string(),
                        "cat": "queue", "args": { "video": video },
                    }))?;
                }
            } else {
                events.serialize_element(&json!({
                    "name": stage, "ph": "X", "ts": start, "dur": end - start, "pid": PID,
                    "tid": span.lane + 1, "cat": "stage",
                    "args": { "video": video, "cpu_seconds": span.cpu_seconds },
                }))?;
            }
        }
    }
    for (ts, videos) in in_flight(&report.videos) {
        events.serialize_element(&json!({
            "name": "videos in flight", "ph": "C", "ts": ts, "pid": PID, "args": { "videos": videos },
        }))?;
    }
    events.end()
}

/// The number of videos in flight, each time it changes, with that time.
fn in_flight(videos: &[VideoReport]) -> impl Iterator<Item = (f64, usize)> {
    let stretches = videos.iter().filter_map(VideoReport::in_flight);
    let stretches = stretches.map(|(start, end)| (microseconds(start), microseconds(end)));
    // A video whose worker died at once was in flight for no time.
    let changes = stretches
        .filter(|(start, end)| start < end)
        .flat_map(|(start, end)| [(start, 1), (end, -1)]);
    let mut changes: Vec<_> = changes.collect();
    // At equal times the end comes first, as in `peak_in_flight`.
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut now = 0_usize;
    changes.into_iter().map(move |(at, by)| {
        now = now.saturating_add_signed(by);
        (at, now)
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

    #[test]
    fn a_video_in_flight_for_no_time_does_not_count() {
        let mut video = failure("dead.mp4", 0, 1.0, "its worker died");
        video.spans.truncate(1);
        video.spans[0].end = video.spans[0].start;
        assert_eq!(in_flight(&[video]).last(), None);
    }
}
