/**
 * One line that says what just happened.
 * @module city/field/said
 */
import { h } from "city/map/dom.js";

/** @param {string} words @param {boolean} [isTrouble] stays until the next */
export function said(words, isTrouble = false) {
  const box = /** @type {HTMLElement} */ (document.querySelector("#toasts"));
  const line = h("p", { class: isTrouble ? "toast alert" : "toast" }, words);
  box.replaceChildren(line);
  if (!isTrouble) setTimeout(() => line.remove(), 5000);
}
