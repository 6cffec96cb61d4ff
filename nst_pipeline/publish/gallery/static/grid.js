// The grid: filters, and rows of cards. Only the cards near the visible part exist.
"use strict";

(() => {
  const { KEY, TITLE, STATUS, NATURALNESS, CONFIDENCE, CHOSEN, LABELS, STICKERS, THUMB, ASPECT, ERROR, REVIEW } =
    galleryOrder;
  const GAP = { narrow: 12, wide: 20 };
  const CAPTION = 74;
  const NARROW = 560;
  const ROW_HEIGHT = { narrow: 190, wide: 256 };
  // Very wide and very tall images are cropped to these, so that no image fills a row.
  const ASPECTS = [0.62, 2.2];

  const items = galleryItems;
  const form = document.getElementById("controls");
  const grid = document.getElementById("grid");
  const fields = form.elements;
  const more = document.getElementById("more");
  const clear = document.getElementById("clear");
  const number = new Intl.NumberFormat();

  let params = new URLSearchParams();
  let shown = [];
  let rows = [];
  let gap = GAP.wide;
  const cards = new Map();

  // Controls

  function fillOptions(name, valuesOf) {
    const values = new Set(items.flatMap(valuesOf).filter(Boolean));
    const select = fields[name];
    for (const value of [...values].sort(galleryOrder.names.compare)) {
      select.add(new Option(value, value));
    }
    select.hidden = values.size < 2;
  }

  function setRange(name, field) {
    const input = fields[name];
    let [low, high] = [Infinity, -Infinity];
    for (const item of items) {
      if (item[field] === null) continue;
      low = Math.min(low, item[field]);
      high = Math.max(high, item[field]);
    }
    const [min, max] = [Math.floor(low * 100) / 100, Math.floor(high * 100) / 100];
    input.disabled = input.parentElement.hidden = !(max > min);
    Object.assign(input, { min, max, step: 0.01, defaultValue: min });
  }

  const isDefault = (name, value) => !value || (name === "sort" && value === "best")
    || (fields[name].type === "range" && value === fields[name].defaultValue);

  function readForm() {
    const kept = [...new FormData(form)].filter(([name, value]) => !isDefault(name, value));
    return galleryOrder.filterOf(String(new URLSearchParams(kept)));
  }

  function showState() {
    const all = shown.length === items.length;
    const total = `${number.format(items.length)} ${items.length === 1 ? "scene" : "scenes"}`;
    document.getElementById("count").textContent =
      all ? total : `${number.format(shown.length)} of ${total}`;
    document.getElementById("none").hidden = shown.length > 0;
    for (const output of form.querySelectorAll("output")) {
      const input = output.previousElementSibling;
      output.textContent = input.value === input.defaultValue ? "any" : Number(input.value).toFixed(2);
    }
    clear.hidden = !String(params);
  }

  // The address holds the filters: Back undoes one, and bookmarks and links restore them.
  // Typing or dragging counts as one step.

  let changing = false;

  function writeAddress() {
    const page = location.href.replace(/#.*/, "");
    const address = galleryOrder.withHash(page, params);
    if (address === location.href) return;
    history[changing ? "replaceState" : "pushState"](null, "", address);
    changing = true;
  }

  // `at` names the scene page that the user comes back from.
  function readAddress() {
    form.reset();
    for (const [name, value] of galleryOrder.filterOf(location.hash)) {
      const field = fields[name];
      if (field.type === "checkbox") field.checked = true;
      else field.value = value;
      // Keep a value that no longer exists, such as a removed sticker: it then matches no scene.
      if (field.type === "select-one" && !field.value) field.add(new Option(value, value, false, true));
    }
    if (!(fields.sort.value in galleryOrder.sorters)) fields.sort.value = "best";
    changing = false;
    refresh();
    const at = new URLSearchParams(location.hash.slice(1)).get("at");
    if (!at) return;
    history.replaceState(null, "", galleryOrder.withHash(location.href.replace(/#.*/, ""), params));
    const position = shown.findIndex((index) => items[index][KEY] === at);
    if (position >= 0) focusOn(position);
  }

  // Rows

  const clamp = (value, [low, high]) => Math.min(Math.max(value, low), high);
  const aspectOf = (position) => clamp(items[shown[position]][ASPECT], ASPECTS);

  // Put as many images into a row as fill the width at about the desired height; the last row
  // keeps the height of the one above.
  function layOut() {
    const width = grid.clientWidth;
    const kind = width < NARROW ? "narrow" : "wide";
    gap = GAP[kind];
    rows = [];
    let top = 0;
    for (let start = 0; start < shown.length;) {
      let end = start;
      let aspects = 0;
      let height = Infinity;
      while (end < shown.length && height > ROW_HEIGHT[kind]) {
        aspects += aspectOf(end++);
        height = (width - gap * (end - start - 1)) / aspects;
      }
      if (height > ROW_HEIGHT[kind]) {
        height = Math.min(height, rows.length ? rows.at(-1).height : ROW_HEIGHT[kind]);
      }
      rows.push({ start, end, top, height });
      top += height + CAPTION;
      start = end;
    }
    grid.style.height = `${top}px`;
  }

  const rowOf = (position) => rows.findIndex(({ end }) => position < end);

  function rowAt(y) {
    let low = 0;
    let high = rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (rows[middle].top <= y) low = middle; else high = middle - 1;
    }
    return low;
  }

  // Cards

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) {
      made.textContent = text;
      made.dir = "auto";
    }
    return made;
  }

  function line(className, left, right) {
    const made = element("span", `line ${className}`);
    made.append(element("span", "", left), element("span", "", right));
    return made;
  }

  function frameOf(item) {
    if (!item[THUMB]) return element("span", "frame bare", item[ERROR] || "No image");
    const frame = element("span", "frame");
    const image = new Image();
    image.decoding = "async";
    const of = item[LABELS].length ? `, with ${item[LABELS].join(", ")}` : "";
    image.alt = `${item[TITLE]}${of}`;
    image.src = `thumbs/${encodeURIComponent(item[KEY])}.webp?v=${item[THUMB]}`;
    frame.append(image);
    return frame;
  }

  const MARKS = { approved: "Approved", rejected: "Rejected", "to be made anew": "To be made anew", "to review": "To review again" };

  function markOf(item) {
    return item[REVIEW] in MARKS ? [element("span", `mark ${item[REVIEW]}`, MARKS[item[REVIEW]])] : [];
  }

  function linkOf(item) {
    const card = element("a", "card");
    card.href = galleryOrder.withHash(`scenes/${encodeURIComponent(item[KEY])}.html`, params);
    card.title = item[TITLE];
    const second = line("second", item[LABELS].join(", ") || " ", item[CHOSEN]);
    if (item[STATUS] !== "ok") {
      second.lastChild.textContent = item[STATUS];
      if (item[STATUS] === "failed") second.lastChild.className = "alarm";
    }
    const confident = params.has("confidence") || /sure$/.test(params.get("sort"));
    const figure = item[confident ? CONFIDENCE : NATURALNESS];
    const value = figure === null ? "" : figure.toFixed(2);
    // The file name only; the tooltip shows the folders.
    const name = item[TITLE].split("/").pop();
    card.append(frameOf(item), ...markOf(item), line("first", name, confident && value ? `confidence ${value}` : value), second);
    return card;
  }

  function starOf(item) {
    const star = element("button", "star");
    star.type = "button";
    star.setAttribute("aria-label", `Favorite: ${item[TITLE]}`);
    star.setAttribute("aria-pressed", String(galleryFavorites.has(item[KEY])));
    star.addEventListener("click", () => galleryFavorites.toggle(item[KEY]));
    return star;
  }

  function cellOf(position) {
    const item = items[shown[position]];
    const cell = element("div", "cell");
    cell.setAttribute("role", "listitem");
    cell.setAttribute("aria-setsize", shown.length);
    cell.setAttribute("aria-posinset", position + 1);
    cell.dataset.position = position;
    cell.append(linkOf(item), starOf(item));
    return cell;
  }

  // Insert cells between those that stay: moving a focused one would remove its focus.
  const follower = (position) =>
    [...grid.children].find((cell) => Number(cell.dataset.position) > position) || null;

  function placeRow({ start, end, top, height }) {
    let left = 0;
    for (let position = start; position < end; position++) {
      const width = Math.min(aspectOf(position) * height, grid.clientWidth);
      if (!cards.has(position)) {
        cards.set(position, cellOf(position));
        grid.insertBefore(cards.get(position), follower(position));
      }
      const cell = cards.get(position);
      Object.assign(cell.style, { left: `${left}px`, top: `${top}px`, width: `${width}px` });
      cell.style.setProperty("--height", `${height}px`);
      left += width + gap;
    }
  }

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
    for (const row of rows.slice(first, last + 1)) placeRow(row);
  }

  function refresh() {
    params = readForm();
    shown = galleryOrder.order(params);
    showState();
    cards.clear();
    grid.replaceChildren();
    layOut();
    draw();
  }

  // Keyboard

  function focusOn(position) {
    const target = Math.min(Math.max(position, 0), shown.length - 1);
    const row = rows[rowOf(target)];
    const bar = getComputedStyle(form).position === "sticky" ? form.offsetHeight : 0;
    const offset = grid.getBoundingClientRect().top + scrollY;
    const above = offset + row.top - bar - gap;
    const below = offset + row.top + row.height + CAPTION - innerHeight;
    if (scrollY > above) scrollTo(0, above);
    else if (scrollY < below) scrollTo(0, below);
    draw();
    cards.get(target).firstChild.focus({ preventScroll: true });
  }

  function neighbor(position, down) {
    const row = rowOf(position);
    const next = rows[row + down];
    if (!next) return position;
    const share = (position - rows[row].start + 0.5) / (rows[row].end - rows[row].start);
    return next.start + Math.floor(share * (next.end - next.start));
  }

  const moves = {
    ArrowRight: (position) => position + 1,
    ArrowLeft: (position) => position - 1,
    ArrowDown: (position) => neighbor(position, 1),
    ArrowUp: (position) => neighbor(position, -1),
    Home: () => 0,
    End: () => shown.length - 1,
  };

  function inGrid(key, { target }) {
    const cell = target.closest("[data-position]");
    if (!cell) return null;
    const position = Number(cell.dataset.position);
    if (moves[key]) return () => focusOn(moves[key](position));
    return key === "f" && (() => galleryFavorites.toggle(items[shown[position]][KEY]));
  }

  galleryKeys.listen(
    (key, event) => inGrid(key, event) || (key === "/" && (() => fields.q.focus())));

  // Changes

  function changed() {
    refresh();
    writeAddress();
    if (grid.getBoundingClientRect().top < 0) scrollTo(0, form.offsetTop);
  }

  function showFavorites() {
    const focused = document.activeElement.closest("[data-position]");
    if (params.has("favorites")) {
      refresh();
      if (focused && shown.length) focusOn(Number(focused.dataset.position));
    }
    for (const [position, cell] of cards) {
      const on = galleryFavorites.has(items[shown[position]][KEY]);
      cell.lastChild.setAttribute("aria-pressed", String(on));
    }
  }

  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  grid.addEventListener("click", () =>
    galleryOrder.remember(params, shown.map((index) => items[index][KEY])));
  addEventListener("scroll", soon, { passive: true });
  addEventListener("hashchange", readAddress);
  new ResizeObserver(() => { layOut(); draw(); }).observe(form);
  for (const field of fields) {
    field.addEventListener("input", changed);
    field.addEventListener("change", () => { changing = false; });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  clear.addEventListener("click", () => {
    form.reset();
    changed();
    changing = false;
    fields.q.focus();
  });
  more.addEventListener("click", () => {
    more.setAttribute("aria-expanded", String(form.classList.toggle("open")));
  });
  galleryFavorites.listen(showFavorites);

  fillOptions("label", (item) => item[LABELS]);
  fillOptions("sticker", (item) => item[STICKERS]);
  fillOptions("chosen", (item) => item[CHOSEN]);
  fillOptions("status", (item) => item[STATUS]);
  fields.review.hidden = !items.some((item) => item[REVIEW]);
  setRange("naturalness", NATURALNESS);
  setRange("confidence", CONFIDENCE);
  readAddress();
})();
