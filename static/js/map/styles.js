/**
 * Styles that this person may use, and the layers kept at hand.
 * @module city/map/styles
 */
import { getJSON, sendJSON } from "http";

/** @typedef {import("city/map/style_editor.js").Style} Style */

export class Styles {
  constructor() {
    /** @type {Style[]} */
    this.all = [];
    /** @type {Set<string>} ids of layers kept at hand */
    this.favourites = new Set();
    this.mayShare = false;
    /** @type {{level: string, title: string}[]} widest first */
    this.levels = [];
  }

  /** @param {{level: string, title: string}[]} levels of areas */
  static async read(levels) {
    const made = new Styles();
    made.levels = levels;
    const [, favourites] = await Promise.all([made.load(), getJSON("/api/v1/favourites")]);
    made.favourites = new Set(favourites.items);
    return made;
  }

  async load() {
    const found = await getJSON("/api/v1/styles");
    this.all = found.items;
    this.mayShare = found.may_share;
  }

  /** @param {string|undefined} id @returns {Style|undefined} */
  get(id) {
    return id ? this.all.find((one) => String(one.id) === id) : undefined;
  }

  /** @param {string} layer @returns {Style[]} */
  of(layer) {
    return this.all.filter((one) => one.layer === layer);
  }

  /**
   * @param {string} layer
   * @param {boolean} on
   */
  async keep(layer, on) {
    await sendJSON(on ? "PUT" : "DELETE", `/api/v1/favourites/${layer}`, undefined);
    if (on) this.favourites.add(layer);
    else this.favourites.delete(layer);
  }
}
