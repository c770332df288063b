/**
 * The one or two maps of the page: opened and closed as the state says, looking at the same place, marked alike.
 * @module city/map/panes
 */
import { baseStyle } from "city/map/basemap.js";
import { Pane } from "city/map/pane.js";
import { SameClasses } from "city/map/same_classes.js";
import { lookAt, together } from "city/map/together.js";

/** @typedef {import("maplibre-gl").Map} Map */

export class Panes {
  /**
   * @param {HTMLElement} root holds the first map; the second comes beside it
   * @param {import("city/map/store.js").Store} store
   * @param {import("city/map/pane.js").Desk} desk
   * @param {{style: any, center: [number, number], zoom: number, bearing: number}} start
   */
  constructor(root, store, desk, start) {
    this.root = root;
    this.store = store;
    this.desk = desk;
    this.classes = new SameClasses(store, () => this.all);
    const legend = (/** @type {Pane} */ pane, /** @type {any} */ layer, /** @type {any} */ told) => {
      desk.legend(pane, layer, told);
      this.classes.sync();
    };
    this.desk = { ...desk, legend };
    this.first = new Pane(/** @type {HTMLElement} */ (root.querySelector(".map-pane")), store.sides.a, this.desk, start);
    /** @type {Pane|null} */
    this.second = null;
    this.marks = new EveryMark(() => this.all);
    /** Told of a move that somebody made on either map. */
    this.moved = () => {};
    this.#watch(this.first.map);
  }

  /** @returns {Pane[]} */
  get all() {
    return this.second ? [this.first, this.second] : [this.first];
  }

  /** @returns {Pane} the map that the panel steers */
  get active() {
    return this.store.state.side === "b" && this.second ? this.second : this.first;
  }

  async start() {
    await this.first.start();
    await this.sync();
  }

  /** Open or close the second map as the state says. */
  async sync() {
    const { compare } = this.store.state;
    this.root.dataset.compare = compare;
    if (!compare) {
      const was = this.second;
      this.second = null;
      was?.remove();
      if (was) this.first.map.resize();
      return undefined;
    }
    this.opening ??= this.second ? undefined : this.#open();
    await this.opening;
    this.opening = undefined;
    return this.store.state.compare ? this.classes.sync() : this.sync();
  }

  async #open() {
    const template = /** @type {HTMLTemplateElement} */ (document.querySelector("#second-map"));
    const style = await baseStyle();
    if (!this.store.state.compare) return;
    this.root.append(template.content.cloneNode(true));
    const root = /** @type {HTMLElement} */ (this.root.querySelector(".map-pane:last-of-type"));
    const { map } = this.first;
    map.resize(); // it has given up half of its room
    const { lng, lat } = map.getCenter();
    const start = { style, center: /** @type {[number, number]} */ ([lng, lat]), zoom: map.getZoom(), bearing: map.getBearing() };
    const second = new Pane(root, this.store.sides.b, this.desk, start);
    together(map, second.map);
    lookAt(second.map, map);
    this.#watch(second.map);
    await second.start();
    this.second = second;
    this.marks.again(second);
  }

  /** @param {Map} map */
  #watch(map) {
    map.on("moveend", (/** @type {any} */ event) => !event.synced && this.moved());
  }
}

/** Marks on every map: what is selected, hovered, written or pinned on one is so on the other. */
class EveryMark {
  /** @param {() => Pane[]} panes */
  constructor(panes) {
    this.panes = panes;
    /** @type {any} */
    this.selected = null;
    /** @type {[number, number]|null} */
    this.at = null;
    /** @type {any} */
    this.chosenCell = null;
  }

  /** @param {any} feature GeoJSON of a unit cell or null */
  cell(feature) {
    this.chosenCell = feature;
    for (const { marks } of this.panes()) marks.cell(feature);
  }

  /** @param {any} feature GeoJSON or null */
  hover(feature) {
    for (const { marks } of this.panes()) marks.hover(feature);
  }

  /** @param {any} feature GeoJSON or null */
  select(feature) {
    this.selected = feature;
    for (const { marks } of this.panes()) marks.select(feature);
  }

  /** @param {any} feature GeoJSON */
  flash(feature) {
    for (const { marks } of this.panes()) marks.flash(feature);
  }

  /** @param {[number, number]|null} at longitude, latitude */
  place(at) {
    this.at = at;
    for (const { marks } of this.panes()) marks.place(at);
  }

  /** @param {Pane} pane a map that has just come: what is marked already is marked on it */
  again({ marks }) {
    marks.select(this.selected);
    marks.place(this.at);
    marks.cell(this.chosenCell);
  }
}
