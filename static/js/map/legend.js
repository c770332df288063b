/**
 * What colours and shapes mean, with the count of every class: in the layer tree, and over the map.
 * @module city/map/legend
 */
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { count } from "city/map/format.js";
import { symbol } from "city/map/symbols.js";

/** @typedef {{label: string, colour: string, shape: string|null, count: number|null, is_quiet?: boolean}} Item */
/** @typedef {{items: Item[], total: number|null, unit?: string|null}} Legend */

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
        symbol(one.shape ?? "circle", one.colour, one.is_quiet),
        h("span", { class: "legend-label" }, one.label),
        one.count === null || one.count === undefined ? null : h("span", { class: "num" }, count(one.count)),
      ),
    ),
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
      some.length ? lines(some) : h("p", { class: "hint" }, t("none here")),
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
