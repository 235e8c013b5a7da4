import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { HtmlValidate } from 'html-validate';
import { launch, open, reports } from './browser.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser;

before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

// One page for a test, which must have done nothing wrong at its end.
async function onPage(name, options, use) {
  const page = await open(browser, name, options);
  try {
    await use(page);
    assert.deepEqual(page.wrongs, []);
  } finally {
    await page.context().close();
  }
}

const rows = (page) => page.locator('.rows.links > li:visible');
const cells = (page, column) => page.locator(`.rows.links > li:visible .row > .cell:nth-child(${column})`).allTextContents();
const openAll = (page) => page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));

for (const name of ['estate.html', 'moved.html', 'minimal.html', 'answers.html']) {
  test(`${name}: valid HTML`, async () => {
    const validate = new HtmlValidate({
      extends: ['html-validate:recommended'],
      rules: {
        // How it is written is the serializer's affair.
        'attr-quotes': 'off', 'attribute-boolean-style': 'off', 'doctype-style': 'off', 'no-trailing-whitespace': 'off',
        'void-style': 'off', 'long-title': 'off', 'no-raw-characters': 'off', 'attribute-empty-style': 'off',
        // The page has one style and one script, both with a nonce; the names of servers make the ids.
        'no-inline-style': 'error', 'require-csp-nonce': 'error', 'valid-id': ['error', { relaxed: true }],
        // Checkboxes of one question share its name.
        'form-dup-name': ['error', { shared: ['radio', 'checkbox', 'button', 'reset', 'submit'] }],
      },
    });
    const report = await validate.validateFile(path.join(reports, name));
    const messages = report.results.flatMap((result) => result.messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`));
    assert.deepEqual(messages, []);
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`${name}: axe finds nothing, ${colorScheme}`, () => onPage(name, { colorScheme }, async (page) => {
      await openAll(page);
      await page.evaluate(axe);
      const result = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
      assert.deepEqual(result.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)).join(' | ')}`), []);
    }));
  }

  for (const width of [1300, 650, 320]) {
    test(`${name}: nothing sticks out at ${width} pixels`, () => onPage(name, { viewport: { width, height: 900 } }, async (page) => {
      await openAll(page);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    }));
  }
}

test('the first screen says what is broken, what will break, what changed and what was not checked', () => onPage('estate.html', {}, async (page) => {
  assert.equal((await page.locator('.headline').innerText()).replace(/\s+/g, ' ').trim(),
    '9 of 31 links do not work. 6 will break on SQL Server 2025. 7 things changed since last time. 4 of 8 instances could not be audited.');
  for (const [panel, figure] of [['broken', '9'], ['breaks', '6'], ['changed', '7'], ['unchecked', '4']]) {
    assert.equal(await page.locator(`.panel.${panel} .figure`).innerText(), figure);
    assert.ok((await page.locator(`.panel.${panel}`).boundingBox()).y < 950, panel);
  }
}));

for (const [width, height] of [[1440, 900], [1300, 950]]) {
  test(`all four answers begin on the first screen of ${width} by ${height}`, () => onPage('estate.html', { viewport: { width, height } }, async (page) => {
    for (const panel of ['broken', 'breaks', 'changed', 'unchecked']) {
      const box = await page.locator(`.panel.${panel} li`).first().boundingBox();
      assert.ok(box.y + box.height < height, panel);
    }
  }));
}

test('compliance: a rule with its title and its answers, what fails first', () => onPage('answers.html', {}, async (page) => {
  const rule = page.locator('.requirement', { hasText: 'V-271298' });
  assert.match(await rule.locator('summary').innerText(), /V-271298\s+The option remote access is off\s+CAT II\s+1 not assessable\s+1 pass/);
  await rule.locator('summary').press('Enter');
  assert.deepEqual(await rule.locator('tbody td .result').allTextContents(), ['not assessable', 'pass']);
}));

test('of an instance that was not audited no figure of links is given', () => onPage('estate.html', {}, async (page) => {
  const row = page.locator('.rows.instances summary', { hasText: 'SQL05' });
  assert.match(await row.textContent(), /links not known/);
}));

