/**
 * What layers there are for this reader, and which of them are switched on.
 * @module city/map/layers
 */
import { getJSON } from "http";
import { tn } from "words";

/**
 * @typedef {object} FieldInfo
 * @property {string} name
 * @property {string} title
 * @property {"text"|"number"|"time"|"choice"|"flag"} kind
 * @property {Record<string, string>|null} choices words by value
 * @property {string|null} unit
 * @property {boolean} filterable
 * @property {boolean} in_list whether it is shown to readers
 * @property {boolean} in_tile whether tiles carry it, so that it can colour
 */

/**
 * @typedef {object} LayerInfo
 * @property {string} id
 * @property {string} title
 * @property {string} theme
 * @property {string} theme_title
 * @property {string} geometry
 * @property {FieldInfo[]} fields
 * @property {any} style
 * @property {[number, number]} zooms
 * @property {string|null} time_field
 * @property {boolean} past whether it can be shown as it stood
 * @property {number|null} floor people: counts only, none below this
 * @property {boolean} visible
 * @property {number} order
 * @property {string|null} channel
 * @property {string|null} detail
 * @property {string} attribution
 * @property {string} tiles
 * @property {string} legend
 * @property {boolean} listed whether its rows can be listed and picked
 */

/** The order of themes in the tree: what people work on first, the ground last. */
const THEMES = ["cases", "emergency", "people", "facilities", "environment", "planning", "uploaded", "grid", "base"];

export class Layers {
  /** @param {LayerInfo[]} all in drawing order, lowest first */
  constructor(all) {
    this.all = all;
    for (const one of all) one.listed = one.theme !== "base" && one.theme !== "grid";
  }

  /** @returns {Promise<Layers>} */
  static async load() {
    return new Layers((await getJSON("/api/v1/layers")).items);
  }

  /** @param {string} id @returns {LayerInfo|undefined} */
  get(id) {
    return this.all.find((one) => one.id === id);
  }

  /** @returns {LayerInfo[]} layers whose rows can be listed, by theme */
  listed() {
    return this.themes()
      .flatMap((one) => one.layers)
      .filter((one) => one.listed);
  }

  /**
   * @param {import("city/map/state.js").MapState} state
   * @returns {LayerInfo[]} layers switched on, lowest first
   */
  on(state) {
    return this.all.filter((one) =>
      one.theme === "base" ? !state.off.includes(one.id) : state.on ? state.on.includes(one.id) : one.visible,
    );
  }

  /**
   * What the state becomes when a layer is switched.
   * @param {import("city/map/state.js").MapState} state
   * @param {LayerInfo} layer
   * @param {boolean} on
   * @returns {Partial<import("city/map/state.js").MapState>}
   */
  switched(state, layer, on) {
    if (layer.theme === "base")
      return { off: on ? state.off.filter((id) => id !== layer.id) : [...state.off, layer.id] };
    const over = this.on(state)
      .filter((one) => one.theme !== "base" && one !== layer)
      .map((one) => one.id);
    const wanted = on ? [...over, layer.id] : over;
    return { on: this.all.map((one) => one.id).filter((id) => wanted.includes(id)) };
  }

  /** @returns {{id: string, title: string, layers: LayerInfo[]}[]} the tree: topmost layer first within a theme */
  themes() {
    const rank = (/** @type {string} */ theme) => (THEMES.indexOf(theme) + THEMES.length + 1) % (THEMES.length + 1);
    const themes = [...new Set(this.all.map((one) => one.theme))].sort((a, b) => rank(a) - rank(b));
    return themes.map((id) => {
      const layers = this.all.filter((one) => one.theme === id).reverse();
      return { id, title: layers[0].theme_title, layers };
    });
  }

  /**
   * The layer whose rows the list shows: the asked one, else the first that is on, else the first there is.
   * @param {import("city/map/state.js").MapState} state
   * @returns {LayerInfo|undefined}
   */
  subject(state) {
    const asked = this.get(state.layer);
    if (asked?.listed) return asked;
    const on = this.on(state);
    const listed = this.listed();
    return listed.find((one) => on.includes(one)) ?? listed[0];
  }
}

/**
 * The page of one row, from the layer's `detail` with its {name} places filled; null when the row lacks one of them.
 * @param {LayerInfo} layer
 * @param {Record<string, any>} row
 * @returns {string|null}
 */
export function pageOf(layer, row) {
  if (!layer.detail) return null;
  let whole = true;
  const address = layer.detail.replace(/\{(\w+)\}/g, (_, name) => {
    const value = row[name];
    if (value === undefined || value === null) whole = false;
    return encodeURIComponent(String(value));
  });
  return whole ? address : null;
}

/**
 * What the rows of a layer are called.
 * @param {string} id
 * @param {number} n
 * @returns {string}
 */
export function nameOf(id, n) {
  const names = {
    cases: tn("case", "cases", n),
    events: tn("event", "events", n),
    residents: tn("person", "people", n),
    dwellings: tn("dwelling", "dwellings", n),
    components: tn("component", "components", n),
    facilities: tn("facility", "facilities", n),
  };
  return names[/** @type {keyof typeof names} */ (id)] ?? tn("row", "rows", n);
}

/**
 * @param {import("city/map/state.js").MapState} state
 * @param {LayerInfo} layer
 */
export function isFiltered(state, layer) {
  const fields = Object.values(state.filters[layer.id] ?? {}).some((values) => values.length);
  return (
    fields ||
    Boolean(state.area || state.q || state.view || (layer.time_field && (state.when || state.from || state.to)))
  );
}
