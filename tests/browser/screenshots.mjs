// Pictures of the demo's report for the README: node screenshots.mjs REPORT.html FOLDER
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { launch } from './browser.mjs';

const [report, folder] = process.argv.slice(2);
const browser = await launch();
const views = [
  { file: 'screenshot-light.png', colorScheme: 'light', hash: '' },
  { file: 'screenshot-dark.png', colorScheme: 'dark', hash: '#picture' },
  { file: 'screenshot-link.png', colorScheme: 'light', hash: '#SQLERP01/LEGACY' },
];
for (const view of views) {
  const page = await browser.newPage({ colorScheme: view.colorScheme, viewport: { width: 1100, height: 760 } });
  await page.goto(pathToFileURL(path.resolve(report)).href + view.hash);
  await page.waitForTimeout(300); // fonts and the jump to the anchor
  await page.screenshot({ path: path.join(folder, view.file) });
  await page.close();
}
await browser.close();
