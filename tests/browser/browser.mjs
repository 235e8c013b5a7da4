// Chromium with a page that notices what a report must never do.
import { chromium } from 'playwright-core';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

export const reports = process.env.REPORTS;

export function launch() {
  const options = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  if (process.getuid() === 0) options.push('--no-sandbox');
  return chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: options });
}

// Opens a report; `page.wrongs` collects errors, messages on the console, dialogs and requests.
export async function open(browser, name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1300, height: 950 }, ...options });
  const page = await context.newPage();
  const url = pathToFileURL(path.join(reports, name)).href;
  page.wrongs = [];
  page.on('console', (message) => page.wrongs.push('console: ' + message.text()));
  page.on('pageerror', (error) => page.wrongs.push('error: ' + error.message));
  page.on('dialog', (dialog) => { page.wrongs.push('dialog: ' + dialog.message()); dialog.dismiss(); });
  page.on('request', (request) => { if (!request.url().startsWith(url)) page.wrongs.push('request: ' + request.url()); });
  await page.goto(url + (options.hash ? '#' + options.hash : ''));
  return page;
}
