/**
 * One map with all that belongs to it: its side of the state, layers, marks, legend, what a click finds, and its label.
 * The page has one or two of them.
 * @module city/map/pane
 */
import { t } from "words";
import { followTheme, makeMap } from "city/map/basemap.js";
import { MapLegend } from "city/map/legend.js";
import { Legends } from "city/map/legends.js";
import { Marks } from "city/map/marks.js";
import { PaneLabel, sideName } from "city/map/pane_label.js";
import { Picker } from "city/map/pick.js";
import { Thematic } from "city/map/thematic.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */

/**
 * @typedef {object} Desk what a map needs of the page
 * @property {import("city/map/layers.js").Layers} layers
 * @property {import("city/map/styles.js").Styles} styles
 * @property {(view: import("city/map/store.js").Side) => import("city/map/pick.js").Hooks} pickHooks
 * @property {(pane: Pane, layer: LayerInfo) => void} lostStyle
 * @property {(pane: Pane, layer: LayerInfo, legend: any) => void} legend
 * @property {(pane: Pane) => void} restyled another theme stands
 * @property {(event: any) => void} failed
 * @property {(pane: Pane) => void} choose the panel is to steer this map
 */

export class Pane {
  /**
   * @param {HTMLElement} root holds [data-part=map], [data-part=label] and a legend
   * @param {import("city/map/store.js").Side} view
   * @param {Desk} desk
   * @param {{style: any, center: [number, number], zoom: number, bearing: number}} start
   */
  constructor(root, view, desk, start) {
    this.root = root;
    this.view = view;
    this.desk = desk;
    this.map = makeMap(/** @type {HTMLElement} */ (root.querySelector("[data-part=map]")), start);
    /** @type {any} */ (root).map = this.map; // tests and the console wait for its `idle`
    this.marks = new Marks(this.map);
    this.thematic = new Thematic(this.map, view, desk.layers);
    this.thematic.lost = (layer) => desk.lostStyle(this, layer);
    const legend = /** @type {HTMLDetailsElement} */ (root.querySelector(".map-legend"));
    this.legends = new Legends(view, desk.layers, desk.styles, new MapLegend(legend));
    this.legends.listen((layer, told) => desk.legend(this, layer, told));
    this.label = new PaneLabel(/** @type {HTMLElement} */ (root.querySelector("[data-part=label]")), view, desk, () => desk.choose(this));
    /** @type {(() => void)[]} */
    this.ends = [view.on(["compare"], () => this.#name())];
    this.#name();
  }

  /** For screen readers: which of two maps it is. */
  #name() {
    const name = this.view.state.compare ? sideName(this.view.name) : t("Map");
    this.map.getCanvas().setAttribute("aria-label", name);
  }

  /** Once the base map stands: layers, marks, clicks, and from then on what the state says. */
  async start() {
    const { map } = this;
    if (!map.isStyleLoaded()) await new Promise((done) => map.once("load", done));
    this.marks.install();
    this.picker = new Picker(map, this.thematic, this.desk.pickHooks(this.view), this.legends);
    map.on("error", this.desk.failed);
    this.ends.push(followTheme(map, () => this.#rethemed()), ...this.#listen());
    await this.thematic.sync();
    this.legends.counts();
  }

  /** The map is gone for good. */
  remove() {
    for (const end of this.ends.splice(0)) end();
    this.label.remove();
    this.map.remove();
    this.root.remove();
  }

  /** Other classes, where those of a kept style were worked out over other rows. @param {LayerInfo} layer */
  reclass(layer) {
    this.thematic.redraw(layer);
    this.legends.count(layer);
  }

  #listen() {
    const { view } = this;
    return [
      view.on(["on", "off"], () => {
        this.thematic.sync();
        this.legends.counts();
      }),
      view.on(["styles"], () => this.#restyled()),
      view.on(["opacity"], () => this.thematic.fade()),
      view.on(["filters", "when", "from", "to", "datetime", "area", "q", "layer"], () => {
        this.thematic.filter();
        this.legends.counts();
      }),
    ];
  }

  /** Another kept style was chosen. */
  #restyled() {
    for (const id of this.thematic.shown.keys()) {
      const layer = this.desk.layers.get(id);
      if (layer) this.thematic.redraw(layer);
    }
    this.legends.counts();
  }

  #rethemed() {
    this.marks.install();
    this.thematic.restyle();
    this.legends.counts();
    this.desk.restyled(this);
  }
}
