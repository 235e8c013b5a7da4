// The page is complete without this: it only sorts, filters, copies and opens.
(function () {
  'use strict';

  /* ---- rows: a long list has them in groups, of which a browser lays out only those in sight ---- */

  function rowsOf(list) {
    const groups = Array.from(document.querySelectorAll('.' + list)).map(function (element) {
      return { element: element, rows: Array.from(element.children) };
    });
    function showInGroup(group, fits) {
      let count = 0;
      group.rows.forEach(function (row) {
        const fit = fits(row);
        if (row.hidden === fit) row.hidden = !fit;
        count += fit ? 1 : 0;
      });
      group.element.hidden = count === 0;
      // How high it is while it is out of sight; what it was when it had all rows does not count.
      group.element.style.containIntrinsicBlockSize = count === group.rows.length ? '' : 'calc(' + count + ' * var(--row))';
      return count;
    }
    return {
      all: groups.flatMap(function (group) { return group.rows; }),
      // Hides those that do not fit, and returns how many do.
      show: function (fits) {
        return groups.reduce(function (sum, group) { return sum + showInGroup(group, fits); }, 0);
      },
      // Puts all of them in that order.
      arrange: function (rows) {
        let from = 0;
        groups.forEach(function (group) {
          group.rows = rows.slice(from, from += group.rows.length);
          group.element.replaceChildren.apply(group.element, group.rows);
        });
      }
    };
  }

  /* ---- deep links: #instance/link opens the row and everything around it ---- */

  function open(id) {
    let target = document.getElementById(id);
    if (!target) {
      try {
        target = document.getElementById(id.split('/').map(encode).join('/'));
      } catch (e) {
        return;
      }
    }
    if (!target) return;
    const filtered = target.closest('[hidden]');
    if (filtered) choose(filtered.closest('section'), null);
    for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
    target.scrollIntoView({ block: 'start' });
    const summary = target.querySelector(':scope > summary');
    if (summary) summary.focus({ preventScroll: true });
  }
  function encode(part) {
    // As the page's identifiers are: everything but letters, digits and -_.!~*'()
    return encodeURIComponent(decodeURIComponent(part));
  }
  function follow() {
    if (location.hash.length > 1) open(location.hash.slice(1));
  }
  window.addEventListener('hashchange', follow);
  document.addEventListener('click', function (event) {
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    if (link.dataset.filter) choose(document.querySelector(link.hash), link.dataset.filter);
    else if (link.hash === location.hash) follow();
  });

  /* ---- copying ---- */

  document.querySelectorAll('.command').forEach(function (block) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.addEventListener('click', function () {
      const text = block.querySelector('code').textContent;
      const done = function (good) {
        button.textContent = good ? 'Copied' : 'Select and copy by hand';
        setTimeout(function () { button.textContent = 'Copy'; }, 2000);
      };
      if (navigator.clipboard) {
        navigator.clipboard.writeText(text).then(function () { done(true); }, function () { done(byHand(block)); });
      } else {
        done(byHand(block));
      }
    });
    block.appendChild(button);
  });
  function byHand(block) {
    const range = document.createRange();
    range.selectNodeContents(block.querySelector('code'));
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand('copy');
  }

  /* ---- the picture: begins in its middle; what a pointer or the keyboard is at stands out with its links ---- */

  const picture = document.querySelector('.picture');
  if (picture) {
    picture.scrollLeft = (picture.scrollWidth - picture.clientWidth) / 2;
    picture.scrollTop = (picture.scrollHeight - picture.clientHeight) / 2;
    const svg = picture.querySelector('svg');
    const edges = Array.from(svg.querySelectorAll('[data-ends]'));
    const aim = function (target) {
      const node = target && target.closest('[data-node]');
      svg.querySelectorAll('.lit').forEach(function (lit) { lit.classList.remove('lit'); });
      svg.classList.toggle('aimed', Boolean(node));
      if (!node) return;
      const near = new Set([node.dataset.node]);
      edges.forEach(function (edge) {
        const ends = edge.dataset.ends.split(' ');
        if (!ends.includes(node.dataset.node)) return;
        edge.classList.add('lit');
        ends.forEach(function (end) { near.add(end); });
      });
      svg.querySelectorAll('[data-node]').forEach(function (other) {
        if (near.has(other.dataset.node)) other.classList.add('lit');
      });
    };
    svg.addEventListener('pointerover', function (event) { aim(event.target); });
    svg.addEventListener('focusin', function (event) { aim(event.target); });
    picture.addEventListener('pointerleave', function () { aim(null); });
    picture.addEventListener('focusout', function () { aim(null); });
  }

  /* ---- filtering: boxes of one question widen what is shown, those of another narrow it ---- */

  function fits(boxes) {
    const wanted = {};
    boxes.forEach(function (box) { if (box.checked) (wanted[box.name] = wanted[box.name] || []).push(box.value); });
    return function (row) {
      return Object.keys(wanted).every(function (name) { return wanted[name].includes(row.dataset[name]); });
    };
  }
  // All that has the value, of a section's rows; with null, all of them.
  function choose(section, value) {
    const boxes = section.querySelectorAll('input[type=checkbox]');
    section.querySelectorAll('input[type=search]').forEach(function (search) { search.value = ''; });
    boxes.forEach(function (box) { box.checked = box.value === value; });
    if (boxes.length) boxes[0].dispatchEvent(new Event('change', { bubbles: true }));
  }
  document.querySelectorAll('.chips[data-rows]').forEach(function (chips) {
    const boxes = Array.from(chips.querySelectorAll('input'));
    const rows = rowsOf(chips.dataset.rows);
    chips.hidden = false;
    chips.addEventListener('change', function () { rows.show(fits(boxes)); });
  });

  /* ---- filtering and sorting the links ---- */

  const tools = document.querySelector('.tools');
  if (!tools) {
    follow();
    return;
  }
  tools.hidden = false;
  const search = document.getElementById('search');
  const boxes = Array.from(tools.querySelectorAll('input[type=checkbox]'));
  const shown = tools.querySelector('.shown');
  const none = document.querySelector('.none');
  const links = rowsOf('links');
  const texts = new Map(links.all.map(function (row) {
    const cause = row.querySelector('.cause');
    return [row, (row.querySelector('.row').textContent + ' ' + (cause ? cause.textContent : '')).toLowerCase()];
  }));

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fit = fits(boxes);
    const count = links.show(function (row) {
      const text = texts.get(row);
      return fit(row) && words.every(function (word) { return text.includes(word); });
    });
    shown.textContent = count === links.all.length ? '' : count + ' of ' + links.all.length + ' links';
    none.hidden = count > 0;
  }
  let waiting = 0;
  search.addEventListener('input', function () {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 20);
  });
  boxes.forEach(function (box) { box.addEventListener('change', filter); });
  document.addEventListener('keydown', function (event) {
    if (event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      search.focus();
    }
  });

  const order = { state: ['broken', 'login-refused', 'not-tested', 'off', 'works', 'not-network'] };
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
  function key(row, column) {
    const cells = row.querySelectorAll('.row > .cell');
    const index = ['state', 'instance', 'name', 'target', 'provider', 'verdict'].indexOf(column);
    return column === 'state' ? order.state.indexOf(row.dataset.state) : cells[index].textContent;
  }
  const buttons = [];
  document.querySelectorAll('.link-grid.head [data-sort]').forEach(function (cell) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = cell.textContent;
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', function () {
      const down = button.getAttribute('aria-pressed') === 'true' && !button.classList.contains('down');
      buttons.forEach(function (other) { other.setAttribute('aria-pressed', 'false'); other.classList.remove('down'); });
      button.setAttribute('aria-pressed', 'true');
      button.classList.toggle('down', down);
      const keyed = links.all.map(function (row, i) { return { row: row, key: key(row, cell.dataset.sort), i: i }; });
      keyed.sort(function (a, b) {
        const by = typeof a.key === 'number' ? a.key - b.key : collator.compare(a.key, b.key);
        return (down ? -by : by) || a.i - b.i;
      });
      links.arrange(keyed.map(function (item) { return item.row; }));
      filter();
    });
    cell.textContent = '';
    cell.appendChild(button);
    buttons.push(button);
  });

  follow();
})();