for (const [section, filter, cell, mark] of [
  ['instances', 'limited', 6, 'limited view'],
  ['endpoints', 'no-answer', 2, 'no'],
]) {
  test(`what is counted among the unchecked ${section} leads to those rows, which say so`, () => onPage('estate.html', {}, async (page) => {
    const shown = page.locator(`#${section} .rows > li:visible`);
    const all = await shown.count();
    const link = page.locator(`.panel.unchecked a[data-filter="${filter}"]`);
    const count = parseInt(await link.textContent(), 10);
    assert.ok(count > 0 && count < all, `${count} of ${all}`);
    await link.click();
    assert.deepEqual((await shown.locator(`.row > .cell:nth-child(${cell})`).allTextContents()).map((text) => text.trim()), Array(count).fill(mark));
    await page.locator(`#${section} .chip`, { hasText: String(count) }).last().click();
    assert.equal(await shown.count(), all);
    assert.equal(await shown.locator(`.row > .cell:nth-child(${cell})`).filter({ hasText: new RegExp(`^${mark}$`) }).count(), count);
  }));
}

test('a link to an instance that a filter hides shows it', () => onPage('estate.html', {}, async (page) => {
  await page.locator('#instances .chip', { hasText: 'limited view' }).click();
  const instance = page.locator('#instances [id="SQL05"]');
  assert.ok(!(await instance.isVisible()));
  await page.locator('.panel.unchecked a.name', { hasText: 'SQL05' }).click();
  assert.ok(await instance.isVisible());
  assert.equal(await page.locator('#instances .chip input:checked').count(), 0);
}));

test('what 2025 breaks today stands among the broken links, not among those that will break', () => onPage('moved.html', {}, async (page) => {
  assert.match((await page.locator('.headline').innerText()).replace(/\s+/g, ' '), /4 will break on SQL Server 2025, 2 do there already\./);
  assert.equal(await page.locator('.panel.breaks .figure').innerText(), '4');
  assert.match(await page.locator('.panel.breaks').innerText(), /2 do so already, on SQL02\\FINANCE, and stand among the broken ones\./);
  await page.locator('.panel.breaks .more a').click();
  assert.equal(await rows(page).count(), 4);
  assert.deepEqual(new Set(await cells(page, 6)), new Set(['breaks']));
  await page.locator('.panel.breaks a[data-filter="breaks-already"]').click();
  assert.deepEqual(await cells(page, 6), ['breaks already', 'breaks already']);
  assert.deepEqual(await cells(page, 1), ['broken', 'broken']);
}));

test('of an instance that could not be reached, what the probe found comes before the driver\'s words', () => onPage('moved.html', {}, async (page) => {
  const order = /sql05 cannot be reached\.[^]*Adaptive Server is unavailable/;
  assert.match(await page.locator('.panel.unchecked li', { hasText: 'SQL05' }).textContent(), order);
  assert.match(await page.locator('[id="SQL05"] .failure').textContent(), order);
}));

for (const width of [1440, 1300, 1000, 650]) {
  test(`no cell of a link lies over the next one at ${width} pixels`, () => onPage('estate.html', { viewport: { width, height: 900 } }, async (page) => {
    const over = await page.locator('.rows.links > li .row > .cell, .rows.instances .row > .cell').evaluateAll((all) => all
      .filter((cell) => cell.getBoundingClientRect().width > 0)
      .filter((cell) => [...cell.children].some((child) => child.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1))
      .map((cell) => cell.textContent.trim()));
    assert.deepEqual(over, []);
    assert.ok((await cells(page, 1)).includes('no network target'));
  }));
}

test('findings are counted without those that are waived', () => onPage('estate.html', {}, async (page) => {
  const count = async (selector) => (await page.locator(selector).allTextContents()).reduce((sum, text) => sum + Number(text), 0);
  assert.equal(await count('nav a[href="#findings"] .count'), await count('#findings label:has([name="severity"]) .count'));
  assert.equal(await count('#findings label:has([name="waived"]) .count'), 1);
}));

