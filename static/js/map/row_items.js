/**
 * The lines of the list: a row of a layer, the count of an area, what is said when there is nothing.
 * @module city/map/row_items
 */
import { t } from "words";
import { h } from "city/map/dom.js";
import { ago, count, exact, named } from "city/map/format.js";
import { pageOf } from "city/map/layers.js";
import { read } from "city/map/rows.js";
import { stateMark } from "city/map/symbols.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */
/** @typedef {import("city/map/rows.js").Feature} Feature */

/**
 * One row: its link leads to its page where scripts fail, and selects it here.
 * @param {LayerInfo} layer
 * @param {Feature} feature
 * @param {{select: () => void, hover: (on: boolean) => void}} acts
 */
export function rowItem(layer, feature, acts) {
  const reading = read(layer, feature);
  const { due } = reading;
  const second = [reading.state?.words, reading.second].filter(Boolean).join(" · ");
  const select = (/** @type {Event} */ event) => {
    event.preventDefault();
    acts.select();
  };
  const link = {
    class: "row",
    href: pageOf(layer, feature.properties) ?? `?sel=${layer.id}:${feature.id}`,
    onclick: select,
    onmouseenter: () => acts.hover(true),
    onfocus: () => acts.hover(true),
    onblur: () => acts.hover(false),
  };
  return h(
    "li",
    { dataset: { id: String(feature.id) } },
    h(
      "a",
      link,
      stateMark(reading.state, layer),
      h("span", { class: "row-title" }, reading.title),
      reading.at && h("time", { class: "row-when", datetime: reading.at, title: exact(reading.at) }, ago(reading.at)),
      h("span", { class: "row-second", title: second }, second),
      due && h("span", { class: `clock ${due.clock}`, title: exact(due.at) }, due.words),
    ),
  );
}

/**
 * How many people live in an area; few are not told.
 * @param {LayerInfo} layer
 * @param {any} item of the counts
 * @param {() => void} open
 */
export function areaItem(layer, item, open) {
  const told = item.suppressed ? t("fewer than {floor}", { floor: layer.floor }) : count(item.count ?? 0);
  const name = h("span", { class: "row-title" }, named(item) || item.code);
  const number = h("span", { class: "row-when num" }, told);
  return h(
    "li",
    { dataset: { id: item.code } },
    h("button", { type: "button", class: "row row-area", onclick: open }, name, number),
  );
}

/**
 * @param {any[]} items counts by area
 * @returns {any[]} the largest first, withheld ones above none at all
 */
export function bySize(items) {
  const size = (/** @type {any} */ one) => (one.suppressed ? 0.5 : (one.count ?? 0));
  return [...items].sort((a, b) => size(b) - size(a));
}

/** @returns {HTMLElement} where a row will be */
export const skeletonItem = () => h("li", { class: "skeleton", "aria-hidden": "true" }, h("span"), h("span"));

/**
 * What is said in place of rows.
 * @param {string} title
 * @param {string} text
 * @param {Node} [act]
 */
export function messageItem(title, text, act) {
  return h("li", { class: "list-message" }, h("strong", {}, title), h("span", {}, text), act);
}
