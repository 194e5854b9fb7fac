// Uses a report.html as a reader would: plays, scrubs, slides, points, and walks with the keyboard.
//
//   node test.mjs REPORT.html [directory for screenshots]

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [file, screenshots] = process.argv.slice(2);
const address = pathToFileURL(file).href;
const lessons = new URL("lessons/", address).href;
const WIDTHS = { 390: 844, 1280: 800, 1920: 1080 };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    // Containers have no user namespaces for the sandbox; the page is our own and offline.
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

// Each test has a page of its own, which must stay silent and offline.
async function test(name, options, body) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, offline: true, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    const url = request.url();
    if (url !== address && !url.startsWith("data:") && !url.startsWith(lessons)) complaints.push(`asked for ${url}`);
  });
  await page.goto(address);
  await body(page);
  assert.deepEqual(complaints, [], name);
  await context.close();
  console.log(`ok - ${name}`);
}

const clock = async (page) => Number.parseFloat(await page.textContent("#clock"));
const figures = (page) => page.textContent("#figures");

// Relative luminance and contrast as WCAG 2 defines them, of an element's text on its ground.
const contrast = (page, selector) => page.evaluate((selector) => {
  const element = document.querySelector(selector);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const luminance = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => byte / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  let ground = element;
  while (ground.parentElement && /rgba\(.*, 0\)|transparent/.test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
  const [text, paper] = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor].map(luminance);
  return (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
}, selector);

await test("play moves the clock, pause stops it, and it ends at the end", {}, async (page) => {
  const end = await clock(page);
  assert.ok(end > 0);
  await page.selectOption("#speed", "0.25");
  await page.click("#play");
  await page.waitForFunction(() => Number.parseFloat(document.querySelector("#clock").textContent) > 0.05);
  await page.click("#play");
  const stopped = await clock(page);
  assert.ok(stopped < end, "is on its way");
  await page.waitForTimeout(300);
  assert.equal(await clock(page), stopped);
  // A run may be long: the last hundredth is enough to see it end.
  await page.fill("#scrub", "990");
  await page.selectOption("#speed", "4");
  await page.click("#play");
  await page.waitForFunction(() => document.querySelector("#play").textContent.includes("Play"));
  assert.equal(await clock(page), end);
});

await test("the clock can be set by hand and says what each program does", {}, async (page) => {
  await page.fill("#scrub", "100");
  const early = await page.$$eval(".row-name span", (all) => all.map((one) => one.textContent));
  assert.ok(early.every((words) => /[×]|queued/.test(words)), early.join("; "));
  await page.fill("#scrub", "1000");
  const late = await page.$$eval(".row-name span", (all) => all.map((one) => one.textContent));
  assert.ok(late.every((words) => words.startsWith("done")), late.join("; "));
});

await test("with reduced motion the clock ticks", { reducedMotion: "reduce" }, async (page) => {
  await page.click("#play");
  const seen = new Set();
  for (let look = 0; look < 10; look += 1) {
    seen.add(await clock(page));
    await page.waitForTimeout(40);
  }
  assert.ok(seen.size <= 3, [...seen].join(" "));
});

await test("a span shows its figures by mouse", {}, async (page) => {
  const before = await figures(page);
  await page.locator(".span.delay").first().hover();
  assert.notEqual(await figures(page), before);
  assert.match(await figures(page), /: delay .*s, from .* to .*CPU/);
});

await test("a span shows its figures by keyboard, and all spans are one stop", {}, async (page) => {
  assert.ok((await page.locator(".span").count()) > 20);
  assert.equal(await page.locator('.span[tabindex="0"]').count(), 1);
  await page.focus("#scrub");
  await page.keyboard.press("Tab");
  const first = await figures(page);
  await page.keyboard.press("ArrowRight");
  const second = await figures(page);
  assert.notEqual(second, first);
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await figures(page), second);
  assert.equal(await page.locator('.span[tabindex="0"]').count(), 1);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.classList.contains("span")), false);
});

await test("sliders change the curves and the readout", {}, async (page) => {
  const curve = () => page.getAttribute('.curve path[data-row="threads"]', "d");
  const readout = () => page.textContent(".readout");
  let [line, words] = [await curve(), await readout()];
  await page.focus("#counts");
  await page.keyboard.press("End");
  assert.notEqual(await curve(), line);
  assert.notEqual(await readout(), words);
  assert.equal(await page.textContent("#counts-now"), "1000");
  [line, words] = [await curve(), await readout()];
  await page.focus("#cores");
  await page.keyboard.press("End");
  assert.equal(await curve(), line);
  assert.notEqual(await readout(), words);
  assert.equal(await page.textContent("#cores-now"), "64");
  line = await curve();
  assert.equal(await page.textContent("#workers-now"), "default");
  await page.focus("#workers");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.textContent("#workers-now"), "1");
  assert.notEqual(await curve(), line);
});

await test("the delay can be chosen", {}, async (page) => {
  const delays = page.locator("#delays input");
  if ((await delays.count()) < 2) return;
  const before = await page.innerHTML("#tracks");
  await delays.nth(1).check();
  assert.notEqual(await page.innerHTML("#tracks"), before);
});

