"use strict";
// What all scripts share: the data, a few helpers, the theme, and printing.

const report = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

// "2.46 s", and "46 ms" below a tenth of a second, as in the tables.
function seconds(value) {
  return Math.abs(value) < 0.0995 ? `${(value * 1000).toFixed(value < 0.00995 ? 1 : 0)} ms` : `${value.toFixed(2)} s`;
}

// "1 video", "2 videos".
function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

// An element with its class, its text and its parent. Text is text: names may hold anything.
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
  // The button says what it leads to.
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

// Paper cannot be unfolded.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
