// Favorite scenes. The browser stores them, separately for each gallery's location.
"use strict";

const galleryFavorites = (() => {
  const STORED = `gallery-favorites ${galleryOrder.root}`;
  // Earlier versions stored them under this key.
  const FORMERLY_STORED = `gallery-favourites ${galleryOrder.root}`;
  const listeners = [];
  let keys = new Set();

  const stored = (name) => JSON.parse(localStorage.getItem(name)) || [];

  function read() {
    try {
      keys = new Set(stored(STORED));
    } catch {
      // The browser stores nothing for this page: favorites last until it is closed.
    }
  }

  // Move the favorites of an earlier version to the present key, once.
  function adoptFormer() {
    try {
      const former = stored(FORMERLY_STORED);
      if (!former.length) return;
      localStorage.setItem(STORED, JSON.stringify([...new Set([...stored(STORED), ...former])]));
      localStorage.removeItem(FORMERLY_STORED);
    } catch {
      // As above.
    }
  }

  function notify() {
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
    notify();
  }

  // Another tab may have changed them, or the page that Back returns from.
  addEventListener("storage", ({ key }) => { if (key === STORED) { read(); notify(); } });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) { read(); notify(); } });
  adoptFormer();
  read();

  return {
    clear: () => change(() => keys.clear()),
    has: (key) => keys.has(key),
    listen: (listener) => listeners.push(listener),
    get size() { return keys.size; },
    toggle: (key) => change(() => { if (!keys.delete(key)) keys.add(key); }),
  };
})();
