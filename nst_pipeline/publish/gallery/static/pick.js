// The bar of favorites: how many there are, and their list as a file.
"use strict";

(() => {
  const { KEY, TITLE, SCORE, CHOSEN, PICTURE } = galleryOrder;
  const byId = (id) => document.getElementById(id);
  const only = document.querySelector("[name=favorites]");

  // Those of this gallery: others may have been removed since they were picked.
  const picked = () => galleryOrder.order(new URLSearchParams({ favorites: "only", sort: "name" }))
    .map((index) => galleryItems[index]);

  function show() {
    const count = picked().length;
    byId("picked").hidden = !count && !only.checked;
    byId("picked-count").textContent = `${count} ${count === 1 ? "favorite" : "favorites"}`;
  }

  function save(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // One path on each line, from the gallery's folder: fit for `xargs` and `tar`.
  const asText = () => picked().map((item) => `${item[PICTURE]}\n`).join("");

  const asJson = () => JSON.stringify(picked().map((item) => ({
    key: item[KEY], scene: item[TITLE], picture: item[PICTURE], score: item[SCORE], chosen: item[CHOSEN],
  })), null, 1);

  byId("save-text").addEventListener("click", () => save("favorites.txt", "text/plain", asText()));
  byId("save-json").addEventListener("click",
    () => save("favorites.json", "application/json", asJson()));
  byId("forget").addEventListener("click", () => {
    if (confirm(`Forget ${byId("picked-count").textContent}?`)) galleryFavorites.clear();
  });
  only.addEventListener("input", show);
  addEventListener("hashchange", show);
  galleryFavorites.listen(show);
  show();
})();
