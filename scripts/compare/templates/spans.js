"use strict";
// The bars of the timelines, and the figures of the bar that the pointer or the keyboard focus is on.
//
// There may be hundreds of bars. The Tab key stops at one of them only, and the arrow keys move to the
// others ("roving tabindex").

const spans = {
  rows: [], // of all delays, as drawRow returns them
  end: 0, // the end of the time axis of all timelines, in seconds
  chosen: null, // the element of the bar whose figures are shown
};

// Draws the timelines of all delays on one time axis. The waiting delay, with which the models differ most,
// comes first.
function drawTimelines() {
  const tracks = byId("tracks");
  const panels = make("div", "", "", tracks);
  panels.id = "panels";
  panels.style.setProperty("--panels", report.scenarios.length);
  spans.end = Math.max(...report.scenarios.map(({ end }) => end));
  // The height of a video's track: rows are about as high with 20 videos as with 3.
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
    // A bar can be narrower than a pixel, so the track handles the pointer and finds the nearest bar.
    for (const event of ["pointermove", "pointerdown"]) {
      track.addEventListener(event, (pointer) => choose(drawn, nearest(drawn, pointer), false));
    }
    return drawn;
  });
  return { row, doing, took, videos };
}

// Whether a span is a waiting delay: one that works uses CPU time. As Span::is_waiting_delay in thumbnail-core.
function isAsleep([stage, start, end, cpu]) {
  return report.stages[stage] === "delay" && end - start > 1e-3 && cpu * 1000 < end - start;
}

// The gaps between two stages of a video, each from start to end: it waited for a core. As pauses in
// comparison/mod.rs.
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

// The index of the bar of a track that is nearest to the pointer.
function nearest(drawn, pointer) {
  const box = drawn.track.getBoundingClientRect();
  const time = ((pointer.clientX - box.left) / box.width) * spans.end;
  return closest(drawn.video.spans, time);
}

// The index of the span at `time`, or else of the nearest one. Of two that are equally near, the later.
function closest(list, time) {
  let best = 0;
  let least = Infinity;
  list.forEach(([, start, end], at) => {
    const away = Math.max(start - time, time - end, 0);
    if (away <= least) [best, least] = [at, away];
  });
  return best;
}

// The bar to which a key moves: left and right on the same track, up and down to the same time on another.
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

// Shows the figures of a bar, and makes it the one at which the Tab key stops.
function choose(drawn, at, focused) {
  const bar = drawn.bars[at];
  if (!bar || bar === spans.chosen) return;
  spans.chosen?.classList.remove("chosen");
  bar.classList.add("chosen");
  spans.chosen = bar;
  byId("figures").textContent = figuresOf(drawn, drawn.video.spans[at]);
  for (const stop of byId("tracks").querySelectorAll('.span[tabindex="0"]')) stop.tabIndex = -1;
  bar.tabIndex = 0;
  // A moving pointer does not move the focus, but takes it away from a bar that is no longer the chosen one.
  if (!focused && document.activeElement?.classList.contains("span")) document.activeElement.blur();
}

function figuresOf(drawn, [stage, start, end, cpu, lane]) {
  const name = report.videos[drawn.index] ?? `video ${drawn.index + 1}`;
  const what = report.stages[stage];
  const where = what === "queued" ? "" : `, ${seconds(cpu)} of CPU in the program itself, lane ${lane}`;
  return `${report.labels[drawn.row.key]}, ${name}: ${what} ${seconds(end - start)}, ` +
    `from ${start.toFixed(3)} s to ${end.toFixed(3)} s${where}`;
}

// The ticks of the time axis below the timelines, and the spacing of the lines behind them.
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
