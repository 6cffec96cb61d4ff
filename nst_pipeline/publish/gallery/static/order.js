// Filter and sort scenes by the page's address; the grid and the scene pages share this.
"use strict";

// The data files add the items, as arrays of the fields below.
var galleryItems = [];

const galleryOrder = (() => {
  const [KEY, TITLE, STATUS, NATURALNESS, CONFIDENCE, CHOSEN, LABELS, STICKERS, MADE, THUMB, ASPECT,
    IMAGE, ERROR, REVIEW] = Array(14).keys();
  const names = new Intl.Collator(undefined, { numeric: true });
  const HASH = /-[0-9a-f]{8}(\.\d+)?$/;
  let texts = [];

  // macOS file names decompose accents and Hangul; keyboards type composed characters.
  const folded = (text) => text.normalize("NFKC").toLowerCase();

  // Search keys without their hash: it would match any short number.
  function textOf(item) {
    const keys = item[STICKERS].map((key) => key.replace(HASH, ""));
    return folded([item[TITLE], ...item[LABELS], ...keys].join("\n"));
  }

  const isKey = (item, word) =>
    [item[KEY], ...item[STICKERS]].some((key) => folded(key) === word);

  // Rejected results are shown only to those who ask for them.
  function byReview(wanted) {
    if (wanted === "all") return null;
    if (!wanted) return (item) => item[REVIEW] !== "rejected";
    if (wanted === "to review") return (item) => ["", "to review"].includes(item[REVIEW]);
    return (item) => item[REVIEW] === wanted;
  }

  function filters(params) {
    const value = (name) => params.get(name);
    const minimum = (name) => Number(value(name)) || 0;
    const words = folded(value("q") || "").split(/\s+/).filter(Boolean);
    if (words.length && !texts.length) texts = galleryItems.map(textOf);
    return [
      byReview(value("review")),
      value("status") && ((item) => item[STATUS] === value("status")),
      value("chosen") && ((item) => item[CHOSEN] === value("chosen")),
      value("label") && ((item) => item[LABELS].includes(value("label"))),
      value("sticker") && ((item) => item[STICKERS].includes(value("sticker"))),
      minimum("naturalness") && ((item) => item[NATURALNESS] !== null && item[NATURALNESS] >= minimum("naturalness")),
      minimum("confidence")
        && ((item) => item[CONFIDENCE] !== null && item[CONFIDENCE] >= minimum("confidence")),
      value("favorites") && ((item) => galleryFavorites.has(item[KEY])),
      words.length && ((item, index) =>
        words.every((each) => texts[index].includes(each) || isKey(item, each))),
    ].filter(Boolean);
  }

  // Scenes without the figure or text come last in either direction.
  const byFigure = (field, sign) => (a, b) =>
    (a[field] === null) - (b[field] === null) || sign * (a[field] - b[field]);
  const byText = (textOf) => (a, b) =>
    !textOf(a) - !textOf(b) || names.compare(textOf(a), textOf(b));

  const byName = byText((item) => item[TITLE]);
  const sorters = {
    best: byFigure(NATURALNESS, -1),
    worst: byFigure(NATURALNESS, 1),
    sure: byFigure(CONFIDENCE, -1),
    unsure: byFigure(CONFIDENCE, 1),
    newest: (a, b) => (a[MADE] < b[MADE]) - (a[MADE] > b[MADE]),
    name: byName,
    label: byText((item) => item[LABELS].join()),
    sticker: byText((item) => item[STICKERS].join()),
    status: byText((item) => item[STATUS]),
  };

  // Indices of the items that match, in order.
  function order(params) {
    const items = galleryItems;
    const required = filters(params);
    const matching = [...items.keys()].filter(
      (index) => required.every((matches) => matches(items[index], index)));
    const first = sorters[params.get("sort")] || sorters.best;
    const ties = (a, b) => byName(a, b) || (a[KEY] < b[KEY] ? -1 : 1);
    return matching.sort((a, b) => first(items[a], items[b]) || ties(items[a], items[b]));
  }

  // The part of an address that selects scenes; the rest is the view of a single scene.
  const NAMES = ["q", "label", "sticker", "chosen", "status", "review", "naturalness", "confidence", "favorites",
    "sort"];
  // Names in addresses that were bookmarked in an earlier version.
  const FORMER_NAMES = { favorites: "favourites" };
  function filterOf(hash) {
    const given = new URLSearchParams(hash.replace(/^#/, ""));
    const value = (name) => given.get(name) || given.get(FORMER_NAMES[name]);
    return new URLSearchParams(NAMES.filter(value).map((name) => [name, value(name)]));
  }

  const withHash = (page, params) => String(params) ? `${page}#${params}` : page;

  // Remember the order for the scene pages, so that they need not load the data files.
  const root = new URL(`${document.body.dataset.root}/`, location).pathname;
  const STORED = `gallery-order ${root}`;

  function remember(filter, keys) {
    try {
      sessionStorage.setItem(STORED, JSON.stringify({ filter: String(filter), keys }));
    } catch {
      // Storage is full or disabled: the scene pages load the data files.
    }
  }

  function remembered(filter) {
    try {
      const stored = JSON.parse(sessionStorage.getItem(STORED));
      return stored && stored.filter === String(filter) ? stored.keys : null;
    } catch {
      return null;
    }
  }

  return {
    KEY, TITLE, STATUS, NATURALNESS, CONFIDENCE, CHOSEN, LABELS, STICKERS, THUMB, ASPECT, IMAGE, ERROR, REVIEW,
    filterOf, names, order, remember, remembered, root, sorters, withHash,
  };
})();
