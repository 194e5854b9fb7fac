"use strict";
// What all scripts share: the data, a few helpers, the theme, and printing.

const report = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

// "2.46 s", or "46 ms" below a tenth of a second as in the tables, or "4.6 ms" below a hundredth.
function seconds(value) {
  return Math.abs(value) < 0.0995 ? `${(value * 1000).toFixed(value < 0.00995 ? 1 : 0)} ms` : `${value.toFixed(2)} s`;
}

// "1 video", "2 videos".
function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

// Makes an element with a class and a text, and appends it to a parent. The text is never parsed as HTML, as
// file names may contain some.
function make(name, className, text, parent) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

{
  const button = byId("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  // The button is labelled with the theme that it switches to.
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  system.addEventListener("change", name);
  name();
  button.hidden = false;
}

byId("python")?.addEventListener("change", ({ target }) => byId("bars").classList.toggle("no-python", !target.checked));

// Folded parts are printed, too.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
