// Scenes that someone picked: kept by the browser, for this gallery's place.
"use strict";

const galleryFavorites = (() => {
  const STORED = `gallery-favorites ${galleryOrder.root}`;
  const listeners = [];
  let keys = new Set();

  function read() {
    try {
      keys = new Set(JSON.parse(localStorage.getItem(STORED)));
    } catch {
      // The browser keeps nothing here: they last as long as the page.
    }
  }

  function tell() {
    for (const listener of listeners) listener();
  }

  function change(edit) {
    read();
    edit();
    try {
      localStorage.setItem(STORED, JSON.stringify([...keys]));
    } catch {
      // As above.
    }
    tell();
  }

  // Another tab, or the page one came back from, may have changed them.
  addEventListener("storage", ({ key }) => { if (key === STORED) { read(); tell(); } });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) { read(); tell(); } });
  read();

  return {
    clear: () => change(() => keys.clear()),
    has: (key) => keys.has(key),
    listen: (listener) => listeners.push(listener),
    get size() { return keys.size; },
    toggle: (key) => change(() => { if (!keys.delete(key)) keys.add(key); }),
  };
})();
