// Takes small pictures of a report's first screen. pictures.mjs REPORT DIRECTORY

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const [report, directory] = process.argv.slice(2);
const light = { colorScheme: "light" };
const views = [
  { name: "wide", size: [1440, 900], options: light },
  { name: "phone", size: [390, 844], options: light },
  { name: "narrow", size: [320, 640], options: light },
  { name: "dark", size: [1440, 900], options: { colorScheme: "dark" } },
  { name: "forced-colours", size: [1440, 900], options: { ...light, forcedColors: "active" } },
  { name: "print", size: [794, 900], options: light, media: "print" },
];
// Widest picture in pixels, and the quality of its compression: each stays below 100 KB.
const WIDEST = 1200;
const QUALITY = 0.6;

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const canvas = await browser.newPage();
  for (const { name, size: [width, height], options, media } of views) {
    const page = await browser.newPage({ viewport: { width, height }, ...options });
    await page.goto(pathToFileURL(report).href);
    if (media) await page.emulateMedia({ media });
    const picture = (await page.screenshot()).toString("base64");
    await page.close();
    const small = await canvas.evaluate(shrink, [picture, WIDEST, QUALITY]);
    writeFileSync(join(directory, `${name}.webp`), Buffer.from(small, "base64"));
  }
} finally {
  await browser.close();
}

// Runs in the browser, which can write WebP.
async function shrink([picture, widest, quality]) {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const scale = Math.min(1, widest / image.width);
  const canvas = new OffscreenCanvas(image.width * scale, image.height * scale);
  const drawn = canvas.getContext("2d");
  drawn.imageSmoothingQuality = "high";
  drawn.drawImage(image, 0, 0, canvas.width, canvas.height);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality })).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