await test("wide screens show both delays, with one clock", { viewport: { width: 1920, height: 1080 } }, async (page) => {
  const widths = await page.$$eval(".panel .row-tracks", (all) => all.map((one) => Math.round(one.getBoundingClientRect().width)));
  assert.ok(widths.every((width) => width > 100), widths.join(" "));
  assert.equal(await page.isVisible("#play"), true);
  const top = await page.$eval("#play", (play) => play.getBoundingClientRect().bottom);
  assert.ok(top < 1080, "Play is on the first screen");
});

await test("Python's bars can be switched off, and tables unfolded", {}, async (page) => {
  assert.ok(await page.locator(".bar.python").first().isVisible());
  await page.uncheck("#python");
  assert.equal(await page.locator(".bar.python").first().isVisible(), false);
  assert.equal(await page.locator("#tables td").first().isVisible(), false);
  await page.locator("#tables summary").first().click();
  assert.ok(await page.locator("#tables td").first().isVisible());
});

await test("the timelines fill the screen, and leave it again", {}, async (page) => {
  const full = () => page.evaluate(() => document.fullscreenElement?.id);
  await page.click("#stage");
  await page.waitForFunction(() => document.fullscreenElement !== null);
  assert.equal(await full(), "player");
  assert.ok(await page.isVisible("#play"));
  await page.click("#stage");
  await page.waitForFunction(() => document.fullscreenElement === null);
});

await test("a lesson opens as a page with its picture", {}, async (page) => {
  await page.click(".models li:nth-child(2) a");
  assert.equal(page.url(), `${lessons}demo-threads.html`);
  assert.equal(await page.textContent("h1"), "A pool of threads");
  const broken = await page.$$eval("img", (all) => all.filter((one) => one.naturalWidth === 0).length);
  assert.equal(broken, 0);
  const widest = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(widest <= 1280, `${widest} px`);
});

await test("on a phone a wide table scrolls and shows that it does", { viewport: { width: 390, height: 844 } }, async (page) => {
  await page.locator("#tables summary").first().click();
  const table = page.locator("#tables .wide").first();
  assert.ok(await table.evaluate((one) => one.scrollWidth > one.clientWidth));
  assert.match(await table.evaluate((one) => getComputedStyle(one).backgroundImage), /gradient/);
  await table.evaluate((one) => { one.scrollLeft = 100; });
  assert.equal(await table.evaluate((one) => one.scrollLeft), 100);
});

await test("the wait for a core and the delay that waits have looks of their own", {}, async (page) => {
  const looks = await page.$$eval(".legend .stage", (all) => all.map((one) => getComputedStyle(one).background));
  assert.equal(new Set(looks).size, looks.length);
  assert.ok(await page.locator(".span.asleep").first().isVisible());
});

await test("names are text", {}, async (page) => {
  const data = await page.evaluate(() => JSON.parse(document.querySelector("#data").textContent).videos);
  const shown = await page.$$eval("#timelines .video", (all) => all.map((one) => one.lastChild.textContent.trim()));
  assert.deepEqual(shown, data.map((name) => name.trim()));
  assert.equal(await page.locator("script:not([id])").count(), 4);
});

for (const colorScheme of ["light", "dark"]) {
  await test(`text can be read in ${colorScheme} mode, and the button changes it`, { colorScheme }, async (page) => {
    for (const selector of ["h1", "header p", ".findings li", "td", "thead th", "#play", "figcaption", "#figures", ".note", "nav a", ".row-name span"]) {
      const ratio = await contrast(page, selector);
      assert.ok(ratio >= 4.5, `${selector}: ${ratio.toFixed(2)}`);
    }
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await paper();
    await page.click("#theme");
    assert.notEqual(await paper(), before);
  });

  for (const [width, height] of Object.entries(WIDTHS)) {
    const viewport = { width: Number(width), height };
    await test(`nothing sticks out at ${width} px, ${colorScheme}`, { colorScheme, viewport }, async (page) => {
      const widest = () => page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok((await widest()) <= viewport.width, `${await widest()} px`);
      await page.locator("#method summary").click();
      assert.ok((await widest()) <= viewport.width, `${await widest()} px with the raw figures`);
      // One clock: whatever stands beside them, all lines begin and end at the same places.
      await page.fill("#scrub", "450");
      const ends = await page.$$eval(".panel", (panels) => panels.filter((panel) => panel.offsetParent).map((panel) => (
        [...panel.querySelectorAll(".row-tracks, .axis")].map((one) => {
          const { left, right } = one.getBoundingClientRect();
          return `${left} ${right}`;
        }))));
      assert.ok(ends.length >= 1);
      for (const panel of ends) assert.equal(new Set(panel).size, 1, panel.join("; "));
      await page.fill("#scrub", "1000");
      if (screenshots) {
        await page.locator("#method summary").click();
        await page.evaluate(() => scrollTo(0, 0));
        await page.screenshot({ path: join(screenshots, `${width}-${colorScheme}.png`), fullPage: true });
        await page.fill("#scrub", "450");
        await page.locator("#timelines").screenshot({ path: join(screenshots, `${width}-${colorScheme}-timelines.png`) });
      }
    });
  }
}

await test("it can be printed", {}, async (page) => {
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.isVisible("#play"), false);
  assert.ok(await page.isVisible("#tracks"));
  if (screenshots) await page.pdf({ path: join(screenshots, "print.pdf"), format: "A4", printBackground: true });
});

await browser.close();
