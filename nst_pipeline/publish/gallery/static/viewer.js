// Compare two of a scene's variants with a slider, and show overlays.
"use strict";

const galleryViewer = (() => {
  const STEP = 2;
  const byId = (id) => document.getElementById(id);
  const stage = byId("stage");
  const cut = byId("cut");
  const title = document.querySelector("h1").textContent;
  const variants = [...document.querySelectorAll("button.variant")];
  const toggles = [...document.querySelectorAll("[data-toggles]")];
  const choices = { left: byId("left-choice"), right: byId("right-choice") };
  const defaults = Object.fromEntries(
    Object.entries(choices).map(([side, choice]) => [side, choice && choice.value]));

  // The address holds the selection, so that it can be shared and carries over to other scenes.

  const listeners = [];

  function state() {
    const chosen = Object.entries(choices)
      .filter(([side, choice]) => choice && choice.value !== defaults[side])
      .map(([side, choice]) => [side, choice.value]);
    const on = toggles.filter((button) => button.getAttribute("aria-pressed") === "true");
    return [...chosen, ...on.map((button) => [button.dataset.toggles, "on"])];
  }

  function notify() {
    for (const listener of listeners) listener(state());
  }

  // Slider. On some phones a native slider moves only by its thumb, so it serves the keyboard
  // and screen readers, and the whole image follows the pointer.

  function showCut(percent) {
    cut.value = percent;
    stage.style.setProperty("--cut", `${cut.value}%`);
    const label = choices.left.selectedOptions[0].text;
    cut.setAttribute("aria-valuetext", `${Math.round(cut.value)}% ${label}`);
  }

  function follow(event) {
    const { left, width } = stage.getBoundingClientRect();
    showCut(100 * (event.clientX - left) / width);
  }

  function slide(step) {
    if (cut) showCut(Number(cut.value) + step);
  }

  if (cut) {
    cut.addEventListener("input", () => showCut(cut.value));
    cut.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -STEP, ArrowRight: STEP, ArrowDown: -STEP, ArrowUp: STEP }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      slide(step);
    });
    stage.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      stage.setPointerCapture(event.pointerId);
      follow(event);
    });
    stage.addEventListener("pointermove", (event) => {
      if (stage.hasPointerCapture(event.pointerId)) follow(event);
    });
    stage.addEventListener("dragstart", (event) => event.preventDefault());
  }

  // Variants

  function show(side, name) {
    const button = variants.find((each) => each.dataset.name === name);
    if (!button || !choices[side]) return;
    const { src, full, label, size, place } = button.dataset;
    const image = byId(side).querySelector(".picture");
    image.src = src;
    image.alt = `${title}, ${label}`;
    image.style = place;
    // An image of a part of the scene lies over the whole scene, where it was cropped.
    byId(side).querySelector(".ground").hidden = !place;
    byId(`${side}-tag`).textContent = label;
    choices[side].value = name;
    if (side === "right") {
      byId("full").href = full;
      byId("size").textContent = size;
      for (const other of variants) other.setAttribute("aria-pressed", String(other === button));
    } else {
      showCut(cut.value);
    }
    notify();
  }

  for (const [side, choice] of Object.entries(choices)) {
    if (choice) choice.addEventListener("input", () => show(side, choice.value));
  }
  for (const button of variants) {
    button.addEventListener("click", () => show("right", button.dataset.name));
  }

  // Overlays

  function toggle(name, on) {
    const button = toggles.find((each) => each.dataset.toggles === name);
    if (!button) return;
    const shown = on === undefined ? byId(name).hidden : on;
    button.setAttribute("aria-pressed", String(shown));
    byId(name).hidden = !shown;
    notify();
  }

  for (const button of toggles) {
    button.addEventListener("click", () => toggle(button.dataset.toggles));
  }

  function readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const side of Object.keys(choices)) show(side, given.get(side) || defaults[side]);
    for (const button of toggles) {
      toggle(button.dataset.toggles, given.has(button.dataset.toggles));
    }
  }

  readAddress();
  addEventListener("hashchange", readAddress);
  if (cut) showCut(cut.value);

  function actionOf(key, { code, shiftKey }) {
    const digit = /^Digit([1-9])$/.exec(code);
    const variant = digit && variants[digit[1] - 1];
    if (variant) return () => show(shiftKey ? "left" : "right", variant.dataset.name);
    return {
      ArrowLeft: () => slide(-STEP),
      ArrowRight: () => slide(STEP),
      m: () => toggle("mask"),
      b: () => toggle("outlines"),
    }[key];
  }

  return { actionOf, state, listen: (listener) => listeners.push(listener) };
})();