test('what could not be observed is not counted among the changes', () => onPage('estate.html', {}, async (page) => {
  const [changed, lost] = [page.locator('.changes .change:not(.not-observed)'), page.locator('.changes .change.not-observed')];
  const count = String(await changed.count());
  assert.equal(await page.locator('.panel.changed .figure').textContent(), count);
  assert.equal(await page.locator('nav a[href="#changes"] .count').textContent(), count);
  assert.equal(await page.locator('.panel.changed .more').textContent(), `All ${count} changes, and ${await lost.count()} not observed`);
  assert.ok(await lost.count() > 0);
}));

test('names from servers stay text', () => onPage('estate.html', {}, async (page) => {
  await openAll(page);
  const names = await cells(page, 3);
  assert.ok(names.includes('<script>alert(1)</script>'));
  assert.ok(names.includes('rtl [U+202E]gnp.exe[U+202C] end'));
  assert.ok(names.includes('emoji 😀 مرحبا 名前'));
  assert.ok(names.some((name) => name.length > 3900 && name.endsWith(' the end')));
  assert.equal(await page.locator('img, iframe, object, embed, form, main script, main style, main b').count(), 0);
  assert.equal(await page.locator('script').count(), 1);
  assert.ok(!/[\u202A-\u202E\u2066-\u2069\u200B-\u200F]/.test(await page.evaluate(() => document.body.innerText)));
}));

test('a script that came into the page all the same would not run', () => onPage('estate.html', {}, async (page) => {
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.ran = true">');
  });
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.ok(page.wrongs.some((wrong) => wrong.includes('Content Security Policy')));
  page.wrongs.length = 0;
}));

test('without JavaScript everything can be read and opened', () => onPage('estate.html', { javaScriptEnabled: false }, async (page) => {
  assert.ok(!(await page.locator('.tools').isVisible()));
  assert.equal(await page.locator('.rows.links > li').count(), 31);
  const row = page.locator('[id="SQL01/SQLOLD"]');
  await row.locator('summary').press('Enter'); // not a click: rows that come into view move as they are laid out
  assert.match(await row.innerText(), /Nothing listens on TCP 1433/);
  assert.match(await row.locator('.checklist').innerText(), /refused after 1 ms/);
}));

test('searching and filtering', () => onPage('estate.html', {}, async (page) => {
  assert.equal(await rows(page).count(), 31);
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
  await page.keyboard.type('dwh_ ag-sales');
  await page.waitForFunction(() => document.querySelector('.shown').textContent === '4 of 31 links');
  assert.equal(await rows(page).count(), 4);
  await page.fill('#search', 'no such thing');
  await page.waitForFunction(() => !document.querySelector('.none').hidden);
  assert.equal(await rows(page).count(), 0);
  await page.fill('#search', '');
  await page.locator('.chip', { hasText: 'broken' }).click();
  assert.equal(await rows(page).count(), 9);
  await page.locator('.chip', { hasText: 'not tested' }).click();
  assert.equal(await rows(page).count(), 14);
  await page.locator('.chip', { hasText: 'breaks on 2025' }).click();
  assert.deepEqual(new Set(await cells(page, 6)), new Set(['breaks']));
}));

const groups = (page) => page.locator('.rows.links').evaluateAll((all) => all.map((group) => ({
  rows: group.children.length, height: group.getBoundingClientRect().height,
  laidOut: group.firstElementChild.checkVisibility({ contentVisibilityAuto: true }),
})));

test('of many links those out of sight are not laid out, and take the room of those that are shown', () => onPage('large.html', {}, async (page) => {
  assert.deepEqual((await groups(page)).map((group) => group.rows), Array(13).fill(100));
  assert.ok((await groups(page)).filter((group) => group.laidOut).length <= 2, 'only the last one, and what is near');
  const height = async () => (await groups(page)).reduce((sum, group) => sum + group.height, 0);
  const whole = await height();
  await page.locator('#links .chip', { hasText: 'broken' }).click();
  assert.equal(await rows(page).count(), 130);
  const share = (await height()) / whole;
  assert.ok(share > 0.07 && share < 0.14, `130 of 1300 rows take ${share} of the height`);
  await page.fill('#search', 'link_00773');
  await page.waitForFunction(() => document.querySelector('.shown').textContent === '1 of 1300 links');
  assert.deepEqual(await cells(page, 3), ['LINK_00773']);
  assert.equal((await groups(page)).filter((group) => group.height > 0).length, 1);
}));

