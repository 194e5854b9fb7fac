//! All kept runs as one Chrome trace, which <https://ui.perfetto.dev> opens. In it, each row of each kind of
//! delay is a process, and each lane is a thread.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use thumbnail_core::program::show::trace;

use crate::comparison::Comparison;
use crate::sentences::words::kind_name;

/// The trace of a whole comparison.
///
/// # Errors
/// When the trace of a run cannot be written or parsed.
pub fn trace(comparison: &Comparison) -> Result<Value> {
    let mut events = Vec::new();
    let rows = comparison.scenarios.iter().flat_map(|scenario| {
        let kind = scenario.delay.kind;
        scenario.rows.iter().map(move |row| (kind, row))
    });
    for (at, (kind, row)) in rows.enumerate() {
        // Each run is written as a trace of its own, and then merged as one process.
        let mut text = Vec::new();
        trace::write(&row.kept, &mut text)?;
        let mut of_run: Value = serde_json::from_slice(&text)?;
        let of_run = of_run["traceEvents"]
            .as_array_mut()
            .context("a trace without events")?;
        let name = format!("{} ({})", row.id.label(), kind_name(kind));
        for event in &mut *of_run {
            event["pid"] = json!(at + 1);
            if event["name"] == "process_name" {
                event["args"]["name"] = json!(name);
            }
            // The ids of async events (queued videos) must be unique in the whole trace.
            if let Some(id) = event["id"].as_str() {
                event["id"] = json!(format!("{at}.{id}"));
            }
        }
        events.push(json!({
            "name": "process_sort_index", "ph": "M", "ts": 0, "pid": at + 1,
            "args": {"sort_index": at},
        }));
        events.append(of_run);
    }
    Ok(json!({"displayTimeUnit": "ms", "traceEvents": events}))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::trace;
    use crate::example;

    #[test]
    fn every_row_is_a_process_and_spans_of_a_lane_do_not_overlap() {
        let trace = trace(&example::comparison()).expect("can be made");
        let events = trace["traceEvents"].as_array().expect("events");
        let names = events
            .iter()
            .filter(|event| event["name"] == "process_name");
        let names: Vec<_> = names
            .filter_map(|event| event["args"]["name"].as_str())
            .collect();
        assert_eq!(names.len(), 11);
        assert_eq!(
            (names[0], names[10]),
            ("single (cpu)", "async --blocking (wait)")
        );

        let mut lanes: BTreeMap<(u64, u64), Vec<(f64, f64)>> = BTreeMap::new();
        for event in events.iter().filter(|event| event["ph"] == "X") {
            let number = |key: &str| event[key].as_f64().expect("a number");
            let whole = |key: &str| event[key].as_u64().expect("a number");
            let lane = lanes.entry((whole("pid"), whole("tid"))).or_default();
            lane.push((number("ts"), number("ts") + number("dur")));
        }
        for spans in lanes.values_mut() {
            spans.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0));
        }
    }
}
