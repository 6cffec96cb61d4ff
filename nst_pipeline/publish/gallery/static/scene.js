// A scene's page: the slider, variants, overlays, and the way to its neighbours.
"use strict";

(() => {
  const ORDER_STORED = "gallery-order";
  const SLIDE_STEP = 2;
  const byId = (id) => document.getElementById(id);
  const stage = byId("stage");
  const cut = byId("cut");
  const variants = [...document.querySelectorAll("button.variant")];

  // The slider

  function showCut() {
    stage.style.setProperty("--cut", `${cut.value}%`);
    cut.setAttribute("aria-valuetext", `${cut.value} % ${cut.dataset.before}`);
  }

  if (cut) {
    cut.addEventListener("input", showCut);
    showCut();
  }

  // Variants

  function showVariant(button) {
    const { src, full, label, width, height, aligned } = button.dataset;
    const image = byId("after");
    image.src = src;
    image.alt = `${document.querySelector("h1").textContent}, ${label}`;
    byId("after-label").textContent = label;
    byId("full").href = full;
    byId("size").textContent = `${width} × ${height}`;
    // A cut-out part of the scene cannot lie over it: it is shown by itself.
    stage.classList.toggle("single", aligned !== "true");
    for (const other of variants) other.setAttribute("aria-pressed", String(other === button));
  }

  for (const button of variants) button.addEventListener("click", () => showVariant(button));

  // Overlays

  const toggles = [...document.querySelectorAll("[data-toggles]")];

  function toggle(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    byId(button.dataset.toggles).hidden = !on;
  }

  for (const button of toggles) button.addEventListener("click", () => toggle(button));

  // Neighbours

  function storedOrder() {
    try {
      return JSON.parse(sessionStorage.getItem(ORDER_STORED));
    } catch {
      return null;
    }
  }

  function lead(id, page) {
    if (!page) return;
    byId(id).href = page;
    byId(id).hidden = false;
  }

  const order = storedOrder();
  const here = `${encodeURIComponent(document.body.dataset.key)}.html`;
  const position = order
    ? order.pages.findIndex((page) => decodeURIComponent(page) === decodeURIComponent(here)) : -1;
  if (position >= 0) {
    lead("previous", order.pages[position - 1]);
    lead("next", order.pages[position + 1]);
    byId("back").href += order.hash;
  }

  // Keyboard

  const follow = (id) => () => { if (byId(id).href) byId(id).click(); };
  const press = (name) => () => {
    const button = toggles.find((each) => each.dataset.toggles === name);
    if (button) toggle(button);
  };
  const slide = (step) => () => {
    if (!cut || document.activeElement === cut) return;
    cut.value = Number(cut.value) + step;
    showCut();
  };
  const keys = {
    ArrowLeft: slide(-SLIDE_STEP),
    ArrowRight: slide(SLIDE_STEP),
    j: follow("next"),
    k: follow("previous"),
    m: press("mask"),
    p: press("outlines"),
    Escape: follow("back"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const variant = /^[1-9]$/.test(event.key) && variants[Number(event.key) - 1];
    const action = variant ? () => showVariant(variant) : keys[event.key];
    if (action) action();
  });

})();
