// What the pages of the app share: requests, messages, and keys.
"use strict";

const app = (() => {
  const problem = document.getElementById("problem");

  function showProblem(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  // What went wrong first is the reason of what follows.
  const showFurtherProblem = (text) => problem.hidden && showProblem(text);

  async function answerOf(response) {
    const answer = await response.json().catch(() => ({ error: response.statusText }));
    if (!response.ok) throw new Error(answer.error);
    return answer;
  }

  const ask = (address, options) => fetch(address, options)
    .catch(() => { throw new Error("the app does not answer: start `nst review` again"); });

  const get = async (address) => answerOf(await ask(address));

  // One after the other, so that the file has decisions in the order in which they were made.
  let sending = Promise.resolve();

  function post(address, body) {
    const send = async () => answerOf(await ask(address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }));
    const answer = sending.then(send);
    sending = answer.catch(() => undefined);
    return answer;
  }

  const typing = ({ target }) => target.closest("select, textarea, input:not([type=checkbox])");

  // On a keyboard layout without Latin letters, use the key's position.
  function keyOf({ key, code }) {
    const letter = /^Key([A-Z])$/.exec(code);
    if (letter && !/^[\x20-\x7e]$/.test(key)) return letter[1].toLowerCase();
    return key.length === 1 ? key.toLowerCase() : key;
  }

  function listen(actionOf) {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
      const action = actionOf(keyOf(event), event);
      if (!action) return;
      event.preventDefault();
      action();
    });
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) {
      made.textContent = text;
      made.dir = "auto";
    }
    return made;
  }

  return { element, get, keyOf, listen, post, showFurtherProblem, showProblem };
})();
