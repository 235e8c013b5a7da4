// How long a person waits for a large report in Chromium: page.mjs REPORT.html REPETITIONS
// Prints for each repetition the milliseconds until the page answers, and those of the slowest of a few searches,
// from the input to the next painted frame.
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.resolve('tests/browser/package.json'));
const { chromium } = require('playwright-core');
const [report, repetitions] = process.argv.slice(2);
const searches = ['sql00001', 'sql', 'link_7', 'no such link', ''];

const options = ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
if (process.getuid() === 0) options.push('--no-sandbox');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: options });

// Types into the search box and waits for the frame in which the rows have changed. The script waits a little for
// the next key first; a person waits for that as well.
function search(page, words) {
  return page.evaluate((value) => new Promise((resolve) => {
    const box = document.getElementById('search');
    const patience = 20; // of the script: its timer is due before this one
    const began = performance.now();
    box.value = value;
    box.dispatchEvent(new Event('input', { bubbles: true }));
    setTimeout(() => requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began))), patience);
  }), words);
}

for (let i = 0; i < Number(repetitions); i++) {
  const context = await browser.newContext({ viewport: { width: 1300, height: 950 } });
  const page = await context.newPage();
  const began = performance.now();
  await page.goto(pathToFileURL(path.resolve(report)).href);
  // Interactive: the script has run, and a task of the page's own gets its turn after a frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  const interactive = performance.now() - began;
  let slowest = 0;
  for (const words of searches) slowest = Math.max(slowest, await search(page, words));
  console.log(`${interactive.toFixed(0)} ${slowest.toFixed(0)}`);
  await context.close();
}
await browser.close();
