/**
 * Keys of the map page. They rest while one types.
 * @module city/map/keys
 */

/** @param {EventTarget|null} target @returns {boolean} whether letters belong to what has the focus */
function isTyping(target) {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches("input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select"))
  );
}

/**
 * @typedef {object} Acts
 * @property {() => void} search
 * @property {() => void} create
 * @property {(by: 1|-1) => void} step
 * @property {() => boolean} escape whether there was anything to leave
 * @property {() => void} help
 * @property {() => void} tab
 */

/** @param {Acts} acts */
export function listenKeys(acts) {
  document.addEventListener("keydown", (event) => {
    if (
      event.defaultPrevented ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      document.querySelector("dialog[open]")
    )
      return;
    if (event.key === "Escape") {
      if (acts.escape()) event.preventDefault();
      return;
    }
    if (isTyping(event.target)) return;
    const act = {
      "/": acts.search,
      n: acts.create,
      j: () => acts.step(1),
      k: () => acts.step(-1),
      "?": acts.help,
      l: acts.tab,
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
