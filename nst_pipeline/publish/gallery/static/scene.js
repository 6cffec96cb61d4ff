// A scene's page: its neighbors in the order of the grid, its star, and its keys.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const key = document.body.dataset.key;
  const filter = galleryOrder.filterOf(location.hash);
  const back = byId("back");

  // Neighbors

  function load(name) {
    return new Promise((done, failed) => {
      const script = document.createElement("script");
      Object.assign(script, { src: `../${name}`, async: false, onload: done, onerror: failed });
      document.head.append(script);
    });
  }

  async function orderedKeys() {
    const known = galleryOrder.remembered(filter);
    if (known && known.includes(key)) return known;
    await load("data/chunks.js");
    await Promise.all(galleryChunks.map(load));
    const keys = galleryOrder.order(filter).map((index) => galleryItems[index][galleryOrder.KEY]);
    galleryOrder.remember(filter, keys);
    return keys;
  }

  function lead(id, to) {
    const link = byId(id);
    link.hidden = !to;
    if (!to) return;
    const params = new URLSearchParams([...filter, ...galleryViewer.look()]);
    link.href = galleryOrder.withHash(`${encodeURIComponent(to)}.html`, params);
  }

  function showNeighbors(keys) {
    const position = keys.indexOf(key);
    if (position < 0) return;
    const number = new Intl.NumberFormat();
    byId("position").textContent = `${number.format(position + 1)} / ${number.format(keys.length)}`;
    const link = () => {
      lead("previous", keys[position - 1]);
      lead("next", keys[position + 1]);
    };
    galleryViewer.listen(link);
    link();
  }

  orderedKeys().then(showNeighbors, () => {});
  back.href = galleryOrder.withHash("../index.html", new URLSearchParams([...filter, ["at", key]]));
  galleryViewer.listen((look) => {
    const page = location.href.replace(/#.*/, "");
    history.replaceState(null, "", galleryOrder.withHash(page, new URLSearchParams([...filter, ...look])));
  });

  // The star

  const star = byId("favorite");
  const showStar = () => {
    if (star) star.setAttribute("aria-pressed", String(galleryFavorites.has(key)));
  };
  const toggleStar = () => galleryFavorites.toggle(key);
  if (star) star.addEventListener("click", toggleStar);
  galleryFavorites.listen(showStar);
  showStar();

  // Keys

  const follow = (link) => () => { if (!link.hidden) link.click(); };
  const keys = {
    j: follow(byId("next")),
    k: follow(byId("previous")),
    f: toggleStar,
    Escape: follow(back),
  };
  galleryKeys.listen((pressed, event) => keys[pressed] || galleryViewer.actionOf(pressed, event));
})();