test('many links are sorted as one list, and filtered after that', () => onPage('large.html', {}, async (page) => {
  const button = page.locator('.link-grid.head button', { hasText: 'Link' });
  await button.click();
  await button.click();
  const names = () => page.locator('.rows.links > li:not([hidden]) .name').allTextContents();
  assert.deepEqual(await names(), Array.from({ length: 1300 }, (_, i) => 'LINK_' + String(1299 - i).padStart(5, '0')));
  await page.fill('#search', 'link_0120');
  await page.waitForFunction(() => document.querySelector('.shown').textContent === '10 of 1300 links');
  assert.deepEqual(await names(), Array.from({ length: 10 }, (_, i) => 'LINK_' + String(1209 - i).padStart(5, '0')));
  await button.click();
  assert.deepEqual(await cells(page, 3), Array.from({ length: 10 }, (_, i) => 'LINK_' + String(1200 + i).padStart(5, '0')));
}));

test('a deep link opens a link that was far out of sight', () => onPage('large.html', { hash: 'INSTANCE0031/LINK_00623' }, async (page) => {
  await page.waitForFunction(() => { const { top, bottom } = document.querySelector('.rows.links details[open] > summary').getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; });
  assert.match(await page.locator('.rows.links details[open]').textContent(), /LINK_00623/);
}));

test('findings by severity, and the waived ones', () => onPage('estate.html', {}, async (page) => {
  const shown = () => page.locator('.rule:visible .rule-id').allTextContents();
  const all = (await shown()).length;
  await page.locator('#findings .chip', { hasText: 'critical' }).click();
  assert.deepEqual(await shown(), ['S02']);
  await page.locator('#findings .chip', { hasText: 'critical' }).click();
  await page.locator('#findings .chip', { hasText: 'waived' }).click();
  assert.deepEqual(await shown(), ['T03']);
  assert.match(await page.locator('.rule:visible').textContent(), /J\. Doe, until 2027-01-31/);
  await page.locator('#findings .chip', { hasText: 'waived' }).click();
  assert.equal((await shown()).length, all);
}));

test('a rule with many findings is one row, and the rest of them in hundreds below it', () => onPage('large.html', {}, async (page) => {
  assert.deepEqual(await page.locator('.rule:not(.part) .rule-id').allTextContents(), ['R01', 'V06']);
  const parts = page.locator('.rule.part');
  assert.deepEqual((await parts.locator('> summary').allInnerTexts()).map((text) => text.trim().split(/,\s/).pop()), ['101 to 130', '101 to 200', '201 to 300', '301 to 390']);
  const tops = await parts.evaluateAll((all) => all.map((part) => part.getBoundingClientRect().top));
  assert.deepEqual(tops.slice(2), [tops[1], tops[1]]);
  await parts.last().locator('> summary').click();
  assert.equal(await parts.last().locator('.subjects > li:visible').count(), 90);
}));

test('sorting, both ways, by every column', () => onPage('estate.html', {}, async (page) => {
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
  for (const [index, label] of [[2, 'Instance'], [3, 'Link'], [4, 'Leads to'], [5, 'Provider'], [6, 'SQL Server 2025']]) {
    const button = page.locator('.link-grid.head button', { hasText: label });
    await button.click();
    const up = await cells(page, index);
    assert.deepEqual(up, [...up].sort(collator.compare), label);
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    await button.click();
    const down = await cells(page, index);
    assert.deepEqual(down, [...down].sort((a, b) => collator.compare(b, a)), label);
  }
  await page.locator('.link-grid.head button', { hasText: 'State' }).click();
  assert.equal((await cells(page, 1))[0], 'broken');
}));

test('the two vantage points stand side by side, and each is told once', () => onPage('estate.html', { hash: 'SQL01/SQLOLD' }, async (page) => {
  const cells = page.locator('[id="SQL01/SQLOLD"] .checklist tr', { hasText: '4 Port' }).locator('td');
  assert.deepEqual((await cells.allTextContents()).map((text) => text.trim()), [
    'fail 10.20.0.9:1433 refused after 1 ms (RST from the host)',
    'fail 10061: actively refused, after 2,043 ms',
  ]);
}));

