// How fast a large page is in Chromium: REPORTS=FOLDER node speed.mjs NAME.html
import { launch, open } from './browser.mjs';

const name = process.argv[2];
const browser = await launch();
const page = await open(browser, name);
const timing = await page.evaluate(async () => {
  const navigation = performance.getEntriesByType('navigation')[0];
  const search = document.getElementById('search');
  const rows = document.querySelectorAll('.rows.links > li').length;
  // From the change to the next painted frame.
  const measure = (change) => new Promise((resolve) => {
    const began = performance.now();
    change();
    requestAnimationFrame(() => setTimeout(() => resolve(Math.round(performance.now() - began)), 0));
  });
  const box = document.querySelector('.chip.broken input');
  const filter = await measure(() => box.click());
  await measure(() => box.click());
  const sort = await measure(() => document.querySelector('.link-grid.head button').click());
  const type = await new Promise((resolve) => {
    const shown = document.querySelector('.shown');
    const began = performance.now();
    new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => resolve(Math.round(performance.now() - began)), 0)))
      .observe(shown, { childList: true });
    search.value = '0042';
    search.dispatchEvent(new Event('input'));
  });
  return { rows, interactive: Math.round(navigation.domContentLoadedEventEnd), complete: Math.round(navigation.loadEventEnd), filter, sort, type };
});
await browser.close();
console.log(`${timing.rows} links: interactive after ${timing.interactive} ms, complete after ${timing.complete} ms, `
  + `filter ${timing.filter} ms, sort ${timing.sort} ms, search ${timing.type} ms (60 ms of it waiting for the next key)`);
