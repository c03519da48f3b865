// Opens a report in Chromium as people do, and prints as JSON what was wrong with it.
// look.mjs REPORT PICTURES: pictures are written to the second directory.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const [report, pictures] = process.argv.slice(2);
const page_url = pathToFileURL(report).href;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const views = [
  { name: "desktop", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  { name: "dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  { name: "phone", viewport: { width: 390, height: 844 }, colorScheme: "light" },
];
const found = { said: [], asked: [], anchors: [], violations: [], wide: [], dialogs: [], title: "" };

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  for (const view of views) {
    await look(view);
  }
  await widths();
  await keyboard();
  await print();
} finally {
  await browser.close();
}
console.log(JSON.stringify(found));

async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => found.said.push(message.text()));
  page.on("pageerror", (error) => found.said.push(String(error)));
  page.on("dialog", (dialog) => { found.dialogs.push(dialog.message()); return dialog.dismiss(); });
  page.on("request", (request) => {
    if (request.url() !== page_url) found.asked.push(request.url());
  });
  await page.goto(page_url);
  return page;
}

async function look({ name, ...options }) {
  const page = await open(options);
  found.title = await page.title();
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) found.wide.push(`${name}: ${wide} pixels`);
  const anchors = await page.evaluate(() => [...document.querySelectorAll("a[href]")].map((link) => ({
    href: link.getAttribute("href"),
    leads: !link.hash || document.getElementById(decodeURIComponent(link.hash.slice(1))) !== null,
  })));
  for (const { href, leads } of anchors) {
    const is_web = /^https?:/.test(href);
    const is_file = !is_web && !href.startsWith("#");
    if (!leads || (is_file && !existsSync(join(dirname(fileURLToPath(page_url)), href)))) {
      found.anchors.push(href);
    }
  }
  // Everything that can be opened is read too.
  await page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run());
  for (const { id, impact, nodes } of violations) {
    if (impact === "serious" || impact === "critical") {
      found.violations.push(`${name}: ${id} at ${nodes.slice(0, 3).map((node) => node.target).join(", ")}`);
    }
  }
  await page.context().close();
}

// At no width does the page scroll sideways, whether its details are open or not, and targets are large enough. Tables
// sort and filter.
async function widths() {
  const page = await open({ viewport: { width: 1280, height: 900 } });
  for (const is_open of [false, true]) {
    await page.evaluate((is_open) => document.querySelectorAll("details").forEach((part) => { part.open = is_open; }), is_open);
    for (const width of [320, 390, 600, 704, 760, 900, 1042, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wide > 0) found.wide.push(`${width} pixels, details ${is_open ? "open" : "closed"}: ${wide} more`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  const filter = page.locator("#pages .filter input");
  if (await filter.count()) {
    const rows = page.locator("#pages table.wide > tbody > tr:visible");
    const all = await rows.count();
    await filter.fill("no page has these words");
    if (await rows.count()) found.said.push("the filter of the pages leaves rows");
    await filter.fill("");
    await page.locator("#pages .sort").first().click();
    if (await rows.count() !== all) found.said.push("sorting loses rows");
  }
  await page.context().close();
}

// From the top by keyboard alone: the first stop leads to the report, and an attempt strip opens.
async function keyboard() {
  const page = await open({ viewport: { width: 1280, height: 900 } });
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const strip = page.locator("details.strip > summary").first();
  if (await strip.count()) {
    await strip.focus();
    await page.keyboard.press("Enter");
    const opened = await page.locator("details.strip[open]").count();
    if (opened !== 1) found.anchors.push("a strip that does not open by keyboard");
  }
  if (!page.url().endsWith("#main")) found.anchors.push("#main");
  await page.context().close();
}

async function print() {
  const page = await open({});
  await page.pdf({ path: join(pictures, "printed.pdf"), format: "A4", printBackground: true });
  await page.context().close();
}
