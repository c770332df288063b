/**
 * The legends of one map: read with the filters and the style of the moment, shown over the map, told to who listens.
 * @module city/map/legends
 */
import { getJSON } from "http";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */
/** @typedef {import("city/map/legend.js").Legend} Legend */
/** @typedef {(layer: LayerInfo, legend: Legend|null) => void} Told null: it could not be read */

export class Legends {
  /**
   * @param {import("city/map/store.js").Side} view
   * @param {import("city/map/layers.js").Layers} layers
   * @param {import("city/map/styles.js").Styles} styles
   * @param {import("city/map/legend.js").MapLegend} onMap
   */
  constructor(view, layers, styles, onMap) {
    this.view = view;
    this.layers = layers;
    this.styles = styles;
    this.onMap = onMap;
    /** @type {Map<string, Legend>} of looks being tried, by layer id */
    this.tried = new Map();
    /** @type {Map<string, Legend>} the last one read of each layer */
    this.known = new Map();
    /** @type {Map<string, string>} what was asked for last, by layer id */
    this.asked = new Map();
    /** @type {Told[]} */
    this.listeners = [];
  }

  /** @param {Told} act */
  listen(act) {
    this.listeners.push(act);
  }

  /** @returns {LayerInfo[]} layers over the base map that are on, topmost first */
  over() {
    return this.layers
      .on(this.view.state)
      .filter((one) => one.theme !== "base")
      .reverse();
  }

  /** Read all again: with the filters of the moment, so that they add up to the list's count. */
  counts() {
    for (const layer of this.over()) this.count(layer);
    this.#show();
  }

  /** @param {LayerInfo} layer */
  async count(layer) {
    const query = this.view.styled(layer);
    if (query.has("style") && !this.styles.get(query.get("style") ?? "")) query.delete("style");
    const tried = this.tried.get(layer.id);
    this.asked.set(layer.id, String(query));
    const isStale = () => this.asked.get(layer.id) !== String(query) || this.tried.get(layer.id) !== tried;
    try {
      const legend = tried ?? (await getJSON(layer.legend + (query.size ? `?${query}` : "")));
      if (!isStale()) this.#set(layer, legend);
    } catch {
      if (!isStale()) this.#tell(layer, null);
    }
  }

  /**
   * @param {LayerInfo} layer
   * @param {Legend} legend
   */
  #set(layer, legend) {
    this.known.set(layer.id, legend);
    this.onMap.set(layer, legend);
    this.#show();
    this.#tell(layer, legend);
  }

  #show() {
    this.onMap.show(this.over().map((one) => one.id));
  }

  /**
   * @param {LayerInfo} layer
   * @param {Legend|null} legend
   */
  #tell(layer, legend) {
    for (const act of this.listeners) act(layer, legend);
  }
}
