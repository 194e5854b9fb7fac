"use strict";
// The bars of the timelines, and the figures of the one that is pointed at.
//
// There may be hundreds of bars, so only one is a stop of the Tab key ("roving tabindex"); the
// arrow keys go on from there.

const spans = {
  rows: [], // of all delays: {row, doing, took, videos: [{track, bars}]}
  end: 0, // where the clock that all share ends, in seconds
  chosen: null, // {video, at}: the bar whose figures are shown
};

// Draws all delays against one clock. The waiting one, in which the models differ most, comes first.
function drawTimelines() {
  const tracks = byId("tracks");
  const panels = make("div", "", "", tracks);
  panels.id = "panels";
  panels.style.setProperty("--panels", report.scenarios.length);
  spans.end = Math.max(...report.scenarios.map(({ end }) => end));
  // About the same height for 2 videos and for 20.
  const height = Math.max(3, Math.min(24, 64 / report.videos.length));
  tracks.style.setProperty("--track", `${height}px`);
  for (const scenario of [...report.scenarios].reverse()) {
    const panel = make("section", "panel", "", panels);
    make("h3", "", scenario.heading, panel);
    spans.rows.push(...scenario.rows.map((row) => drawRow(row, panel, height)));
    drawAxis(spans.end, panel, tracks);
  }
  const first = spans.rows[0]?.videos[0]?.bars[0];
  if (first) first.tabIndex = 0;
}

function drawRow(row, panel, height) {
  const element = make("div", "row", "", panel);
  const head = make("div", "row-name", "", element);
  make("strong", "", report.labels[row.key], head);
  const took = make("output", "", seconds(row.took), head);
  const doing = make("span", "", "", head);
  const area = make("div", "row-tracks", "", element);
  const videos = row.videos.map((video, index) => {
    const track = make("div", "track", "", area);
    if (height >= 11) make("b", "", String(index + 1), track);
    const drawn = { row, video, index, track, bars: [] };
    drawn.bars = video.spans.map((span, at) => drawBar(span, at, drawn));
    for (const [from, to] of pauses(video)) {
      const pause = make("div", "pause", "", track);
      pause.style.left = percent(from);
      pause.style.width = percent(to - from);
    }
    if (video.failed) {
      const mark = make("i", "failed", "✕", track);
      mark.style.left = percent(Math.max(0, ...video.spans.map((span) => span[2])));
    }
    // Slivers of a pixel are hard to hit, so the line finds the bar that is nearest.
    for (const event of ["pointermove", "pointerdown"]) {
      track.addEventListener(event, (pointer) => choose(drawn, nearest(drawn, pointer), false));
    }
    return drawn;
  });
  return { row, doing, took, videos };
}

// A delay that works uses CPU time all along, as in the library's `is_waiting_delay`.
function isAsleep([stage, start, end, cpu]) {
  return report.stages[stage] === "delay" && end - start > 1e-3 && cpu * 1000 < end - start;
}

// From where to where the video was in flight between two stages: it waited for a core.
function pauses(video) {
  return video.spans.slice(1).map(([, start], at) => [video.spans[at][2], start])
    .filter(([from, to]) => to - from > 1e-3);
}

function drawBar(span, at, drawn) {
  const [stage, start, end] = span;
  const bar = make("div", `span ${report.stages[stage]}${isAsleep(span) ? " asleep" : ""}`, "", drawn.track);
  bar.style.left = percent(start);
  bar.style.width = percent(end - start);
  bar.tabIndex = -1;
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", figuresOf(drawn, span));
  bar.addEventListener("focus", () => choose(drawn, at, true));
  bar.addEventListener("keydown", (key) => {
    const goal = neighbour(drawn, at, key.key);
    if (!goal) return;
    key.preventDefault();
    goal.focus();
  });
  return bar;
}

function percent(time) {
  return `${(time / spans.end) * 100}%`;
}

// Which bar of the line is nearest to the pointer?
function nearest(drawn, pointer) {
  const box = drawn.track.getBoundingClientRect();
  const time = ((pointer.clientX - box.left) / box.width) * spans.end;
  return closest(drawn.video.spans, time);
}

// The bar at `time`; elsewhere the one whose end is nearest. Of two that touch there, the later.
function closest(list, time) {
  let best = 0;
  let least = Infinity;
  list.forEach(([, start, end], at) => {
    const away = Math.max(start - time, time - end, 0);
    if (away <= least) [best, least] = [at, away];
  });
  return best;
}

// Where an arrow key leads: along the line, or to the same moment on the next one.
function neighbour(drawn, at, key) {
  const seen = (video) => video.bars.length > 0 && video.track.offsetParent !== null;
  const lines = spans.rows.flatMap((row) => row.videos).filter(seen);
  const line = lines.indexOf(drawn);
  const last = drawn.bars.length - 1;
  const across = (other) => {
    const [, start, end] = drawn.video.spans[at];
    return other && other.bars[closest(other.video.spans, (start + end) / 2)];
  };
  switch (key) {
    case "ArrowRight": return drawn.bars[Math.min(at + 1, last)];
    case "ArrowLeft": return drawn.bars[Math.max(at - 1, 0)];
    case "Home": return drawn.bars[0];
    case "End": return drawn.bars[last];
    case "ArrowDown": return across(lines[line + 1]);
    case "ArrowUp": return across(lines[line - 1]);
    default: return null;
  }
}

// Shows the figures of a bar; the Tab key will come back to it.
function choose(drawn, at, focused) {
  const bar = drawn.bars[at];
  if (!bar || bar === spans.chosen) return;
  spans.chosen?.classList.remove("chosen");
  bar.classList.add("chosen");
  spans.chosen = bar;
  byId("figures").textContent = figuresOf(drawn, drawn.video.spans[at]);
  for (const stop of byId("tracks").querySelectorAll('.span[tabindex="0"]')) stop.tabIndex = -1;
  bar.tabIndex = 0;
  // A pointer that wanders must not drag the focus along, but a bar that lost its mark must not keep it.
  if (!focused && document.activeElement?.classList.contains("span")) document.activeElement.blur();
}

function figuresOf(drawn, [stage, start, end, cpu, lane]) {
  const name = report.videos[drawn.index] ?? `video ${drawn.index + 1}`;
  const what = report.stages[stage];
  const where = what === "queued" ? "" : `, ${seconds(cpu)} of CPU in the program itself, lane ${lane + 1}`;
  return `${report.labels[drawn.row.key]}, ${name}: ${what} ${seconds(end - start)}, ` +
    `from ${start.toFixed(3)} s to ${end.toFixed(3)} s${where}`;
}

// The seconds below the timelines, and the lines behind them.
function drawAxis(end, panel, tracks) {
  const axis = make("div", "axis", "", panel);
  const most = panel.clientWidth < 900 ? 4 : 8;
  const power = 10 ** Math.floor(Math.log10(end / most));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => end / size <= most);
  tracks.style.setProperty("--tick", percent(step));
  for (let count = 0; count * step <= end; count += 1) {
    const tick = make("span", "", `${Number((count * step).toPrecision(6))} s`, axis);
    tick.style.left = percent(count * step);
  }
}
