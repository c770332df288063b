/**
 * Before and after under a divider: a second map over the first, only while it is asked for.
 * @module city/scenarios/swipe
 */
import { t } from "words";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { Divider } from "city/map/divider.js";
import { h } from "city/map/dom.js";
import { lookAt, together } from "city/map/together.js";
import { Drawn } from "city/scenarios/drawn.js";

export class Swipe {
  /**
   * @param {HTMLElement} root the panes
   * @param {import("maplibre-gl").Map} first
   * @param {any} told GeoJSON of the run
   * @param {(map: import("maplibre-gl").Map) => void} made what else the second map needs
   */
  constructor(root, first, told, made) {
    this.root = root;
    this.first = first;
    this.told = told;
    this.made = made;
    this.divider = new Divider(root, {
      title: t("Divider between before and after"),
      words: (n) => t("{n} % of the width shows before", { n }),
      changed: (cut) => this.divider.set(cut),
    });
    this.divider.set(50);
  }

  /** @param {boolean} on */
  async show(on) {
    this.root.dataset.compare = on ? "swipe" : "";
    this.divider.element.hidden = !on;
    if (!on) this.#end();
    else if (!this.pane) await this.#begin();
  }

  async #begin() {
    const canvas = h("div", { class: "map-canvas" });
    const pane = h("div", { class: "map-pane", "data-part": "after" }, canvas);
    this.pane = pane;
    this.root.append(pane);
    const style = await baseStyle(); // as the page looks now
    if (this.pane !== pane) return;
    const { first } = this;
    const { lng, lat } = first.getCenter();
    const map = makeMap(canvas, { style, center: [lng, lat], zoom: first.getZoom(), bearing: first.getBearing() });
    this.second = map;
    /** @type {any} */ (pane).map = map; // tests and pictures wait for its `idle`
    map.getCanvas().setAttribute("aria-label", t("Map with the changes"));
    const drawn = new Drawn(map);
    drawn.told = this.told;
    drawn.view = "after";
    const draw = () => drawn.draw();
    map.once("load", () => {
      draw();
      map.once("remove", followTheme(map, draw));
      this.made(map);
    });
    together(first, map);
    lookAt(map, first);
  }

  #end() {
    this.second?.remove();
    this.pane?.remove();
    this.second = undefined;
    this.pane = undefined;
  }
}
