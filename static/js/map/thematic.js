/**
 * Thematic layers on the map: added and removed as they are switched, filtered, faded, and refreshed where touched.
 * @module city/map/thematic
 */
import { getJSON } from "http";
import { shownTheme as theme } from "city/core/theme-switch.js";
import { LANG } from "city/map/format.js";
import { tilesOver } from "city/map/tiles.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */
/** @typedef {{layers: any[], sources: Record<string, any>}} Fragment */

const FADES = {
  fill: ["fill-opacity"],
  heatmap: ["heatmap-opacity"],
  line: ["line-opacity"],
  circle: ["circle-opacity", "circle-stroke-opacity"],
  symbol: ["icon-opacity", "text-opacity"],
  "fill-extrusion": ["fill-extrusion-opacity"],
};

/**
 * An opacity, number or expression, times a share. A ramp over the zoom must stay outermost, so its stops are multiplied.
 * @param {any} value
 * @param {number} share 0–1
 * @returns {any}
 */
export function faded(value, share) {
  if (share >= 1) return value;
  if (value === undefined || value === null) return share;
  if (typeof value === "number") return value * share;
  if (Array.isArray(value) && /^interpolate/.test(value[0])) {
    return value.map((one, at) => (at >= 4 && at % 2 === 0 ? faded(one, share) : one));
  }
  if (Array.isArray(value) && value[0] === "step") {
    return value.map((one, at) => (at >= 2 && at % 2 === 0 ? faded(one, share) : one));
  }
  return ["*", share, value];
}

/** @param {{id: string}} style @returns {boolean} whether it writes names: no layer's marks may cover those of another */
const isName = (style) => /-(label|number)$/.test(style.id);

export class Thematic {
  /**
   * @param {import("maplibre-gl").Map} map
   * @param {import("city/map/store.js").Side} store the side that it draws
   * @param {import("city/map/layers.js").Layers} layers
   */
  constructor(map, store, layers) {
    this.map = map;
    this.store = store;
    this.layers = layers;
    /** @type {Map<string, Fragment>} what stands on the map, by layer id */
    this.shown = new Map();
    /** @type {Map<string, Promise<Fragment>>} */
    this.fetched = new Map();
    /** @type {Map<string, Fragment>} looks being tried, by layer id: they stand for what is kept */
    this.tried = new Map();
    /** Told the layer whose kept style is not there for this reader. */
    this.lost = (/** @type {LayerInfo} */ _layer) => {};
    this.round = 0;
  }

