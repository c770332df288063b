/**
 * What others write appears at once: only the touched tiles are fetched again, the list and the legend follow.
 * @module city/map/watch
 */
import { getJSON } from "http";
import { subscribe } from "live";

const GATHER_MS = 120; // a burst of writes is answered once

/** @typedef {{channel: string, kind: string, id: number|null, bbox: [number, number, number, number]|null}} Change */

/**
 * @typedef {object} Parts
 * @property {import("city/map/store.js").Side} store
 * @property {import("city/map/layers.js").Layers} layers
 * @property {import("city/map/panes.js").Panes} panes
 * @property {import("city/map/list.js").RowList} list
 * @property {() => Promise<void>} rows read the rows again
 * @property {(layer: import("city/map/layers.js").LayerInfo, id: number) => void} changed a selected row may be the one
 */

export class Watch {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.stop = () => {};
    this.heard = "";
    /** @type {Change[]} */
    this.waiting = [];
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
    this.follow();
  }

  /** Listen to the channels of what is shown. */
  follow() {
    const { layers, panes, store } = this.parts;
    const subject = layers.subject(store.state);
    const on = panes.all.flatMap((one) => layers.on(one.view.state));
    const shown = new Set([...on, ...(subject ? [subject] : [])].map((one) => one.channel).filter(Boolean));
    const channels = /** @type {string[]} */ ([...shown]).sort();
    if (channels.join() === this.heard) return;
    this.heard = channels.join();
    const before = this.stop;
    this.stop = channels.length ? subscribe(channels, (/** @type {any} */ change) => this.#take(change)) : () => {};
    before();
  }

  /** @param {Change} change */
  #take(change) {
    this.waiting.push(change);
    this.timer ??= setTimeout(() => this.#answer(), GATHER_MS);
  }

  #answer() {
    this.timer = undefined;
    const changes = this.waiting.splice(0);
    const { layers, panes, rows, store } = this.parts;
    const all = changes.some((one) => one.kind === "resync");
    for (const pane of panes.all)
      for (const layer of layers.on(pane.view.state)) {
        if (pane.view.state.datetime && layer.past) continue; // what happens now changes no past moment
        const mine = changes.filter((one) => one.channel === layer.channel);
        if (!mine.length && !(all && layer.channel)) continue;
        if (all) pane.thematic.touched(layer.id, null);
        else for (const one of mine) pane.thematic.touched(layer.id, one.bbox);
        pane.legends.count(layer);
      }
    const subject = layers.subject(store.state);
    if (!subject || (store.state.datetime && subject.past)) return;
    if (!(all || changes.some((one) => one.channel === subject.channel))) return;
    rows().then(() => this.#flash(subject, changes));
  }

  /**
   * @param {import("city/map/layers.js").LayerInfo} subject
   * @param {Change[]} changes
   */
  async #flash(subject, changes) {
    const last = changes.filter((one) => one.channel === subject.channel && one.id !== null).at(-1);
    if (!last || subject.floor) return;
    this.parts.list.flash(String(last.id));
    this.parts.changed(subject, Number(last.id));
    const feature =
      this.parts.list.byId.get(String(last.id)) ??
      (await getJSON(`/api/v1/layers/${subject.id}/features/${last.id}`).catch(() => null));
    if (feature) this.parts.panes.marks.flash(feature);
  }
}