for (const [hash, text] of [
  ['SQL01/SQLOLD', 'Nothing listens on TCP 1433'],
  ['SQL02\\FINANCE/CRM', 'expired on 2026-10-31'],
  ['SQL02%5CFINANCE/CRM', 'expired on 2026-10-31'],
  ['HOSTILE%20%3Cb%3E1%3C%2Fb%3E/%3Cscript%3Ealert%281%29%3C%2Fscript%3E', 'is not reachable'],
]) {
  test(`a deep link opens its link: ${hash}`, () => onPage('estate.html', { hash }, async (page) => {
    const opened = page.locator('.rows.links details[open]');
    assert.equal(await opened.count(), 1);
    assert.match(await opened.textContent(), new RegExp(text));
    await page.waitForFunction(() => document.querySelector('.rows.links details[open]').getBoundingClientRect().top < innerHeight);
  }));
}

test('a link from the first screen leads to its row, also when a filter hides it', () => onPage('estate.html', {}, async (page) => {
  await page.locator('.chip', { hasText: 'works' }).click();
  assert.equal(await rows(page).count(), 15);
  await page.locator('.panel.broken a.name').first().click();
  assert.ok(await page.locator('[id="SQL01/SQLOLD"] .checklist').isVisible());
  await page.locator('.panel.broken .more a').click();
  assert.equal(await rows(page).count(), 9);
}));

test('every link within the page leads somewhere', () => onPage('estate.html', {}, async (page) => {
  const lost = await page.evaluate(() => [...document.querySelectorAll('a[href^="#"]')]
    .map((link) => link.getAttribute('href').slice(1))
    .filter((id) => !document.getElementById(id)));
  assert.deepEqual([...new Set(lost)], []);
}));

test('the picture leads to instances, targets and links', () => onPage('estate.html', {}, async (page) => {
  const titles = await page.locator('.picture title').allTextContents();
  assert.ok(titles.includes('SQL01 → sql-old: SQLOLD, broken'));
  assert.ok(titles.includes('SQL03 → SQL08: 8 links, the worst: works'));
  assert.ok(titles.includes('SQL05, failed'));
  assert.ok(!titles.some((title) => title.includes('prices.xlsx')));
  await page.locator('.picture a', { has: page.locator('text', { hasText: 'sql-old' }) }).last().click();
  assert.ok(await page.locator('#endpoints details[open]', { hasText: 'sql-old.corp.example' }).count() > 0);
  const broken = page.locator('.picture .edge.broken').first();
  assert.notEqual(await broken.evaluate((line) => getComputedStyle(line).strokeDasharray), 'none');
}));

test('in the picture, a link is an arrow that ends before its target', () => onPage('estate.html', { hash: 'picture' }, async (page) => {
  const marks = await page.locator('.picture a[data-ends] .edge').evaluateAll((edges) => edges.map((edge) => {
    const state = [...edge.classList].find((name) => name !== 'edge');
    const mark = document.getElementById(edge.getAttribute('marker-end').slice(5, -1));
    const target = document.querySelector(`.picture [data-node="${edge.closest('a').dataset.ends.split(' ')[1]}"] rect`).getBBox();
    const end = edge.getPointAtLength(edge.getTotalLength());
    const apart = Math.max(target.x - end.x, end.x - target.x - target.width, target.y - end.y, end.y - target.y - target.height);
    return { same: getComputedStyle(mark.firstElementChild).fill === getComputedStyle(edge).stroke, state, apart: apart > 0 && apart < 11 };
  }));
  assert.ok(marks.length > 10);
  assert.deepEqual(marks.filter((mark) => !mark.same || !mark.apart), []);
}));

test('in the picture, a target of which nothing is known is not drawn as one that answers', () => onPage('estate.html', {}, async (page) => {
  const dashes = (state) => page.locator('.picture a[data-node]', { has: page.locator('title', { hasText: state }) }).locator('.target').first()
    .evaluate((box) => getComputedStyle(box).strokeDasharray);
  const drawn = [await dashes(/, answers$/), await dashes(/, does not answer$/), await dashes(/, not known whether it answers$/)];
  assert.equal(new Set(drawn).size, 3, drawn.join(' | '));
  assert.match(await page.locator('.picture-legend').textContent(), /target of which that is not known/);
}));

