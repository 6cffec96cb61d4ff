// The reviewer's page: one result at a time, decided by a key.
"use strict";

(() => {
  const AHEAD = 3;
  const POLL_MS = 5000;
  const VERDICTS = ["approved", "rejected"];
  const WISHES_WHEN_EMPTY = ["another place", "another sticker"];
  const at = (id) => document.getElementById(id);
  const names = new Intl.Collator(undefined, { numeric: true });

  let scenes = new Map();
  let shown = [];
  let position = 0;
  let version = "";
  let total = 0;
  const details = new Map();

  const current = () => scenes.get(shown[position]);

  // Pictures

  const addressOf = (name, { key, result }, close = false) =>
    `pictures/${name}/${encodeURIComponent(key)}?v=${result.slice(0, 16)}${close ? "&close" : ""}`;

  function detailOf(scene) {
    const id = `${scene.key} ${scene.result}`;
    if (!details.has(id)) details.set(id, app.get(`api/scenes/${encodeURIComponent(scene.key)}`));
    return details.get(id);
  }

  function preload(scene) {
    if (!scene) return;
    detailOf(scene).catch(() => undefined);
    if (!scene.result) return;
    for (const close of [false, true]) new Image().src = addressOf("harmonized", scene, close);
  }

  // The list

  const orders = {
    best: (a, b) => (b.naturalness ?? -1) - (a.naturalness ?? -1),
    worst: (a, b) => (a.naturalness ?? 2) - (b.naturalness ?? 2),
    name: () => 0,
  };

  // An empty scene is to be looked at again if a wish left it empty.
  const isOpen = (scene) => scene.state === "to review" || (scene.state === "empty" && scene.is_wish);

  function arrange() {
    const key = shown[position];
    const show = at("show").value;
    const wanted = (scene) => show === "all" || scene.state === show
      || (show === "to review" && isOpen(scene));
    const order = orders[at("order").value];
    shown = [...scenes.values()].filter(wanted)
      .sort((a, b) => order(a, b) || names.compare(a.title, b.title)).map((scene) => scene.key);
    position = Math.max(0, shown.indexOf(key));
  }

  function showCounts(counts) {
    total = counts.results;
    at("counts").textContent = counts.text.replaceAll("`", "");
    at("progress").value = total ? (counts.approved + counts.rejected) / total : 0;
    at("progress").hidden = !total;
    if (counts.problem) app.showProblem(counts.problem);
  }

  async function load({ keep }) {
    const answer = await app.get("api/scenes");
    version = answer.version;
    const before = scenes;
    scenes = new Map(answer.scenes.map((scene) => [scene.key, scene]));
    details.clear();
    showCounts(answer.counts);
    // New results join the list; what was just decided stays in it, to go back to.
    const held = keep ? shown.filter((key) => scenes.has(key)) : [];
    const here = shown[position];
    arrange();
    const fresh = shown.filter((key) => !held.includes(key));
    if (keep) shown = [...held, ...fresh.filter((key) => before.get(key)?.result !== scenes.get(key).result)];
    position = Math.max(0, keep ? shown.indexOf(here) : 0);
    render();
  }

  // The page

  const STATES = {
    "to review": "", approved: "Approved", rejected: "Rejected",
    "to be made anew": "To be made anew by nst run", empty: "Empty",
  };

  function said(detail) {
    const state = STATES[detail.state] ?? "";
    const day = detail.decided_at.slice(0, 10);
    if (!detail.decision) return state;
    if (detail.state === "to be made anew") return `${state}: ${detail.decision}`;
    if (detail.state === "empty") return `No result for: ${detail.decision}. Undo it, or ask for another sticker`;
    if (VERDICTS.includes(detail.state)) return `${state} on ${day}`;
    const wished = VERDICTS.includes(detail.decision) ? `You ${detail.decision} an earlier result` : `You asked for: ${detail.decision}`;
    return `${wished} (${day})`;
  }

  function row(term, text) {
    const line = app.element("div", "");
    line.append(app.element("dt", "quiet", term), app.element("dd", "", text));
    return line;
  }

  function aboutOf(detail) {
    const rows = detail.objects.flatMap((each) => [
      row("Object", `${each.label} · ${each.photo}`),
      row("Place", `${each.plausibility.toFixed(2)}${each.why ? ` · ${each.why}` : ""}`),
    ]);
    const natural = typeof detail.naturalness === "number" ? [row("Natural", detail.naturalness.toFixed(2))] : [];
    const empty = detail.empty ? [row("Reason", detail.empty.replaceAll("`", ""))] : [];
    const own = detail.is_own_placement ? [row("Place", "your placements file beside the photo decides")] : [];
    return [...natural, ...rows, ...own, ...empty];
  }

  function outlinesOf(detail) {
    return detail.objects.map(({ box: [x, y, width, height], label }) => {
      const outline = app.element("span", "outline");
      Object.assign(outline.style, {
        left: `${100 * x}%`, top: `${100 * y}%`, width: `${100 * width}%`, height: `${100 * height}%`,
      });
      outline.append(app.element("b", "", label));
      return outline;
    });
  }

  function toggle(name, on) {
    const button = document.querySelector(`[data-does="${name}"]`);
    button.setAttribute("aria-pressed", String(on));
    at(name).hidden = !on;
    if (name !== "before") return;
    at("tag").hidden = !on;
    if (on) at("before").src = addressOf("composites", current());
  }

  const isPressed = (name) =>
    document.querySelector(`[data-does="${name}"]`).getAttribute("aria-pressed") === "true";

  function renderEnd() {
    at("stage").classList.add("done");
    at("facts").hidden = at("frame").hidden = true;
    const end = at("end");
    end.hidden = false;
    const waiting = [...scenes.values()].filter((scene) => scene.state === "to be made anew").length;
    const left = [...scenes.values()].filter((scene) => scene.state === "to review").length;
    const empty = [...scenes.values()].filter((scene) => scene.state === "empty").length;
    const done = !total && !empty ? "There are no results yet: run nst run."
      : at("show").value === "to review" && !left ? "All results are reviewed." : "Nothing is left in this list.";
    const told = [done];
    if (waiting) told.push(`${waiting} to be made anew: run nst run, and go on here.`);
    if (empty && at("show").value !== "empty") told.push(`${empty} empty: choose "empty" above to see why.`);
    end.textContent = told.join(" ");
  }

  async function render() {
    const scene = current();
    toggle("before", false);
    setEnabled(scene);
    if (!scene) return renderEnd();
    at("stage").classList.remove("done");
    at("facts").hidden = at("frame").hidden = false;
    at("end").hidden = true;
    at("position").textContent = `${position + 1} of ${shown.length}`;
    at("title").textContent = scene.title;
    const picture = at("picture");
    picture.src = scene.result ? addressOf("harmonized", scene) : addressOf("photo", scene);
    picture.alt = scene.title;
    at("close").hidden = !scene.result;
    if (scene.result) at("close").src = addressOf("harmonized", scene, true);
    at("outlines").hidden = true;
    for (let step = 1; step <= AHEAD; step++) preload(scenes.get(shown[position + step]));
    try {
      const detail = await detailOf(scene);
      if (scene !== current()) return undefined;
      at("state").textContent = said({ ...detail, state: scene.state });
      at("state").dataset.state = scene.state;
      at("about").replaceChildren(...aboutOf(detail));
      at("outlines").replaceChildren(...outlinesOf(detail));
      at("outlines").hidden = !isPressed("outlines");
      at("note").value = detail.note;
      setEnabled(scene, detail);
    } catch (error) {
      app.showFurtherProblem(error.message);
    }
    return undefined;
  }

  function setEnabled(scene, detail) {
    for (const button of document.querySelectorAll("[data-kind]")) {
      const { kind } = button.dataset;
      const isWish = !VERDICTS.includes(kind);
      const isPossible = scene?.result || (scene?.state === "empty" && WISHES_WHEN_EMPTY.includes(kind));
      button.disabled = !isPossible || (isWish && Boolean(detail?.is_own_placement));
    }
    document.querySelector('[data-kind="another place"] span').textContent = scene?.state === "empty" ? "Place anyway" : "Another place";
    for (const name of ["note", "before", "outlines"]) {
      document.querySelector(`[data-does="${name}"]`).disabled = !scene;
    }
  }

  // Decisions

  function take(answer) {
    version = answer.version;
    const { scene } = answer;
    const brief = { ...scenes.get(scene.key), state: scene.state ?? "to review", result: scene.result };
    scenes.set(scene.key, brief);
    details.set(`${scene.key} ${scene.result}`, Promise.resolve(scene));
    showCounts(answer.counts);
    return brief;
  }

  function move(step) {
    position = Math.min(Math.max(position + step, 0), shown.length);
    render();
  }

  // To the next one that is not decided yet, or past the end.
  function advance() {
    const skips = at("show").value === "to review";
    let next = position + 1;
    while (skips && next < shown.length && !isOpen(scenes.get(shown[next]))) next++;
    position = next;
    render();
  }

  function goTo(key) {
    if (!shown.includes(key)) shown.splice(position, 0, key);
    position = shown.indexOf(key);
    render();
  }

  async function decide(kind) {
    const scene = current();
    const button = document.querySelector(`[data-kind="${kind}"]`);
    if (!scene || button.disabled) return;
    app.showProblem("");
    scenes.set(scene.key, { ...scene, state: VERDICTS.includes(kind) ? kind : "to be made anew" });
    details.delete(`${scene.key} ${scene.result}`);
    const sent = app.post("api/decisions", { scene: scene.key, kind, result: scene.result });
    advance();
    try {
      take(await sent);
    } catch (error) {
      scenes.set(scene.key, scene);
      goTo(scene.key);
      app.showProblem(`Not kept: ${error.message}`);
    }
  }

  async function undo() {
    app.showProblem("");
    const scene = current();
    try {
      const answer = await app.post("api/undo", { scene: scene?.state === "empty" ? scene.key : "" });
      if (answer.undone === null) return app.showProblem("There is nothing to undo.");
      goTo(take(answer).key);
    } catch (error) {
      app.showProblem(error.message);
    }
    return undefined;
  }

  async function keepNote() {
    const scene = current();
    const note = at("note").value.trim();
    if (!scene || note === (await detailOf(scene)).note) return;
    try {
      const answer = await app.post("api/decisions", { scene: scene.key, kind: "note", note });
      take(answer);
    } catch (error) {
      app.showProblem(`Not kept: ${error.message}`);
    }
  }

  const does = {
    note: () => at("note").focus(),
    undo,
    previous: () => move(-1),
    next: () => { if (position < shown.length) move(1); },
    before: () => current()?.result && toggle("before", !isPressed("before")),
    outlines: () => toggle("outlines", !isPressed("outlines")),
  };
  const KEYS = {
    a: "approved", r: "rejected", p: "another place", s: "another sticker",
    "+": "larger", "=": "larger", "-": "smaller", "−": "smaller",
  };
  const OTHER = {
    n: "note", u: "undo", ArrowLeft: "previous", ArrowRight: "next", b: "before", o: "outlines",
  };

  app.listen((key, event) => {
    if (KEYS[key]) return event.repeat ? () => undefined : () => decide(KEYS[key]);
    return OTHER[key] && does[OTHER[key]];
  });
  at("keys").addEventListener("click", ({ target }) => {
    const { kind, does: name } = target.closest("button")?.dataset ?? {};
    if (kind) decide(kind);
    else if (name) does[name]();
  });
  at("note").addEventListener("change", keepNote);
  at("note").addEventListener("keydown", (event) => {
    if (event.key === "Escape" || (event.key === "Enter" && !event.shiftKey)) {
      event.preventDefault();
      at("note").blur();
    }
  });
  at("picture").addEventListener("load", ({ target }) => {
    at("frame").style.setProperty("--width", target.naturalWidth);
    at("frame").style.setProperty("--height", target.naturalHeight);
  });
  for (const id of ["show", "order"]) {
    at(id).addEventListener("change", () => {
      at(id).blur();
      arrange();
      position = 0;
      render();
    });
  }

  async function poll() {
    try {
      const now = await app.get("api/version");
      if (now.version !== version && document.activeElement !== at("note")) await load({ keep: true });
    } catch {
      // The next decision says that the app does not answer.
    }
    setTimeout(poll, POLL_MS);
  }

  load({ keep: false }).then(() => setTimeout(poll, POLL_MS), (error) => app.showProblem(error.message));
})();
