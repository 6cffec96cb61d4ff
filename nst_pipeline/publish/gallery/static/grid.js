// The grid: filters, sorting, and rows of pictures of which only those in view exist.
"use strict";

(() => {
  const [KEY, TITLE, STATUS, SCORE, CHOSEN, LABELS, STICKERS, MADE, THUMB, ASPECT, PAGE, IMAGE] =
    Array(12).keys();
  const GAP = { narrow: 12, wide: 20 };
  const CAPTION = 72;
  const NARROW = 560;
  const ROW_HEIGHT = { narrow: 190, wide: 256 };
  // Panoramas and columns are cropped to these, so that no row is all one picture.
  const ASPECTS = [0.62, 2.2];
  // The last row is not stretched to the full width beyond this.
  const LAST_ROW = 1.15;
  const ORDER_STORED = "gallery-order";

  const items = galleryItems;
  const form = document.getElementById("controls");
  const grid = document.getElementById("grid");
  const fields = form.elements;
  const more = document.getElementById("more");
  const names = new Intl.Collator(undefined, { numeric: true });
  const number = new Intl.NumberFormat();
  const texts = items.map((item) => [item[TITLE], ...item[LABELS]].join("\n").toLowerCase());

  let shown = [];
  let rows = [];
  let gap = GAP.wide;
  const cards = new Map();

  // Filters

  const scores = items.map((item) => item[SCORE]).filter((score) => score !== null);
  const lowest = scores.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = scores.reduce((a, b) => Math.max(a, b), -Infinity);

  function fillOptions(name, valuesOf) {
    const values = new Set(items.flatMap(valuesOf).filter(Boolean));
    const select = fields[name];
    for (const value of [...values].sort(names.compare)) select.add(new Option(value, value));
    select.hidden = values.size < 2;
  }

  const leastScore = () =>
    fields.score.value === "0" ? -Infinity : lowest + (highest - lowest) * fields.score.value / 100;

  const byScore = (sign) => (a, b) =>
    (items[a][SCORE] === null) - (items[b][SCORE] === null)
    || sign * (items[a][SCORE] - items[b][SCORE])
    || names.compare(items[a][TITLE], items[b][TITLE]);

  const sorters = {
    best: byScore(-1),
    worst: byScore(1),
    newest: (a, b) => (items[a][MADE] < items[b][MADE]) - (items[a][MADE] > items[b][MADE]),
    name: (a, b) => names.compare(items[a][TITLE], items[b][TITLE]),
  };

  // Keys count as a whole only: they end in a hash, in which any short number is found.
  const isKey = (item, word) =>
    [item[KEY], ...item[STICKERS]].some((key) => key.toLowerCase() === word);

  function fits(item, index, words, least) {
    const is = (name, value) => !fields[name].value || fields[name].value === value;
    const has = (name, values) => !fields[name].value || values.includes(fields[name].value);
    return is("status", item[STATUS]) && is("chosen", item[CHOSEN])
      && has("label", item[LABELS]) && has("sticker", item[STICKERS])
      && (least === -Infinity || (item[SCORE] !== null && item[SCORE] >= least))
      && words.every((word) => texts[index].includes(word) || isKey(item, word));
  }

  function select() {
    const words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const least = leastScore();
    shown = [...items.keys()].filter((index) => fits(items[index], index, words, least));
    shown.sort(sorters[fields.sort.value]);
    const all = shown.length === items.length;
    const total = `${number.format(items.length)} ${items.length === 1 ? "scene" : "scenes"}`;
    document.getElementById("count").textContent =
      all ? total : `${number.format(shown.length)} of ${total}`;
    document.getElementById("none").hidden = shown.length > 0;
    form.querySelector("output").textContent = least === -Infinity ? "any" : least.toFixed(2);
    form.querySelector("button[type=reset]").hidden = all && fields.sort.value === "best";
  }

  // The address keeps the filters, so that Back and bookmarks find them again.

  function writeAddress() {
    const kept = [...new FormData(form)].filter(([name, value]) =>
      value && !(name === "sort" && value === "best") && !(name === "score" && value === "0"));
    const hash = new URLSearchParams(kept).toString();
    if (hash !== location.hash.slice(1)) history.replaceState(null, "", `#${hash}`);
  }

  function readAddress() {
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
      if (fields[name]) fields[name].value = value;
    }
    if (!fields.sort.value) fields.sort.value = "best";
  }

  // Rows

  const clamp = (value, [low, high]) => Math.min(Math.max(value, low), high);

  function layOut() {
    const width = grid.clientWidth;
    const kind = width < NARROW ? "narrow" : "wide";
    const wanted = ROW_HEIGHT[kind];
    gap = GAP[kind];
    rows = [];
    let top = 0;
    for (let start = 0; start < shown.length;) {
      let end = start;
      let aspects = 0;
      let height = Infinity;
      while (end < shown.length && height > wanted) {
        aspects += clamp(items[shown[end++]][ASPECT], ASPECTS);
        height = (width - gap * (end - start - 1)) / aspects;
      }
      height = Math.min(height, wanted * LAST_ROW);
      rows.push({ start, end, top, height });
      top += height + CAPTION;
      start = end;
    }
    grid.style.height = `${top}px`;
  }

  function rowAt(y) {
    let low = 0;
    let high = rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (rows[middle].top <= y) low = middle; else high = middle - 1;
    }
    return low;
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function line(className, left, right) {
    const made = element("span", `line ${className}`);
    made.append(element("span", "", left), element("span", "", right));
    return made;
  }

  function frameOf(item) {
    if (!item[THUMB]) return element("span", "frame bare", "No picture");
    const frame = element("span", "frame");
    const image = new Image();
    image.decoding = "async";
    const of = item[LABELS].length ? `, with ${item[LABELS].join(", ")}` : "";
    image.alt = `${item[TITLE]}${of}`;
    image.src = `${item[IMAGE]}?v=${item[THUMB]}`;
    frame.append(image);
    return frame;
  }

  function cardOf(position) {
    const item = items[shown[position]];
    const card = element("a", "card");
    card.href = item[PAGE];
    card.title = item[TITLE];
    const second = line("second", item[LABELS].join(", ") || " ", item[CHOSEN]);
    if (item[STATUS] !== "ok") {
      second.lastChild.textContent = item[STATUS];
      second.lastChild.className = "alarm";
    }
    const score = item[SCORE] === null ? "" : item[SCORE].toFixed(2);
    // The file's own name: folders would leave no room for it, and stand in the tooltip.
    const name = item[TITLE].split("/").pop();
    card.append(frameOf(item), line("first", name, score), second);
    const cell = element("div", "");
    cell.setAttribute("role", "listitem");
    cell.setAttribute("aria-setsize", shown.length);
    cell.setAttribute("aria-posinset", position + 1);
    cell.dataset.position = position;
    cell.append(card);
    return cell;
  }

  function placeRow({ start, end, top, height }, before) {
    let left = 0;
    const whole = grid.clientWidth;
    for (let position = start; position < end; position++) {
      const width = clamp(items[shown[position]][ASPECT], ASPECTS) * height;
      if (!cards.has(position)) {
        cards.set(position, cardOf(position));
        grid.insertBefore(cards.get(position), before(position));
      }
      const card = cards.get(position).firstChild;
      Object.assign(card.style, { left: `${left}px`, top: `${top}px`, width: `${Math.min(width, whole)}px` });
      card.firstChild.style.height = `${height}px`;
      left += width + gap;
    }
  }

  // Cards are added between those that stay: moving a focused one would take its focus away.
  const follower = (position) =>
    [...grid.children].find((cell) => Number(cell.dataset.position) > position) || null;

  function draw() {
    if (!rows.length) return;
    const top = -grid.getBoundingClientRect().top;
    const first = rowAt(top - innerHeight / 2);
    const last = rowAt(top + innerHeight * 1.5);
    const [from, to] = [rows[first].start, rows[last].end];
    for (const [position, cell] of cards) {
      if ((position < from || position >= to) && !cell.contains(document.activeElement)) {
        cell.remove();
        cards.delete(position);
      }
    }
    for (const row of rows.slice(first, last + 1)) placeRow(row, follower);
  }

  function forget() {
    cards.clear();
    grid.replaceChildren();
  }

  function refresh() {
    select();
    forget();
    layOut();
    draw();
  }

  // Keyboard

  function focusOn(position) {
    const target = Math.min(Math.max(position, 0), shown.length - 1);
    const row = rows.find(({ end }) => target < end);
    const bar = form.getBoundingClientRect().height;
    const offset = grid.getBoundingClientRect().top + scrollY;
    const above = offset + row.top - bar - gap;
    const below = offset + row.top + row.height + CAPTION - innerHeight;
    if (scrollY > above) scrollTo(0, above);
    else if (scrollY < below) scrollTo(0, below);
    draw();
    cards.get(target).firstChild.focus({ preventScroll: true });
  }

  function neighbour(position, down) {
    const row = rows.findIndex(({ end }) => position < end);
    const next = rows[row + down];
    if (!next) return position;
    const share = (position - rows[row].start + 0.5) / (rows[row].end - rows[row].start);
    return next.start + Math.floor(share * (next.end - next.start));
  }

  const moves = {
    ArrowRight: (position) => position + 1,
    ArrowLeft: (position) => position - 1,
    ArrowDown: (position) => neighbour(position, 1),
    ArrowUp: (position) => neighbour(position, -1),
    Home: () => 0,
    End: () => shown.length - 1,
  };

  grid.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-position]");
    if (!cell || !moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    focusOn(moves[event.key](Number(cell.dataset.position)));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select")) {
      event.preventDefault();
      fields.q.focus();
    }
  });

  // A scene's page leads on to its neighbours in the order seen here.
  grid.addEventListener("click", () => {
    const pages = shown.map((index) => items[index][PAGE].replace(/^scenes\//, ""));
    try {
      sessionStorage.setItem(ORDER_STORED, JSON.stringify({ pages, hash: location.hash }));
    } catch {
      // Some browsers keep nothing for pages opened from disk: the links are left out.
    }
  });

  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  function changed() {
    refresh();
    writeAddress();
    if (grid.getBoundingClientRect().top < 0) scrollTo(0, form.offsetTop);
  }

  addEventListener("scroll", soon, { passive: true });
  new ResizeObserver(() => { layOut(); draw(); }).observe(form);
  addEventListener("hashchange", () => { form.reset(); readAddress(); refresh(); });
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  more.addEventListener("click", () => {
    more.setAttribute("aria-expanded", String(form.classList.toggle("open")));
  });

  fillOptions("label", (item) => item[LABELS]);
  fillOptions("sticker", (item) => item[STICKERS]);
  fillOptions("chosen", (item) => item[CHOSEN]);
  fillOptions("status", (item) => item[STATUS]);
  form.querySelector(".least").hidden = !(highest > lowest);
  readAddress();
  refresh();
})();
