/**
 * Says when rows of a list changed since the page was made, and offers to show them: the list never jumps by itself.
 * @module city/cases/fresh
 */
import { subscribe } from "live";
import { tn } from "words";

/** @param {HTMLElement} element with data-channel */
export function mount(element) {
  const seen = new Set();
  const link = document.createElement("a");
  link.href = location.href;
  element.append(link);
  subscribe([element.dataset.channel ?? ""], (change) => {
    if (change.kind !== "resync") seen.add(change.id);
    if (!seen.size) return;
    link.textContent = tn("{n} row changed meanwhile: show it", "{n} rows changed meanwhile: show them", seen.size);
    element.hidden = false;
  });
}