  /** Bring the map in line with what is switched on; called after every change of `on`. */
  async sync() {
    const round = ++this.round;
    const wanted = this.layers
      .on(this.store.state)
      .filter((one) => one.theme !== "base")
      .map((one) => one.id);
    for (const id of [...this.shown.keys()]) if (!wanted.includes(id)) this.#remove(id);
    const missing = this.layers.all.filter((one) => wanted.includes(one.id) && !this.shown.has(one.id));
    const fragments = await Promise.all(missing.map((one) => this.#fragment(one).catch(() => null)));
    if (round !== this.round || !this.map.getStyle()) return;
    missing.forEach((layer, at) => {
      const fragment = fragments[at];
      if (fragment) this.#add(layer, fragment);
    });
    this.#showBase();
  }

  /** The style has been replaced: put everything in again in the new theme's colours. */
  async restyle() {
    this.shown.clear();
    this.fetched.clear();
    await this.sync();
  }

  /**
   * One layer in another look: what it is drawn from stays where it is the same.
   * @param {LayerInfo} layer
   */
  async redraw(layer) {
    const before = this.shown.get(layer.id);
    if (!before) return;
    const next = await this.#fragment(layer).catch(() => null);
    if (!next || this.shown.get(layer.id) !== before) return;
    const same = JSON.stringify(next.sources) === JSON.stringify(before.sources);
    this.#remove(layer.id, same);
    this.#add(layer, next);
    if (same) for (const [source, given] of Object.entries(next.sources)) this.#point(layer, source, given);
  }

  /** Filters have changed: other addresses for the tiles of every layer on the map, other classes for styled ones. */
  filter() {
    for (const [id, fragment] of this.shown) {
      const layer = this.layers.get(id);
      if (layer && this.store.state.styles[id] && !this.tried.has(id)) this.redraw(layer);
      else if (layer) for (const [source, given] of Object.entries(fragment.sources)) this.#point(layer, source, given);
    }
  }

  /**
   * A record of this layer was written: fetch again the tiles that it touches, and no others.
   * @param {string} id
   * @param {[number, number, number, number]|null} bbox west, south, east, north; null: anywhere
   */
  touched(id, bbox) {
    const fragment = this.shown.get(id);
    const layer = this.layers.get(id);
    if (!fragment || !layer) return;
    for (const [source, given] of Object.entries(fragment.sources)) {
      if (given.type === "geojson") this.#point(layer, source, given);
      else this.map.refreshTiles(source, bbox ? tilesOver(bbox, this.map.getZoom()) : undefined);
    }
  }

  /** Opacities as the state says. */
  fade() {
    for (const [id, fragment] of this.shown) {
      const share = this.store.state.opacity[id] ?? 1;
      for (const style of fragment.layers) {
        for (const name of FADES[/** @type {keyof typeof FADES} */ (style.type)] ?? []) {
          this.map.setPaintProperty(style.id, /** @type {any} */ (name), faded(style.paint?.[name], share));
        }
      }
    }
  }

  /** @returns {string[]} style layers that can be clicked */
  clickable() {
    return [...this.shown].flatMap(([id, one]) =>
      this.layers.get(id)?.listed
        ? one.layers.filter((style) => !style.metadata?.["city:units"]).map((style) => style.id)
        : [],
    );
  }

  /** @returns {string[]} style layers that colour areas, cells or hexagons by a number */
  units() {
    return [...this.shown.values()].flatMap((one) =>
      one.layers.filter((style) => style.type === "fill" && style.metadata?.["city:units"]).map((style) => style.id),
    );
  }

  /** @param {string} styleLayer @returns {LayerInfo|undefined} the layer that a style layer draws */
  owner(styleLayer) {
    for (const [id, one] of this.shown)
      if (one.layers.some((style) => style.id === styleLayer)) return this.layers.get(id);
    return undefined;
  }

  /** @param {LayerInfo} layer */
  #fragment(layer) {
    const tried = this.tried.get(layer.id);
    if (tried) return Promise.resolve(tried);
    const query = this.store.state.styles[layer.id] ? this.store.styled(layer) : new URLSearchParams();
    query.set("theme", theme());
    query.set("lang", LANG);
    const key = `${layer.id}?${query}`;
    let promise = this.fetched.get(key);
    if (!promise) {
      promise = getJSON(`/api/v1/layers/${layer.id}/style?${query}`).catch((error) => {
        if (error.status !== 404 || !query.has("style")) throw error;
        this.lost(layer);
        return getJSON(`/api/v1/layers/${layer.id}/style?theme=${theme()}&lang=${LANG}`);
      });
      this.fetched.set(key, promise);
      promise.catch(() => this.fetched.delete(key));
    }
    return promise;
  }

  /**
   * @param {LayerInfo} layer
   * @param {Fragment} fragment
   */
  #add(layer, fragment) {
    for (const [id, source] of Object.entries(fragment.sources)) {
      if (!this.map.getSource(id)) this.map.addSource(id, this.#filtered(layer, source));
    }
    const before = { marks: this.#above(layer), names: this.#firstOver() };
    for (const style of fragment.layers)
      if (!this.map.getLayer(style.id)) this.map.addLayer(style, isName(style) ? before.names : before.marks);
    this.shown.set(layer.id, fragment);
    this.fade();
  }

  /**
   * @param {string} id
   * @param {boolean} [keep] whether its sources stay
   */
  #remove(id, keep = false) {
    const fragment = this.shown.get(id);
    this.shown.delete(id);
    for (const style of fragment?.layers ?? []) if (this.map.getLayer(style.id)) this.map.removeLayer(style.id);
    for (const source of keep ? [] : Object.keys(fragment?.sources ?? {}))
      if (this.map.getSource(source)) this.map.removeSource(source);
  }

  /**
   * Where a layer's marks go: under the next higher one, under the names of all, and under our own marks.
   * @param {LayerInfo} layer
   * @returns {string|undefined}
   */
  #above(layer) {
    const ids = this.#styleLayers().map((one) => one.id);
    const higher = this.layers.all.filter((one) => one.order > layer.order && this.shown.has(one.id));
    for (const one of higher) {
      const first = this.shown.get(one.id)?.layers.find((style) => !isName(style));
      if (first && ids.includes(first.id)) return first.id;
    }
    const names = [...this.shown.values()].flatMap((one) => one.layers.filter(isName).map((style) => style.id));
    return ids.find((id) => names.includes(id)) ?? this.#firstOver();
  }

  /** @returns {string|undefined} what stands over every layer's marks and names */
  #firstOver() {
    return this.#styleLayers().find((one) => /^(base-areas-name|own-|td-)/.test(one.id))?.id;
  }

  /**
   * @param {LayerInfo} layer
   * @param {any} source
   */
  #filtered(layer, source) {
    if (source.type === "geojson")
      return typeof source.data === "string" ? { ...source, data: this.#address(layer, source.data) } : source;
    return source.tiles
      ? { ...source, tiles: source.tiles.map((/** @type {string} */ one) => this.#address(layer, one)) }
      : source;
  }

  /**
   * @param {LayerInfo} layer
   * @param {string} address
   */
  #address(layer, address) {
    const query = this.store.query(layer).toString();
    return query ? address + (address.includes("?") ? "&" : "?") + query : address;
  }

  /**
   * @param {LayerInfo} layer
   * @param {string} id
   * @param {any} given
   */
  #point(layer, id, given) {
    const source = /** @type {any} */ (this.map.getSource(id));
    const wanted = this.#filtered(layer, given);
    if (source?.setTiles && wanted.tiles) source.setTiles(wanted.tiles);
    else if (source?.setData && wanted.data) source.setData(wanted.data);
  }

  /** @returns {any[]} layers of the style as it stands; none while another is coming */
  #styleLayers() {
    return this.map.getStyle()?.layers ?? [];
  }

  /** Layers of the base map are in its style already: switching them only hides or shows them. */
  #showBase() {
    const wanted = new Set(this.layers.on(this.store.state).map((one) => one.id));
    for (const layer of this.layers.all) {
      if (layer.theme !== "base") continue;
      for (const style of this.#styleLayers()) {
        if (!("source" in style) || style.source !== layer.id) continue;
        this.map.setLayoutProperty(style.id, "visibility", wanted.has(layer.id) ? "visible" : "none");
      }
    }
  }
}
