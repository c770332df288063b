/**
 * Finding a class by a word: what fits is shown with its group open, the rest is hidden.
 * @module city/channels/classes
 */

/** @param {HTMLElement} root the fieldset of the choice */
export function findable(root) {
  const input = /** @type {HTMLInputElement} */ (root.querySelector("[data-part=class-find]"));
  const none = /** @type {HTMLElement} */ (root.querySelector("[data-part=class-none]"));
  const groups = [...root.querySelectorAll("details")];
  input.hidden = false;
  const show = () => {
    const q = input.value.trim().toLowerCase();
    let found = 0;
    for (const group of groups) {
      let here = 0;
      for (const one of group.querySelectorAll("label")) {
        const chosen = one.querySelector("input")?.checked;
        one.hidden = Boolean(q) && !chosen && !(one.dataset.find ?? "").includes(q);
        here += one.hidden ? 0 : 1;
      }
      group.hidden = here === 0;
      if (q) group.open = here > 0;
      found += here;
    }
    if (!q) for (const group of groups) group.open = Boolean(group.querySelector("input:checked"));
    none.hidden = found > 0;
  };
  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // one thing left: that is it
    const left = [...root.querySelectorAll("label")].filter((one) => !one.hidden && !one.closest("details")?.hidden);
    if (left.length === 1) left[0].click();
  });
  // A required radio inside a closed group can't be focused: open the first group so that the browser can say so.
  root.addEventListener("invalid", () => { if (!groups.some((one) => one.open)) groups[0].open = true; }, true);
}
