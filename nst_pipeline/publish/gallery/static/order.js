// Which scenes fit an address, and in which order: the same for the grid and a scene's page.
"use strict";

// Filled by the data files.
var galleryItems = [];

const galleryOrder = (() => {
  const [KEY, TITLE, STATUS, SCORE, CONFIDENCE, CHOSEN, LABELS, STICKERS, MADE, THUMB, ASPECT,
    PICTURE, ERROR] = Array(13).keys();
  const names = new Intl.Collator(undefined, { numeric: true });
  const HASH = /-[0-9a-f]{8}(\.\d+)?$/;
  let texts = [];

  // Macs write Korean and accents in parts, keyboards as a whole.
  const folded = (text) => text.normalize("NFKC").toLowerCase();

  // Of keys their names are searched; in their hash any short number would be found.
  function textOf(item) {
    const keys = item[STICKERS].map((key) => key.replace(HASH, ""));
    return folded([item[TITLE], ...item[LABELS], ...keys].join("\n"));
  }

  const isKey = (item, word) =>
    [item[KEY], ...item[STICKERS]].some((key) => folded(key) === word);

  function tests(params) {
    const word = (name) => params.get(name);
    const least = (name) => Number(word(name)) || 0;
    const words = folded(word("q") || "").split(/\s+/).filter(Boolean);
    if (words.length && !texts.length) texts = galleryItems.map(textOf);
    return [
      word("status") && ((item) => item[STATUS] === word("status")),
      word("chosen") && ((item) => item[CHOSEN] === word("chosen")),
      word("label") && ((item) => item[LABELS].includes(word("label"))),
      word("sticker") && ((item) => item[STICKERS].includes(word("sticker"))),
      least("score") && ((item) => item[SCORE] !== null && item[SCORE] >= least("score")),
      least("confidence")
        && ((item) => item[CONFIDENCE] !== null && item[CONFIDENCE] >= least("confidence")),
      word("favorites") && ((item) => galleryFavorites.has(item[KEY])),
      words.length && ((item, index) =>
        words.every((each) => texts[index].includes(each) || isKey(item, each))),
    ].filter(Boolean);
  }

  // Scenes without the figure, or without a word, come last either way.
  const byFigure = (field, sign) => (a, b) =>
    (a[field] === null) - (b[field] === null) || sign * (a[field] - b[field]);
  const byText = (textOf) => (a, b) =>
    !textOf(a) - !textOf(b) || names.compare(textOf(a), textOf(b));

  const byName = byText((item) => item[TITLE]);
  const sorters = {
    best: byFigure(SCORE, -1),
    worst: byFigure(SCORE, 1),
    sure: byFigure(CONFIDENCE, -1),
    unsure: byFigure(CONFIDENCE, 1),
    newest: (a, b) => (a[MADE] < b[MADE]) - (a[MADE] > b[MADE]),
    name: byName,
    label: byText((item) => item[LABELS].join()),
    sticker: byText((item) => item[STICKERS].join()),
    status: byText((item) => item[STATUS]),
  };

  // Numbers of the items that fit, in order.
  function order(params) {
    const items = galleryItems;
    const asked = tests(params);
    const fitting = [...items.keys()].filter(
      (index) => asked.every((fits) => fits(items[index], index)));
    const first = sorters[params.get("sort")] || sorters.best;
    const ties = (a, b) => byName(a, b) || (a[KEY] < b[KEY] ? -1 : 1);
    return fitting.sort((a, b) => first(items[a], items[b]) || ties(items[a], items[b]));
  }

  // What of an address says which scenes there are; the rest is how one of them is looked at.
  const NAMES = ["q", "label", "sticker", "chosen", "status", "score", "confidence", "favorites",
    "sort"];
  function filterOf(hash) {
    const given = new URLSearchParams(hash.replace(/^#/, ""));
    return new URLSearchParams(NAMES.filter((name) => given.get(name))
      .map((name) => [name, given.get(name)]));
  }

  const withHash = (page, params) => String(params) ? `${page}#${params}` : page;

  // The order is kept for the pages that follow: they need not load the data for it.
  const root = new URL(`${document.body.dataset.root}/`, location).pathname;
  const STORED = `gallery-order ${root}`;

  function remember(filter, keys) {
    try {
      sessionStorage.setItem(STORED, JSON.stringify({ filter: String(filter), keys }));
    } catch {
      // No room, or none allowed: pages load the data.
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
    KEY, TITLE, STATUS, SCORE, CONFIDENCE, CHOSEN, LABELS, STICKERS, THUMB, ASPECT, PICTURE, ERROR,
    filterOf, names, order, remember, remembered, root, sorters, withHash,
  };
})();