test('in the picture, what is pointed at or focused stands out with its links and their ends', () => onPage('estate.html', {}, async (page) => {
  const node = page.locator('.picture a[data-node]', { has: page.locator('text', { hasText: 'sql-old' }) });
  const lit = () => page.locator('.picture .lit').evaluateAll((all) => all.map((one) => one.querySelector('title').textContent).sort());
  const expected = ['SQL01 → sql-old: SQLOLD, broken', 'SQL01, audited', 'sql-old, does not answer'];
  await node.focus();
  assert.deepEqual(await lit(), expected);
  await page.locator('#search').focus();
  assert.deepEqual(await lit(), []);
  await node.hover();
  assert.deepEqual(await lit(), expected);
}));

test('a large estate is drawn by tag and domain, and what is broken is a part of each line', () => onPage('large.html', { hash: 'picture' }, async (page) => {
  const titles = await page.locator('.picture title').allTextContents();
  assert.ok(titles.some((title) => /^prod → corp\.example: \d+ links, \d+ broken$/.test(title)), titles.join('\n'));
  assert.match(await page.locator('.picture text', { hasText: 'prod' }).textContent(), /^prod \(\d+\)$/);
  const share = await page.locator('.picture a[data-ends]', { has: page.locator('.broken') }).first().evaluate((edge) => {
    const [, line, broken] = edge.querySelectorAll('line');
    return broken.getTotalLength() / line.getTotalLength();
  });
  assert.ok(share > 0.05 && share < 0.6, String(share));
}));

test('the remedy can be copied', () => onPage('estate.html', { permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
  await page.locator('.rule', { hasText: 'S02' }).locator('summary').click();
  await page.locator('.rule[open] .copy').first().click();
  await page.locator('.copy', { hasText: 'Copied' }).waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^EXEC master\.dbo\.sp_droplinkedsrvlogin/);
}));

test('of a remedy the commands are copied, each by itself, and what is said about them is not', () => onPage('moved.html', { permissions: ['clipboard-read', 'clipboard-write'], hash: 'SQL01/SQLOLD' }, async (page) => {
  const next = page.locator('[id="SQL01/SQLOLD"] .diagnosis .code');
  assert.deepEqual(await next.locator('code').allTextContents(), ["EXEC sys.sp_testlinkedserver @servername = N'A   B';", "Get-Service 'MSSQL*'"]);
  assert.deepEqual(await next.locator('.remark').allTextContents(), ['on SQL01; then', 'on sql-old']);
  await next.locator('.copy').last().click();
  await page.locator('.copy', { hasText: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "Get-Service 'MSSQL*'");
}));

test('with the keyboard alone', () => onPage('estate.html', {}, async (page) => {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.locator('[id="SQL01/SQLOLD"] > summary').focus();
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('[id="SQL01/SQLOLD"] .checklist').isVisible());
  await page.locator('.link-grid.head button', { hasText: 'Link' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('.chip', { hasText: 'broken' }).locator('input').focus();
  await page.keyboard.press('Space');
  assert.equal(await rows(page).count(), 9);
}));

test('on paper findings and broken links are open and the tools are gone', () => onPage('estate.html', {}, async (page) => {
  await page.emulateMedia({ media: 'print' });
  assert.ok(!(await page.locator('nav').isVisible()));
  assert.ok(!(await page.locator('.tools').isVisible()));
  assert.ok(await page.locator('.rule .evidence').first().isVisible());
  assert.ok(await page.locator('[id="SQL01/SQLOLD"] .checklist').isVisible());
}));

test('a report without diagnosis, findings or certificates says so', () => onPage('minimal.html', {}, async (page) => {
  assert.match(await page.locator('.headline').innerText(), /1 of 2 links does not work/);
  assert.match(await page.locator('.panel.breaks').innerText(), /Not worked out in this report/);
  assert.match(await page.locator('.panel.changed').innerText(), /no former report/);
  assert.match(await page.locator('.panel.unchecked').innerText(), /1 link was not tested from its instance; it says why\./);
  assert.deepEqual(await cells(page, 1), ['broken', 'not tested']);
}));
