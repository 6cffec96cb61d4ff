// Keyboard shortcuts; `?` lists them.
"use strict";

const galleryKeys = (() => {
  const help = document.getElementById("help");
  const show = () => { if (!help.open) help.showModal(); };
  document.getElementById("help-button").addEventListener("click", show);
  help.addEventListener("click", (event) => { if (event.target === help) help.close(); });

  const typing = ({ target }) =>
    target.closest("select, textarea, input:not([type=range], [type=checkbox])");

  // On a keyboard layout without Latin letters, use the key's position.
  function keyOf({ key, code }) {
    const letter = /^Key([A-Z])$/.exec(code);
    if (letter && !/^[\x20-\x7e]$/.test(key)) return letter[1].toLowerCase();
    return key.length === 1 ? key.toLowerCase() : key;
  }

  // `actionOf` returns the function for a key and its event, if there is one.
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
