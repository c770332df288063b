/**
 * Before and after under a divider: a second map over the first, only while it is asked for.
 * @module city/scenarios/swipe
 */
import { t } from "words";
import { followTheme, makeMap } from "city/map/basemap.js";
import { Divider } from "city/map/divider.js";
import { h } from "city/map/dom.js";
import { lookAt, together } from "city/map/together.js";
import { Drawn } from "city/scenarios/drawn.js";

export class Swipe {
  /**
   * @param {HTMLElement} root the panes
   * @param {import("maplibre-gl").Map} first
   * @param {any} style
   * @param {any} told GeoJSON of the run
   * @param {(map: import("maplibre-gl").Map) => void} made what else the second map needs
   */
  constructor(root, first, style, told, made) {
    this.root = root;
    this.first = first;
    this.style = style;
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
  show(on) {
    this.root.dataset.compare = on ? "swipe" : "";
    this.divider.element.hidden = !on;
    if (on) this.second ??= this.#begin();
    else this.#end();
  }

  #begin() {
    const canvas = h("div", { class: "map-canvas" });
    this.pane = h("div", { class: "map-pane", "data-part": "after" }, canvas);
    this.root.append(this.pane);
    const { first, style } = this;
    const { lng, lat } = first.getCenter();
    const map = makeMap(canvas, { style, center: [lng, lat], zoom: first.getZoom(), bearing: first.getBearing() });
    /** @type {any} */ (this.pane).map = map; // tests and pictures wait for its `idle`
    map.getCanvas().setAttribute("aria-label", t("Map with the changes"));
    const drawn = new Drawn(map);
    drawn.told = this.told;
    drawn.view = "after";
    const draw = () => drawn.draw();
    map.once("load", () => {
      draw();
      followTheme(map, draw);
      this.made(map);
    });
    together(first, map);
    lookAt(map, first);
    return map;
  }

  #end() {
    this.second?.remove();
    this.pane?.remove();
    this.second = undefined;
  }
}
