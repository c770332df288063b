/**
 * The panel's list: files that are examined but no layer yet, and the uploaded layers, switched on and off, opened, counted.
 * @module city/datasets/list
 */
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { ago, count } from "city/map/format.js";

/**
 * @typedef {{on: Set<string>, selected: string, upload: string, mine: boolean, switched: (id: string, on: boolean) => void,
 *   open: (id: string) => void, reopen: (key: string) => void, only: (mine: boolean) => void}} State
 */

/**
 * @param {HTMLElement} root
 * @param {any[]} items layers
 * @param {any[]} waiting uploads that are no layer yet
 * @param {State} state
 */
export function draw(root, items, waiting, state) {
  const own = items.filter((one) => one.is_own);
  const shown = state.mine ? own : items;
  const chip = (/** @type {boolean} */ mine, /** @type {string} */ words, /** @type {number} */ n) =>
    h("button", { type: "button", class: "chip", "aria-pressed": String(state.mine === mine), onclick: () => state.only(mine) }, words, h("span", { class: "count" }, count(n)));
  const isMixed = own.length > 0 && own.length < items.length;
  fill(root,
    ...waiting.map((one) => draft(one, state)),
    isMixed ? h("li", { class: "planning-chips chips" }, chip(false, t("All"), items.length), chip(true, t("Mine"), own.length)) : null,
    ...shown.map((one) => line(one, state)),
    items.length || waiting.length ? null : h("li", { class: "list-message" }, h("strong", {}, t("No layer was uploaded yet.")), h("span", {}, t("A file dropped on this page is examined first; you decide what is mended."))));
}

/** @param {any} one @param {State} state */
function draft(one, { upload, reopen }) {
  const words = { examining: t("is being examined"), making: t("is being made into a layer"), ready: t("examined, not a layer yet"), failed: one.problem?.detail ?? "" };
  const isHere = one.key === upload;
  return h("li", { class: `planning-draft${isHere ? " is-here" : ""}`, dataset: { key: one.key } },
    h("span", { class: "planning-sign", "aria-hidden": "true" }, one.state === "failed" ? "■" : "○"),
    h("button", { type: "button", class: "planning-row", "aria-current": isHere ? "true" : null, disabled: one.state === "failed", onclick: () => reopen(one.key) },
      h("span", { class: "row-title" }, one.name),
      h("span", { class: "row-second" }, `${words[/** @type {keyof typeof words} */ (one.state)]} · ${ago(one.changed_at)}`)));
}

/** @param {any} one @param {State} state */
function line(one, { on, selected, switched, open }) {
  const who = { owner: t("private"), staff: t("for colleagues"), public: t("open to everyone") };
  return h("li", { class: one.id === selected ? "is-here" : "", dataset: { id: one.id } },
    h("input", { type: "checkbox", class: "switch", checked: on.has(one.id), "aria-label": t("Show {title} on the map", { title: one.title }),
      onchange: (/** @type {any} */ event) => switched(one.id, event.target.checked) }),
    h("button", { type: "button", class: "planning-row", "aria-current": one.id === selected ? "true" : null, onclick: () => open(one.id) },
      h("span", { class: "row-title" }, one.title),
      h("span", { class: "row-second" }, [`${count(one.rows)} ${one.kind_words}`, who[/** @type {keyof typeof who} */ (one.audience)], ago(one.changed_at)].join(" · "))));
}
