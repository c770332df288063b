/**
 * The layer tree: themes, a switch for each layer, its opacity, and its legend with the count of every class.
 * @module city/map/tree
 */
import { getJSON } from "http";
import { t } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { count } from "city/map/format.js";
import { lines } from "city/map/legend.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */

export class Tree {
  /**
   * @param {HTMLElement} root
   * @param {import("city/map/state.js").Store} store
   * @param {import("city/map/layers.js").Layers} layers
   * @param {{mayExport: boolean}} may
   * @param {import("city/map/legend.js").MapLegend} onMap
   */
  constructor(root, store, layers, may, onMap) {
    this.root = root;
    this.store = store;
    this.layers = layers;
    this.may = may;
    this.onMap = onMap;
    /** @type {Map<string, HTMLElement>} legends by layer id */
    this.legends = new Map();
    this.#draw();
    this.sync();
  }

  /** Switches as the state says; legends of what is on. */
  sync() {
    const on = new Set(this.layers.on(this.store.state).map((one) => one.id));
    for (const item of this.root.querySelectorAll("[data-layer]")) {
      const id = /** @type {HTMLElement} */ (item).dataset.layer ?? "";
      const box = /** @type {HTMLInputElement} */ (item.querySelector("input[type=checkbox]"));
      box.checked = on.has(id);
      item.classList.toggle("is-on", on.has(id));
      const slider = /** @type {HTMLInputElement|null} */ (item.querySelector("input[type=range]"));
      if (slider) slider.value = String(Math.round((this.store.state.opacity[id] ?? 1) * 100));
    }
    this.counts();
  }

  /** Read the legends again: with the filters of the moment, so that they add up to the list's count. */
  counts() {
    const over = this.#over();
    for (const layer of over) this.count(layer);
    this.onMap.show(over.map((one) => one.id));
  }

  /** @returns {LayerInfo[]} layers over the base map that are on, topmost first */
  #over() {
    return this.layers
      .on(this.store.state)
      .filter((one) => one.theme !== "base")
      .reverse();
  }

  /** @param {LayerInfo} layer */
  async count(layer) {
    const holder = this.legends.get(layer.id);
    if (!holder) return;
    const query = this.store.query(layer).toString();
    holder.dataset.asked = query;
    try {
      const legend = await getJSON(layer.legend + (query ? `?${query}` : ""));
      if (holder.dataset.asked !== query) return;
      this.#legend(holder, legend, layer.floor !== null);
      this.onMap.set(layer, legend);
      this.onMap.show(this.#over().map((one) => one.id));
    } catch {
      fill(holder, h("span", { class: "hint" }, t("The legend could not be read.")));
    }
  }

  #draw() {
    fill(
      this.root,
      ...this.layers
        .themes()
        .map((theme) =>
          h(
            "section",
            { class: "tree-theme" },
            h("h2", {}, theme.title),
            h("ul", {}, ...theme.layers.map((one) => this.#item(one))),
          ),
        ),
    );
  }

  /** @param {LayerInfo} layer */
  #item(layer) {
    const legend = h("div", { class: "legend", id: `legend-${layer.id}` });
    this.legends.set(layer.id, legend);
    const box = h("input", {
      type: "checkbox",
      class: "switch",
      role: "switch",
      id: `layer-${layer.id}`,
      onchange: (/** @type {Event} */ event) =>
        this.store.set(
          this.layers.switched(this.store.state, layer, /** @type {HTMLInputElement} */ (event.target).checked),
        ),
    });
    const more = h(
      "details",
      { class: "tree-more" },
      h("summary", { "aria-label": t("Opacity and files of {layer}", { layer: layer.title }) }, icon("more")),
      this.#opacity(layer),
      this.may.mayExport || layer.listed ? this.#files(layer) : null,
    );
    return h(
      "li",
      { class: "tree-layer", dataset: { layer: layer.id } },
      h(
        "div",
        { class: "tree-head" },
        h("label", { for: `layer-${layer.id}`, class: "tree-label" }, box, h("span", {}, layer.title)),
        layer.theme === "base" ? null : more,
      ),
      layer.theme === "base" ? null : legend,
    );
  }

  /** @param {LayerInfo} layer */
  #opacity(layer) {
    const slide = (/** @type {Event} */ event) => {
      const share = Number(/** @type {HTMLInputElement} */ (event.target).value) / 100;
      this.store.set({ opacity: { ...this.store.state.opacity, [layer.id]: share } }, { push: false });
    };
    return h(
      "label",
      { class: "tree-opacity" },
      t("Opacity"),
      h("input", { type: "range", min: 10, max: 100, step: 10, value: 100, oninput: slide }),
    );
  }

  /** @param {LayerInfo} layer */
  #files(layer) {
    const link = (/** @type {string} */ words, /** @type {string} */ path, /** @type {string} */ extra = "") =>
      h(
        "a",
        {
          class: "link",
          href: path,
          download: true,
          onclick: (/** @type {Event} */ event) => this.#aim(event, layer, path, extra),
        },
        words,
      );
    const files = [
      ["GeoJSON", "geojson"],
      ["GeoPackage", "gpkg"],
      ["CSV", "csv"],
    ];
    return h(
      "div",
      { class: "tree-files" },
      link(t("Map file (HTML)"), `/layers/${layer.id}/map.html`),
      ...(this.may.mayExport && !layer.floor
        ? files.map(([words, format]) => link(words, `/layers/${layer.id}/export`, `format=${format}`))
        : []),
    );
  }

  /**
   * A file holds the rows that the list shows: its address gets the filters of the moment at the click.
   * @param {Event} event
   * @param {LayerInfo} layer
   * @param {string} path
   * @param {string} extra
   */
  #aim(event, layer, path, extra) {
    const query = [extra, this.store.query(layer).toString()].filter(Boolean).join("&");
    /** @type {HTMLAnchorElement} */ (event.currentTarget).href = query ? `${path}?${query}` : path;
  }

  /**
   * @param {HTMLElement} holder
   * @param {import("city/map/legend.js").Legend} legend
   * @param {boolean} isPeople its counts are of areas, so it says what they count
   */
  #legend(holder, legend, isPeople) {
    fill(
      holder,
      legend.unit && isPeople ? h("p", { class: "hint" }, legend.unit) : null,
      lines(legend.items),
      legend.total === null || legend.items.length < 2
        ? null
        : h("p", { class: "legend-total" }, t("Total"), h("span", { class: "num" }, count(legend.total))),
    );
    holder.dataset.total = String(legend.total ?? "");
  }
}
