// Single keys: what they do is shown by `?`.
"use strict";

const galleryKeys = (() => {
  const help = document.getElementById("help");
  const show = () => { if (!help.open) help.showModal(); };
  document.getElementById("help-button").addEventListener("click", show);
  help.addEventListener("click", (event) => { if (event.target === help) help.close(); });

  const typing = ({ target }) =>
    target.closest("select, textarea, input:not([type=range], [type=checkbox])");

  // Letters count by their place on the keyboard where it writes no Latin ones.
  function keyOf({ key, code }) {
    const letter = /^Key([A-Z])$/.exec(code);
    if (letter && !/^[\x20-\x7e]$/.test(key)) return letter[1].toLowerCase();
    return key.length === 1 ? key.toLowerCase() : key;
  }

  // `actionOf` gives the function for a key and its event, or nothing.
  function listen(actionOf) {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || help.open || typing(event)) return;
      const key = keyOf(event);
      const action = key === "?" ? show : actionOf(key, event);
      if (!action) return;
      event.preventDefault();
      action();
    });
  }

  return { listen };
})();
