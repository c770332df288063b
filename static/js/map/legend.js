/**
 * What colours and shapes mean, with the count of every class: in the layer tree, and over the map.
 * @module city/map/legend
 */
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { count } from "city/map/format.js";
import { hatched, isDark, symbol } from "city/map/symbols.js";

/** @typedef {{label: string, colour: string, shape: string|null, count: number|null, value?: string|null, is_quiet?: boolean, is_fixed?: boolean}} Item */
/** @typedef {{items: Item[], total: number|null, unit?: string|null, heading?: string, by?: string|null, fit?: number|null, square?: [string, string]|null, breaks?: number[], second_breaks?: number[]}} Legend */

const KEPT = "map-legend";

/**
 * The lines of a legend.
 * @param {Item[]} items
 * @returns {HTMLElement}
 */
export function lines(items) {
  return h(
    "ul",
    { class: "legend-items" },
    ...items.map((one) =>
      h(
        "li",
        { class: one.count === 0 ? "is-zero" : null },
        legendSymbol(one),
        h("span", { class: "legend-label" }, one.label),
        one.count === null || one.count === undefined ? null : h("span", { class: "num" }, count(one.count)),
      ),
    ),
  );
}

/** @param {Item} one @returns {SVGElement} its mark; what is not known is hatched, as on the map */
export function legendSymbol(one) {
  const isUnknown = one.is_fixed && one.shape === "fill" && (one.value === null || one.value === undefined);
  return isUnknown ? hatched() : symbol(one.shape ?? "circle", one.colour, one.is_quiet, one.is_fixed);
}

/**
 * A legend without its title: what the classes are of, the classes or the square of two numbers, how well they fit.
 * @param {Legend} legend
 * @param {{some?: boolean}} [how] whether classes without rows are left out
 * @returns {HTMLElement}
 */
export function body(legend, { some = false } = {}) {
  const items = some && !legend.heading ? legend.items.filter((one) => one.count !== 0) : legend.items;
  return h(
    "div",
    {},
    legend.heading && !legend.square ? h("p", { class: "hint" }, `${legend.heading} · ${legend.unit}`) : null,
    legend.square ? square(legend, legend.square) : lines(items),
    legend.fit === null || legend.fit === undefined
      ? null
      : h("p", { class: "hint" }, t("Goodness of fit {fit} of 1", { fit: legend.fit.toFixed(3) })),
  );
}

/**
 * Nine colours, the first number to the right and the second upwards, with the number of rows in each and words at the ends.
 * @param {Legend} legend
 * @param {[string, string]} names
 */
function square(legend, [right, upwards]) {
  const at = (/** @type {number} */ index) => legend.items.find((one) => one.value === String(index));
  const others = legend.items.filter((one) => !/^\d$/.test(one.value ?? ""));
  const cell = (/** @type {number} */ index) => {
    const one = at(index);
    return one
      ? h("td", { title: one.label, style: { "background-color": one.colour, color: isDark(one.colour) ? "#ffffff" : "#000000" } }, h("span", { class: "num" }, count(one.count ?? 0)))
      : h("td", {});
  };
  const row = (/** @type {number} */ up, /** @type {string} */ words) => h("tr", {}, h("th", { scope: "row" }, words), ...[0, 1, 2].map((across) => cell(3 * up + across)));
  const ends = [t("low"), "", t("high")].map((words) => (words ? h("th", { scope: "col" }, words) : h("td", {})));
  return h(
    "div",
    { class: "legend-square" },
    h("p", { class: "hint" }, `↑ ${upwards}`),
    h("table", { "aria-label": t("{first} and {second}", { first: right, second: upwards }) }, h("tbody", {}, row(2, t("high")), row(1, t("middle")), row(0, t("low")), h("tr", {}, h("td", {}), ...ends))),
    h("p", { class: "hint legend-right" }, `${right} →`),
    others.length ? lines(others) : null,
  );
}

/** A box over the map that can be folded away; it leaves out classes without rows. */
export class MapLegend {
  /** @param {HTMLDetailsElement} root */
  constructor(root) {
    this.root = root;
    this.body = /** @type {HTMLElement} */ (root.querySelector("[data-part=legend-body]"));
    /** @type {Map<string, {title: string, legend: Legend, isPeople: boolean}>} */
    this.known = new Map();
    root.open = this.#wasOpen();
    root.addEventListener("toggle", () => this.#keep());
  }

  /**
   * @param {import("city/map/layers.js").LayerInfo} layer
   * @param {Legend} legend
   */
  set(layer, legend) {
    this.known.set(layer.id, { title: layer.title, legend, isPeople: layer.floor !== null });
  }

  /** @param {string[]} ids layers that are on, topmost first */
  show(ids) {
    const shown = ids.map((id) => this.known.get(id)).filter((one) => one && one.legend.items.length > 0);
    this.root.hidden = shown.length === 0;
    fill(this.body, ...shown.map((one) => one && this.#part(one)));
  }

  /** @param {{title: string, legend: Legend, isPeople: boolean}} one */
  #part({ title, legend, isPeople }) {
    const some = legend.items.filter((item) => item.count !== 0);
    return h(
      "section",
      {},
      h("h2", {}, isPeople ? `${title} · ${legend.unit}` : title),
      some.length ? body(legend, { some: true }) : h("p", { class: "hint" }, t("none here")),
    );
  }

  /** @returns {boolean} as it was left; open at first where there is room */
  #wasOpen() {
    try {
      const kept = localStorage.getItem(KEPT);
      if (kept) return kept === "open";
    } catch {
      /* not kept */
    }
    return matchMedia("(min-width: 1100px)").matches;
  }

  #keep() {
    try {
      localStorage.setItem(KEPT, this.root.open ? "open" : "closed");
    } catch {
      /* not kept */
    }
  }
}
