"use strict";
// The clock that all timelines share: play, pause, speed and position.

{
  const player = byId("player");
  const tracks = byId("tracks");
  const play = byId("play");
  const scrub = byId("scrub");
  const speed = byId("speed");
  const steps = Number(scrub.max);
  // For users who prefer reduced motion the clock advances in steps.
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const CALM_STEP = 500; // milliseconds

  let now = 0; // the clock's time, in seconds
  let frame = null; // the id of the requested animation frame; null while paused
  let before = 0; // the time of the last step, in milliseconds

  function show(time) {
    const { end } = spans;
    now = Math.min(Math.max(time, 0), end);
    tracks.style.setProperty("--now", now / end);
    tracks.classList.toggle("whole", now >= end);
    scrub.value = Math.round((now / end) * steps);
    scrub.setAttribute("aria-valuetext", seconds(now));
    byId("clock").textContent = `${now.toFixed(2)} s`;
    for (const drawn of spans.rows) {
      const words = doing(drawn.row, now);
      if (drawn.doing.textContent !== words) drawn.doing.textContent = words;
      // The large number counts up until the program is done.
      const took = seconds(now >= drawn.row.wall ? drawn.row.took : now);
      if (drawn.took.textContent !== took) drawn.took.textContent = took;
    }
  }

  // What a program does at this moment: "2 × delay, 1 queued", or "done". A failed video is counted as failed,
  // not as done.
  function doing(row, time) {
    if (time >= row.wall) {
      const waited = row.videos.flatMap(pauses).reduce((sum, [from, to]) => sum + to - from, 0);
      return `done${waited >= 0.05 ? `; ${seconds(waited)} waiting for a core` : ""}`;
    }
    const counts = new Map();
    const over = { "waiting for a core": 0, done: 0, failed: 0 };
    for (const { spans: list, failed } of row.videos) {
      const current = list.find(([, start, end]) => start <= time && time < end);
      if (current) {
        const stage = report.stages[current[0]];
        counts.set(stage, (counts.get(stage) ?? 0) + 1);
      } else if (list.length > 0 && list.at(-1)[2] <= time) {
        over[failed ? "failed" : "done"] += 1;
      } else if (list.length > 0) {
        over["waiting for a core"] += 1;
      }
    }
    const parts = report.stages.filter((stage) => counts.has(stage))
      .map((stage) => (stage === "queued" ? `${counts.get(stage)}\u00a0queued` : `${counts.get(stage)}\u00a0×\u00a0${stage}`));
    for (const [word, count] of Object.entries(over)) if (count > 0) parts.push(`${count}\u00a0${word}`);
    return parts.join(", ");
  }

  function step(at) {
    const passed = at - before;
    if (!calm.matches || passed >= CALM_STEP) {
      before = at;
      show(now + (passed / 1000) * Number(speed.value));
    }
    if (now >= spans.end) pause();
    else frame = requestAnimationFrame(step);
  }

  function start() {
    if (now >= spans.end) show(0);
    play.textContent = "❚❚ Pause";
    before = performance.now();
    frame = requestAnimationFrame(step);
  }

  function pause() {
    cancelAnimationFrame(frame);
    frame = null;
    play.textContent = "▶ Play";
  }

  // Shows the timelines of one delay, where the screen is not wide enough for all.
  function chooseDelay(chosen) {
    [...document.querySelectorAll(".panel")].forEach((panel, index) => { panel.dataset.shown = String(index === chosen); });
  }

  function choice(panel, index) {
    const label = make("label", "", "", byId("delays"));
    const radio = make("input", "", "", label);
    radio.type = "radio";
    radio.name = "delay";
    radio.checked = index === 0;
    label.append(panel.querySelector("h3").textContent);
    radio.addEventListener("change", () => chooseDelay(index));
  }

  if (report.scenarios.length > 0) {
    player.hidden = false;
    drawTimelines();
    [...document.querySelectorAll(".panel")].forEach(choice);
    chooseDelay(0);
    play.addEventListener("click", () => (frame === null ? start() : pause()));
    scrub.addEventListener("input", () => show((scrub.value / steps) * spans.end));
    show(spans.end);
    const stage = byId("stage");
    stage.hidden = !document.fullscreenEnabled;
    stage.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : player.requestFullscreen()));
    document.addEventListener("fullscreenchange", () => { stage.textContent = document.fullscreenElement ? "Leave full screen" : "Full screen"; });
    // Print the whole run, not a part of it.
    addEventListener("beforeprint", () => { pause(); show(spans.end); });
  }
}
