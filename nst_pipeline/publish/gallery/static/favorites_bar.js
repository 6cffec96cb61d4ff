// The bar that counts the favorites and saves a list of them as a file.
"use strict";

(() => {
  const { KEY, TITLE, NATURALNESS, CHOSEN, IMAGE } = galleryOrder;
  const byId = (id) => document.getElementById(id);
  const only = document.querySelector("[name=favorites]");

  // Only scenes that the gallery still has: favorites may have been removed from it.
  const present = () => galleryOrder.order(new URLSearchParams({ favorites: "only", sort: "name" }))
    .map((index) => galleryItems[index]);

  function show() {
    const count = present().length;
    byId("favorites-bar").hidden = !count && !only.checked;
    byId("favorites-count").textContent = `${count} ${count === 1 ? "favorite" : "favorites"}`;
  }

  function save(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // One path per line, relative to the gallery folder: input for `xargs` and `tar`.
  const asText = () => present().map((item) => `${item[IMAGE]}\n`).join("");

  const asJson = () => JSON.stringify(present().map((item) => ({
    key: item[KEY], scene: item[TITLE], picture: item[IMAGE], naturalness: item[NATURALNESS], chosen: item[CHOSEN],
  })), null, 1);

  byId("save-text").addEventListener("click", () => save("favorites.txt", "text/plain", asText()));
  byId("save-json").addEventListener("click",
    () => save("favorites.json", "application/json", asJson()));
  byId("clear-favorites").addEventListener("click", () => {
    if (confirm(`Remove ${byId("favorites-count").textContent}?`)) galleryFavorites.clear();
  });
  only.addEventListener("input", show);
  addEventListener("hashchange", show);
  galleryFavorites.listen(show);
  show();
})();
