/**
 * The uploaded layers in the panel: switched on and off, opened, counted.
 * @module city/datasets/list
 */
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { ago, count } from "city/map/format.js";

/**
 * @param {HTMLElement} root
 * @param {any[]} items
 * @param {{on: Set<string>, selected: string, switched: (id: string, on: boolean) => void, open: (id: string) => void}} state
 */
export function draw(root, items, state) {
  if (!items.length) {
    fill(root, h("li", { class: "list-message" }, h("strong", {}, t("No layer was uploaded yet.")), h("span", {}, t("A file dropped on this page is examined first; you decide what is mended."))));
    return;
  }
  fill(root, ...items.map((one) => line(one, state)));
}

/** @param {any} one @param {Parameters<typeof draw>[2]} state */
function line(one, { on, selected, switched, open }) {
  const who = { owner: t("private"), staff: t("for colleagues"), public: t("open to everyone") };
  return h("li", { class: one.id === selected ? "is-here" : "", dataset: { id: one.id } },
    h("input", { type: "checkbox", class: "switch", checked: on.has(one.id), "aria-label": t("Show {title} on the map", { title: one.title }),
      onchange: (/** @type {any} */ event) => switched(one.id, event.target.checked) }),
    h("button", { type: "button", class: "planning-row", "aria-current": one.id === selected ? "true" : null, onclick: () => open(one.id) },
      h("span", { class: "row-title" }, one.title),
      h("span", { class: "row-second" }, [`${count(one.rows)} ${one.kind_words}`, who[/** @type {keyof typeof who} */ (one.audience)], ago(one.changed_at)].join(" · "))));
}
