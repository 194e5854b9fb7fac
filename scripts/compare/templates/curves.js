"use strict";
// The curves of predicted speed-up by number of cores. Sliders choose the numbers of videos and workers, and
// the number of cores for which the table below a curve shows the values.

{
  const SVG = "http://www.w3.org/2000/svg";
  const LOWEST = 0.5; // the y axis begins below 1, as a model may be slower than single
  const figures = [...document.querySelectorAll("figure.curve")];
  const sliders = { cores: byId("cores"), counts: byId("counts"), workers: byId("workers") };
  const FONT_SIZE = 13; // in the unit of the picture's viewBox, as in pictures.css
  const clear = { left: 44, right: 14, top: 14, bottom: 40 };

  // The predicted times with the chosen number of workers. The slider's first stop, and a row without a choice
  // of workers, have the default number.
  const gridOf = (scenario, key) => scenario.with_workers[key]?.[Number(sliders.workers.value) - 1] ?? scenario.seconds[key];
  const speedUp = (scenario, key, core, count) =>
    scenario.seconds.single[core][count] / gridOf(scenario, key)[core][count];

  // The end of the y axis of all pictures: the power of two above every speed-up that is drawn.
  function axisEnd(count) {
    const drawn = report.scenarios.flatMap((scenario) => [
      ...Object.keys(scenario.seconds).flatMap((key) => scenario.cores.map((_, core) => speedUp(scenario, key, core, count))),
      ...scenario.measured.map((point) => point.speed_up),
    ]);
    return 2 ** Math.ceil(Math.log2(Math.max(4, ...drawn)));
  }

  function add(parent, name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  }

  function draw(figure, scenario) {
    const svg = figure.querySelector("svg");
    // The picture scales with the page's font size, which is larger on a wide screen.
    const unit = Number.parseFloat(getComputedStyle(svg).fontSize) / FONT_SIZE;
    const width = svg.clientWidth / unit;
    const [core, count] = [Number(sliders.cores.value), Number(sliders.counts.value)];
    const most = axisEnd(count);
    const lastCores = scenario.cores.at(-1);

    svg.replaceChildren();
    const top = legend(svg, scenario, width);
    const height = Math.round(top + Math.min(Math.max(width * 0.6, 260), 480));
    const x = (cores) => clear.left + (Math.log2(cores) / Math.max(1, Math.log2(lastCores))) * (width - clear.left - clear.right);
    const y = (times) => height - clear.bottom -
      (Math.log2(Math.max(times, LOWEST) / LOWEST) / Math.log2(most / LOWEST)) * (height - top - clear.bottom);

    svg.style.height = `${height * unit}px`;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    grid(svg, { x, y, top, width, height, lastCores, most });
    const here = x(scenario.cores[core]);
    add(svg, "line", { class: "here", x1: here, x2: here, y1: top, y2: height - clear.bottom });
    for (const key of report.order.filter((key) => scenario.seconds[key])) {
      const points = scenario.cores.map((cores, at) => `${x(cores).toFixed(1)} ${y(speedUp(scenario, key, at, count)).toFixed(1)}`);
      line(svg, key, `M${points.join("L")}`).setAttribute("data-row", key);
    }
    measured(svg, scenario, scenario.counts[count], { x, y });
    readout(figure.querySelector(".readout"), scenario, core, count);
  }

  function grid(svg, { x, y, top, width, height, lastCores, most }) {
    const bottom = height - clear.bottom;
    for (let cores = 1; cores <= lastCores; cores *= 2) {
      add(svg, "line", { class: "grid", x1: x(cores), x2: x(cores), y1: top, y2: bottom });
      add(svg, "text", { x: x(cores), y: bottom + 17, "text-anchor": "middle" }, cores);
    }
    for (let times = LOWEST; times <= most; times *= 2) {
      add(svg, "line", { class: times === 1 ? "one" : "grid", x1: clear.left, x2: width - clear.right, y1: y(times), y2: y(times) });
      add(svg, "text", { x: clear.left - 6, y: y(times) + 4, "text-anchor": "end" }, `${times}×`);
    }
    add(svg, "text", { x: (clear.left + width - clear.right) / 2, y: height - 5, "text-anchor": "middle" }, "cores");
  }

  function line(svg, key, data) {
    const pen = report.pens[key];
    return add(svg, "path", {
      class: "line", d: data, style: `stroke: var(--${key})`, "stroke-width": pen.width, "stroke-dasharray": pen.dash,
    });
  }

  function mark(svg, key, left, top) {
    add(svg, "path", {
      class: "point", d: report.pens[key].marker, style: `fill: var(--${key})`, transform: `translate(${left} ${top})`,
    });
  }

  // The measured points, if the curves show the number of videos that was measured. All have the same number
  // of cores, so they are drawn side by side.
  function measured(svg, scenario, videos, { x, y }) {
    const points = scenario.measured.filter((point) => point.videos === videos);
    points.forEach((point, at) => mark(svg, point.row, x(point.cores) + (at - (points.length - 1) / 2) * 13, y(point.speed_up)));
  }

  // Draws the legend above the curves, in as many lines as it needs. Returns the y at which the plot begins.
  function legend(svg, scenario, width) {
    const LETTER = 7.4; // the approximate width of a letter
    let [left, top] = [4, 12];
    const place = (wide) => {
      if (left > 4 && left + wide > width) [left, top] = [4, top + 21];
      left += wide;
      return left - wide;
    };
    for (const { key } of scenario.rows) {
      const words = report.labels[key];
      const at = place(64 + words.length * LETTER);
      line(svg, key, `M${at} ${top}h40`);
      mark(svg, key, at + 20, top);
      add(svg, "text", { class: "words", x: at + 46, y: top + 4 }, words);
    }
    const [point] = scenario.measured;
    const words = `lines: prediction${point ? `; marks: measured, ${counted(point.videos, "video")}` : ""}`;
    const at = place(words.length * LETTER);
    add(svg, "text", { class: "words", x: at, y: top + 4 }, words);
    return top + clear.top + 14;
  }

  function readout(table, scenario, core, count) {
    table.replaceChildren();
    make("caption", "", `Prediction for ${counted(scenario.cores[core], "core")} and ${counted(scenario.counts[count], "video")}`, table);
    const head = make("tr", "", "", make("thead", "", "", table));
    for (const name of ["model", "takes", "speed-up"]) make("th", "", name, head).scope = "col";
    const body = make("tbody", "", "", table);
    for (const { key } of scenario.rows) {
      const row = make("tr", "", "", body);
      make("th", "", report.labels[key], row).scope = "row";
      make("td", "", seconds(gridOf(scenario, key)[core][count]), row);
      make("td", "", `${speedUp(scenario, key, core, count).toFixed(2)}×`, row);
    }
  }

  function drawAll() {
    const [scenario] = report.scenarios;
    for (const [name, list] of [["cores", scenario.cores], ["counts", scenario.counts]]) {
      const value = list[sliders[name].value];
      byId(`${name}-now`).textContent = value;
      sliders[name].setAttribute("aria-valuetext", value);
    }
    const workers = scenario.workers[sliders.workers.value - 1] ?? "default";
    byId("workers-now").textContent = workers;
    sliders.workers.setAttribute("aria-valuetext", workers);
    figures.forEach((figure, at) => draw(figure, report.scenarios[at]));
  }

  if (report.scenarios.length > 0) {
    byId("curves").hidden = false;
    const [scenario] = report.scenarios;
    const [point] = scenario.measured;
    for (const [name, list, own] of [["cores", scenario.cores, point?.cores], ["counts", scenario.counts, point?.videos]]) {
      sliders[name].max = list.length - 1;
      sliders[name].value = Math.max(0, list.indexOf(own));
      sliders[name].addEventListener("input", drawAll);
    }
    sliders.workers.max = scenario.workers.length;
    sliders.workers.addEventListener("input", drawAll);
    // Drawn again for each width instead of scaled, so that text keeps its size. A changed height is ignored,
    // because drawing changes it.
    let width = 0;
    new ResizeObserver(() => {
      if (byId("curves").clientWidth === width) return;
      width = byId("curves").clientWidth;
      drawAll();
    }).observe(byId("curves"));
    drawAll();
  }
}
