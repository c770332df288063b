/**
 * A small map with a pin that can be moved, the circle of its accuracy, and what lies around. Where no map can be
 * drawn, it says so and the list beside it stands.
 * @module city/field/minimap
 */
import { shownTheme } from "city/core/theme-switch.js";
import { h } from "city/map/dom.js";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { t } from "words";
import { Marker } from "maplibre-gl";

const colour = () => (shownTheme() === "dark" ? "#5cbcc6" : "#1a6b75");
const PLAIN = { version: 8, sources: {}, layers: [] }; // before the city's ground was ever loaded
const EMPTY = { type: "FeatureCollection", features: [] };

export class MiniMap {
  /** @param {HTMLElement} box @param {{moved?: (lon: number, lat: number) => void}} [given] with `moved`: a pin */
  constructor(box, { moved } = {}) {
    this.box = box;
    this.moved = moved;
    /** @type {any} */
    this.map = null;
    /** @type {any} */
    this.pin = null;
    /** @type {Record<string, any>} */
    this.shown = { around: EMPTY, circle: EMPTY, cells: EMPTY, track: EMPTY };
    this.ready = null;
  }

  /** @param {[number, number]} at */
  async #make(at) {
    const canvas = h("div", { class: "minimap-canvas" });
    this.box.append(canvas);
    try {
      const style = await baseStyle().catch(() => PLAIN);
      this.map = makeMap(canvas, { style, center: at, zoom: 17, bearing: 0 });
      /** @type {any} */ (this.box).map = this.map;
      this.map.scrollZoom.disable();
      await new Promise((done) => this.map.once("style.load", done));
      this.#layers();
      followTheme(this.map, () => this.#layers());
      if (this.moved) this.#addPin(at);
    } catch {
      canvas.remove();
      this.map = null;
      this.box.append(h("p", { class: "hint" }, t("The map can't be shown here.")));
    }
  }

  /** @param {[number, number]} at */
  #addPin(at) {
    const told = () => {
      const { lng, lat } = this.pin.getLngLat();
      this.moved?.(lng, lat);
    };
    this.pin = new Marker({ draggable: true, color: colour() }).setLngLat(at).addTo(this.map);
    this.pin.getElement().setAttribute("aria-label", t("The place of the report: drag it to move it"));
    this.pin.on("dragend", told);
    this.map.on("click", (/** @type {any} */ event) => {
      this.pin.setLngLat(event.lngLat);
      told();
    });
  }

  #layers() {
    for (const [name, data] of Object.entries(this.shown)) {
      const id = `own-${name}`;
      if (!this.map.getSource(id)) this.map.addSource(id, { type: "geojson", data });
    }
    const add = (/** @type {any} */ layer) => this.map.getLayer(layer.id) || this.map.addLayer(layer);
    add({ id: "own-cells", type: "fill", source: "own-cells", paint: { "fill-color": ["case", ["get", "walked"], "#4eb3d3", "#b9bfc3"], "fill-opacity": 0.35, "fill-outline-color": "#5b6770" } });
    add({ id: "own-circle", type: "fill", source: "own-circle", paint: { "fill-color": colour(), "fill-opacity": 0.15, "fill-outline-color": colour() } });
    add({ id: "own-track", type: "line", source: "own-track", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour(), "line-width": 4, "line-opacity": 0.8 } });
    add({ id: "own-around", type: "circle", source: "own-around", paint: { "circle-radius": 6, "circle-color": ["match", ["get", "kind"], "case", "#3382d6", "component", "#7a7468", "#1a6b75"], "circle-stroke-color": "#fff", "circle-stroke-width": 2 } });
  }

  /** @param {[number, number]} at @param {number|null} [accuracy_m] */
  async show(at, accuracy_m = null) {
    this.ready ??= this.#make(at);
    await this.ready;
    if (!this.map) return;
    this.pin?.setLngLat(at);
    if (!this.map.getBounds().contains(at)) this.map.jumpTo({ center: at });
    this.put("circle", accuracy_m ? [circle(at, Math.min(accuracy_m, 5000))] : []);
  }

  /** @param {string} name around, circle, cells, track @param {any[]} features */
  put(name, features) {
    this.shown[name] = { type: "FeatureCollection", features };
    this.map?.getSource(`own-${name}`)?.setData(this.shown[name]);
  }

  /** @param {[number, number][]} spots all of them in sight */
  fit(spots) {
    if (!this.map || !spots.length) return;
    const lons = spots.map(([lon]) => lon);
    const lats = spots.map(([, lat]) => lat);
    const box = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    this.map.fitBounds(box, { padding: 32, maxZoom: 17, animate: false });
  }
}

/** @param {[number, number]} at @param {number} radius_m */
function circle([lon, lat], radius_m) {
  const ring = Array.from({ length: 49 }, (_, step) => {
    const turn = (step / 48) * 2 * Math.PI;
    const north = (radius_m * Math.cos(turn)) / 111_320;
    const east = (radius_m * Math.sin(turn)) / (111_320 * Math.cos((lat * Math.PI) / 180));
    return [lon + east, lat + north];
  });
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}

/** @param {{lon: number, lat: number}} one @param {string} kind */
export const dot = (one, kind) => ({
  type: "Feature", properties: { kind }, geometry: { type: "Point", coordinates: [one.lon, one.lat] },
});
