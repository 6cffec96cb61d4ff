// Mark objects in photos: the cut-out network proposes an outline, strokes correct it.
"use strict";

(() => {
  const COLORS = ["#ff3d7f", "#2f9bff", "#ffb000", "#12b886", "#a259ff", "#ff6b35"];
  const SEEN = 0.5;
  const CLICK_PX = 5;
  const MOST_STEPS = 25;
  const at = (id) => document.getElementById(id);
  const overlay = at("overlay");
  const paint = overlay.getContext("2d");

  let photos = [];
  let position = 0;
  let photo = null;
  let objects = [];
  let selected = -1;
  let steps = [];
  let isChanged = false;
  let tool = "box";

  // Masks are canvases: white and opaque where the object is.

  function blank() {
    const made = document.createElement("canvas");
    made.width = photo.width;
    made.height = photo.height;
    return made;
  }

  function copyOf(mask) {
    const made = blank();
    made.getContext("2d").drawImage(mask, 0, 0);
    return made;
  }

  async function decoded(address) {
    const image = new Image();
    image.src = address;
    await image.decode();
    return copyOf(image);
  }

  function tinted(mask, color) {
    const made = copyOf(mask);
    const brush = made.getContext("2d");
    brush.globalCompositeOperation = "source-in";
    brush.fillStyle = color;
    brush.fillRect(0, 0, made.width, made.height);
    return made;
  }

  // Steps that can be undone. A mask is never changed, but replaced.

  function remember() {
    steps.push({ objects: objects.map((each) => ({ ...each })), selected });
    if (steps.length > MOST_STEPS) steps.shift();
    isChanged = true;
  }

  function undo() {
    const before = steps.pop();
    if (!before) return app.showProblem("There is nothing to undo.");
    ({ objects, selected } = before);
    isChanged = true;
    return show();
  }

  // The page

  function show() {
    app.showProblem("");
    paint.clearRect(0, 0, overlay.width, overlay.height);
    objects.forEach(({ mask }, index) => {
      if (!mask) return;
      paint.globalAlpha = index === selected ? SEEN + 0.12 : SEEN - 0.12;
      paint.drawImage(tinted(mask, colorOf(index)), 0, 0);
    });
    paint.globalAlpha = 1;
    showBoxes();
    at("objects").replaceChildren(...objects.map(itemOf));
    at("saved").textContent = isChanged ? "Not saved yet" : objects.length ? "Saved" : "";
    at("hint").textContent = objects.length ? "" : photo.found.length
      ? "Dashed: what was found. Click it to take it, or drag a box around the object you mean."
      : "Click the object, or drag a box around it.";
  }

  const colorOf = (index) => COLORS[index % COLORS.length];

  function placed([x, y, width, height], className) {
    const made = app.element("span", className);
    Object.assign(made.style, {
      left: `${(100 * x) / photo.width}%`, top: `${(100 * y) / photo.height}%`,
      width: `${(100 * width) / photo.width}%`, height: `${(100 * height) / photo.height}%`,
    });
    return made;
  }

  function showBoxes(drawn) {
    const found = objects.length ? [] : photo.found;
    const bare = objects.filter((each) => !each.mask);
    const boxes = [...found, ...bare].map((each) => placed(each.box, ""));
    at("boxes").replaceChildren(...boxes, ...(drawn ? [placed(drawn, "drawn")] : []));
  }

  function itemOf(object, index) {
    const item = app.element("li", "");
    item.setAttribute("aria-current", String(index === selected));
    const chip = app.element("i", "");
    chip.style.background = colorOf(index);
    const label = app.element("input", "");
    label.value = object.label;
    label.placeholder = "Label (L)";
    label.setAttribute("aria-label", `Label of object ${index + 1}`);
    label.dir = "auto";
    label.addEventListener("change", () => {
      remember();
      objects[index] = { ...objects[index], label: label.value.trim() };
      show();
    });
    label.addEventListener("keydown", (event) => {
      if (["Enter", "Escape"].includes(event.key)) label.blur();
    });
    const figure = object.quality === undefined ? (object.mask ? "" : "box") : object.quality.toFixed(2);
    item.append(chip, label, app.element("span", "quiet", figure));
    item.addEventListener("mousedown", (event) => {
      if (selected === index) return;
      event.preventDefault();
      selected = index;
      show();
      if (event.target === label) does.label();
    });
    return item;
  }

  async function open(to) {
    position = Math.min(Math.max(to, 0), photos.length - 1);
    const brief = photos[position];
    if (!brief) {
      at("frame").hidden = true;
      at("end").hidden = false;
      at("end").textContent = "There are no object photos yet: put some into objects/, and run nst run.";
      return;
    }
    try {
      const next = await app.get(`api/photos/${encodeURIComponent(brief.key)}`);
      photo = next;
      Object.assign(overlay, { width: next.width, height: next.height });
      at("picture").src = `photos/${encodeURIComponent(next.key)}`;
      at("picture").alt = next.path;
      at("frame").style.setProperty("--width", next.width);
      at("frame").style.setProperty("--height", next.height);
      [steps, isChanged] = [[], false];
      objects = await Promise.all(next.objects.map(async (each) =>
        ({ ...each, mask: each.mask && await decoded(each.mask) })));
      selected = objects.length - 1;
      at("position").textContent = `${position + 1} of ${photos.length}`;
      at("title").textContent = next.path;
      at("why").textContent = objects.length ? "" : brief.why;
      at("photos").selectedIndex = position;
      show();
    } catch (error) {
      app.showProblem(error.message);
    }
  }

  // The network's proposals

  const isIn = ([x, y], [left, top, width, height]) =>
    x >= left && y >= top && x < left + width && y < top + height;

  function indexAt(point) {
    for (let index = objects.length - 1; index >= 0; index--) {
      const { mask } = objects[index];
      if (mask?.getContext("2d").getImageData(...point, 1, 1).data[3] > 127) return index;
    }
    return -1;
  }

  async function propose(prompt, { label = "", height_m = null, replaced = -1 } = {}) {
    const asked = photo;
    document.body.style.cursor = "progress";
    try {
      const address = `api/photos/${encodeURIComponent(photo.key)}/segment`;
      const { mask, quality } = await app.post(address, prompt);
      const drawn = await decoded(mask);
      if (asked.key !== photo.key) return;
      remember();
      const made = { label, height_m, mask: drawn, quality };
      if (replaced < 0) objects = [...objects, made];
      else objects = objects.map((each, index) => (index === replaced ? made : each));
      selected = replaced < 0 ? objects.length - 1 : replaced;
      show();
    } catch (error) {
      showBoxes();
      app.showProblem(error.message);
    } finally {
      document.body.style.cursor = "";
    }
  }

  function click(point) {
    const there = indexAt(point);
    if (there >= 0) {
      selected = there;
      return show();
    }
    const bare = objects.findIndex((each) => !each.mask && isIn(point, each.box));
    if (bare >= 0) return propose({ box: objects[bare].box }, { ...objects[bare], replaced: bare });
    const around = objects.length ? [] : photo.found.filter((each) => isIn(point, each.box));
    around.sort((a, b) => a.box[2] * a.box[3] - b.box[2] * b.box[3]);
    return around.length ? propose({ box: around[0].box }, around[0]) : propose({ point });
  }

  // Pointer

  let from = null;
  let stroke = null;

  function pointOf({ clientX, clientY }) {
    const area = overlay.getBoundingClientRect();
    return [
      Math.round(((clientX - area.left) * photo.width) / area.width),
      Math.round(((clientY - area.top) * photo.height) / area.height),
    ];
  }

  function boxOf([x, y], [right, bottom]) {
    const clamp = (value, most) => Math.min(Math.max(value, 0), most);
    const [left, end] = [Math.min(x, right), Math.max(x, right)].map((value) => clamp(value, photo.width));
    const [top, foot] = [Math.min(y, bottom), Math.max(y, bottom)].map((value) => clamp(value, photo.height));
    return [left, top, Math.max(1, end - left), Math.max(1, foot - top)];
  }

  function drawTo(point) {
    const brush = objects[selected].mask.getContext("2d");
    brush.globalCompositeOperation = tool === "erase" ? "destination-out" : "source-over";
    brush.lineCap = brush.lineJoin = "round";
    brush.strokeStyle = "#fff";
    brush.lineWidth = widthOf();
    brush.beginPath();
    brush.moveTo(...stroke);
    brush.lineTo(point[0] + 0.01, point[1]);
    brush.stroke();
    stroke = point;
    show();
  }

  // As wide on the screen as the brush shows, whatever the photo's size is.
  const widthOf = () => (at("size").value * photo.width) / overlay.getBoundingClientRect().width;

  function startStroke(point) {
    remember();
    if (selected < 0 || !objects[selected].mask) {
      objects = [...objects, { label: "", height_m: null, mask: blank() }];
      selected = objects.length - 1;
    } else {
      objects[selected] = { ...objects[selected], mask: copyOf(objects[selected].mask), quality: undefined };
    }
    stroke = point;
    drawTo(point);
  }

  overlay.addEventListener("pointerdown", (event) => {
    if (!photo || event.button) return;
    document.activeElement.blur?.();
    overlay.setPointerCapture(event.pointerId);
    const point = pointOf(event);
    if (tool === "box") from = point;
    else if (tool === "draw" || objects[selected]?.mask) startStroke(point);
  });
  overlay.addEventListener("pointermove", (event) => {
    if (!photo) return;
    const point = pointOf(event);
    if (tool !== "box") {
      const area = at("frame").getBoundingClientRect();
      const width = `${at("size").value}px`;
      Object.assign(at("brush").style, {
        left: `${event.clientX - area.left}px`, top: `${event.clientY - area.top}px`, width, height: width,
      });
    }
    if (from) showBoxes(boxOf(from, point));
    else if (stroke) drawTo(point);
  });
  overlay.addEventListener("pointerup", (event) => {
    const [started, point] = [from, photo && pointOf(event)];
    from = stroke = null;
    if (!started) return;
    const box = boxOf(started, point);
    const isClick = Math.max(box[2], box[3]) < CLICK_PX;
    if (isClick) click(point);
    else propose({ box });
  });

  // Tools and keys

  function use(name) {
    tool = name;
    overlay.classList.toggle("box", tool === "box");
    at("brush").hidden = tool === "box";
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    }
  }

  function remove() {
    if (selected < 0) return;
    remember();
    objects = objects.filter((_, index) => index !== selected);
    selected = objects.length - 1;
    show();
  }

  function resize(factor) {
    at("size").value = Math.round(at("size").value * factor);
  }

  async function save() {
    if (!photo || !isChanged) return true;
    try {
      const sent = objects.map(({ label, height_m, box, mask }) =>
        ({ label, height_m, ...(mask ? { mask: mask.toDataURL("image/png") } : { box }) }));
      await app.post(`api/photos/${encodeURIComponent(photo.key)}/objects`, sent);
      isChanged = false;
      photos[position].yours = objects.length > 0;
      show();
      return true;
    } catch (error) {
      app.showProblem(`Not saved: ${error.message}`);
      return false;
    }
  }

  const go = async (to) => { if (await save()) await open(to); };

  const does = {
    narrower: () => resize(1 / 1.3),
    wider: () => resize(1.3),
    label: () => at("objects").children[selected]?.querySelector("input").focus(),
    remove,
    undo,
    save,
    previous: () => go(position - 1),
    next: () => go(position + 1),
  };
  const TOOLS = { b: "box", d: "draw", e: "erase" };
  const KEYS = {
    "[": "narrower", "]": "wider", l: "label", Delete: "remove", Backspace: "remove", u: "undo",
    s: "save", ArrowLeft: "previous", ArrowRight: "next",
  };
  app.listen((key) => (TOOLS[key] ? () => use(TOOLS[key]) : KEYS[key] && does[KEYS[key]]));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target.matches("input")) return;
    event.preventDefault();
    undo();
  });
  at("keys").addEventListener("click", ({ target }) => {
    const { tool: name, does: what } = target.closest("button")?.dataset ?? {};
    if (name) use(name);
    else if (what) does[what]();
    document.activeElement.blur?.();
  });
  at("size").addEventListener("change", () => at("size").blur());
  at("photos").addEventListener("change", () => {
    at("photos").blur();
    go(at("photos").selectedIndex);
  });
  addEventListener("beforeunload", (event) => { if (isChanged) event.preventDefault(); });

  async function start() {
    const answer = await app.get("api/photos");
    photos = answer.photos;
    at("photos").replaceChildren(...photos.map(({ path, why }) => new Option(why ? `${path} · no sticker` : path)));
    await open(0);
  }

  start().catch((error) => app.showProblem(error.message));
})();
