/**
 * Uploaded layers on the map: as their declaration says, put in again when they are made anew or the theme changes.
 * @module city/datasets/shown
 */
import { getJSON } from "http";
import { shownTheme } from "city/core/theme-switch.js";
import { LANG } from "city/map/format.js";

export class Shown {
  /** @param {import("maplibre-gl").Map} map */
  constructor(map) {
    this.map = map;
    /** @type {Map<string, {layers: any[], sources: Record<string, any>}>} */
    this.on = new Map();
  }

  /** @param {string} id */
  async add(id) {
    if (this.on.has(id)) return;
    const fragment = await getJSON(`/api/v1/layers/${id}/style?theme=${shownTheme()}&lang=${LANG}`);
    if (this.on.has(id)) return;
    this.on.set(id, fragment);
    this.#put(fragment);
  }

  /** @param {{layers: any[], sources: Record<string, any>}} fragment */
  #put(fragment) {
    const over = this.map.getStyle().layers.find((one) => one.id.startsWith("own-"))?.id;
    for (const [source, given] of Object.entries(fragment.sources)) if (!this.map.getSource(source)) this.map.addSource(source, given);
    for (const one of fragment.layers) if (!this.map.getLayer(one.id)) this.map.addLayer(one, over);
  }

  /** @param {string} id */
  remove(id) {
    const fragment = this.on.get(id);
    this.on.delete(id);
    for (const one of fragment?.layers ?? []) if (this.map.getLayer(one.id)) this.map.removeLayer(one.id);
    for (const source of Object.keys(fragment?.sources ?? {})) if (this.map.getSource(source)) this.map.removeSource(source);
  }

  /** @param {string} id its rows are others now */
  async again(id) {
    this.remove(id);
    await this.add(id);
  }

  /** The theme has changed: the base map stands anew, without these. */
  async restyle() {
    const ids = [...this.on.keys()];
    this.on.clear();
    await Promise.all(ids.map((id) => this.add(id)));
  }
}
