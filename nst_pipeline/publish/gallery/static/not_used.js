// Draw boxes on photos, and copy them as rows of a box file.
"use strict";

(() => {
  const SMALLEST_PX = 4;

  // A click is no box.
  const isBox = (box) => box && box.width >= SMALLEST_PX && box.height >= SMALLEST_PX;

  // The rectangle between two corners, in pixels of the shown photo.
  function between(from, to) {
    const x = Math.min(from.x, to.x), y = Math.min(from.y, to.y);
    return { x, y, width: Math.abs(from.x - to.x), height: Math.abs(from.y - to.y) };
  }

  function listen(canvas) {
    const rows = canvas.parentElement.querySelector("textarea");
    const { name, width, height } = canvas.dataset;
    let start = null, drawn = null;

    function corner({ clientX, clientY }) {
      const frame = canvas.getBoundingClientRect();
      const within = (value, limit) => Math.min(Math.max(value, 0), limit);
      return { x: within(clientX - frame.left, frame.width), y: within(clientY - frame.top, frame.height) };
    }

    // The row in pixels of the photo itself; both corners are rounded, as when the file is read.
    function rowOf(box) {
      const frame = canvas.getBoundingClientRect();
      const across = (value) => Math.round(value * width / frame.width);
      const down = (value) => Math.round(value * height / frame.height);
      const left = across(box.x), top = down(box.y);
      return [name, left, top, across(box.x + box.width) - left, down(box.y + box.height) - top, ""].join();
    }

    function place(outline, box) {
      const frame = canvas.getBoundingClientRect();
      const share = (value, whole) => `${100 * value / whole}%`;
      Object.assign(outline.style, {
        left: share(box.x, frame.width),
        top: share(box.y, frame.height),
        width: share(box.width, frame.width),
        height: share(box.height, frame.height),
      });
    }

    function finish() {
      const box = drawn && drawn.box;
      if (isBox(box)) {
        canvas.querySelectorAll(".unused").forEach((each) => each.remove());
        drawn.outline.dataset.row = rowOf(box);
        const outlines = [...canvas.querySelectorAll(".outline")];
        rows.value = outlines.map((each) => each.dataset.row).join("\n");
        rows.rows = outlines.length;
      } else if (drawn) {
        drawn.outline.remove();
      }
      start = drawn = null;
    }

    canvas.addEventListener("pointerdown", (event) => {
      // A finger scrolls the page.
      if (event.button || event.pointerType === "touch") return;
      canvas.setPointerCapture(event.pointerId);
      start = corner(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!start) return;
      if (!drawn) {
        drawn = { outline: document.createElement("span") };
        drawn.outline.className = "outline";
        canvas.append(drawn.outline);
      }
      drawn.box = between(start, corner(event));
      place(drawn.outline, drawn.box);
    });
    canvas.addEventListener("pointerup", finish);
    canvas.addEventListener("pointercancel", () => {
      if (drawn) drawn.outline.remove();
      start = drawn = null;
    });
  }

  // `navigator.clipboard` is missing on web servers without TLS.
  async function copy(button) {
    const rows = button.closest(".about").querySelector("textarea");
    rows.select();
    if (navigator.clipboard) await navigator.clipboard.writeText(rows.value);
    else document.execCommand("copy");
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }

  document.querySelectorAll(".canvas[data-name]").forEach(listen);
  document.querySelectorAll("[data-copies]").forEach((button) =>
    button.addEventListener("click", () => copy(button)));
})();
