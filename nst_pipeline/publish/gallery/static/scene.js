// A scene's page: links to its neighbors in the grid's order, favorite button, shortcuts.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const key = document.body.dataset.key;
  const filter = galleryOrder.filterOf(location.hash);
  const back = byId("back");

  // Neighbors

  function load(name) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: `../${name}`, async: false, onload: resolve, onerror: reject });
      document.head.append(script);
    });
  }

  async function orderedKeys() {
    const remembered = galleryOrder.remembered(filter);
    if (remembered && remembered.includes(key)) return remembered;
    await load(document.body.dataset.list);
    await Promise.all(galleryChunks.map(load));
    const keys = galleryOrder.order(filter).map((index) => galleryItems[index][galleryOrder.KEY]);
    galleryOrder.remember(filter, keys);
    return keys;
  }

  function setLink(id, to) {
    const link = byId(id);
    link.hidden = !to;
    if (!to) return;
    const params = new URLSearchParams([...filter, ...galleryViewer.state()]);
    link.href = galleryOrder.withHash(`${encodeURIComponent(to)}.html`, params);
  }

  function showNeighbors(keys) {
    const position = keys.indexOf(key);
    if (position < 0) return;
    const number = new Intl.NumberFormat();
    byId("position").textContent = `${number.format(position + 1)} / ${number.format(keys.length)}`;
    const setLinks = () => {
      setLink("previous", keys[position - 1]);
      setLink("next", keys[position + 1]);
    };
    galleryViewer.listen(setLinks);
    setLinks();
  }

  orderedKeys().then(showNeighbors, () => {});
  back.href = galleryOrder.withHash(back.getAttribute("href"), new URLSearchParams([...filter, ["at", key]]));
  galleryViewer.listen((state) => {
    const page = location.href.replace(/#.*/, "");
    history.replaceState(null, "", galleryOrder.withHash(page, new URLSearchParams([...filter, ...state])));
  });

  // Favorite button

  const star = byId("favorite");
  const showStar = () => {
    if (star) star.setAttribute("aria-pressed", String(galleryFavorites.has(key)));
  };
  const toggleStar = () => galleryFavorites.toggle(key);
  if (star) star.addEventListener("click", toggleStar);
  galleryFavorites.listen(showStar);
  showStar();

  // Shortcuts

  const follow = (link) => () => { if (!link.hidden) link.click(); };
  const keys = {
    j: follow(byId("next")),
    k: follow(byId("previous")),
    f: toggleStar,
    Escape: follow(back),
  };
  galleryKeys.listen((pressed, event) => keys[pressed] || galleryViewer.actionOf(pressed, event));
})();
