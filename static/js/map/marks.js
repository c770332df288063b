/**
 * Our own marks over all layers: the selected row, the one under the pointer, a flash where something changed, the pin.
 * @module city/map/marks
 */
import { Marker } from "maplibre-gl";
import { t } from "words";
import { h } from "city/map/dom.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const SOURCES = ["own-cell", "own-hover", "own-selected", "own-flash"];
const FLASH_MS = 1400;

/** @param {string} token @returns {string} the value of a colour token of the present theme */
function token(token) {
  return getComputedStyle(document.documentElement).getPropertyValue(token).trim();
}

export class Marks {
  /** @param {import("maplibre-gl").Map} map */
  constructor(map) {
    this.map = map;
    this.data = Object.fromEntries(SOURCES.map((id) => [id, /** @type {any} */ (EMPTY)]));
    /** @type {Marker|null} */
    this.spot = null;
  }

  /** Put sources and layers in; again after a change of theme, in its colours. */
  install() {
    const accent = token("--map-select") || "#0b5cad";
    const halo = token("--map-halo") || "#ffffff";
    for (const id of SOURCES) {
      if (!this.map.getSource(id)) this.map.addSource(id, { type: "geojson", data: this.data[id] });
      for (const suffix of ["", "-halo", "-line", "-fill"])
        if (this.map.getLayer(id + suffix)) this.map.removeLayer(id + suffix);
    }
    this.#outline("own-cell", accent, halo, 2.5, 0.1);
    this.#outline("own-hover", accent, halo, 2, 0.06);
    this.#outline("own-selected", accent, halo, 3, 0.12);
    this.#outline("own-flash", accent, halo, 3, 0.25);
  }

  /** @param {any} feature GeoJSON or null */
  hover(feature) {
    this.#put("own-hover", feature);
  }

  /** @param {any} feature GeoJSON or null */
  select(feature) {
    this.#put("own-selected", feature);
  }

  /** @param {any} feature GeoJSON of a chosen unit cell or null */
  cell(feature) {
    this.#put("own-cell", feature);
  }

  /** @param {any} feature GeoJSON of what was just written; gone again after a moment */
  flash(feature) {
    this.#put("own-flash", feature);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#put("own-flash", null), FLASH_MS);
  }

  /**
   * The pin of a marked place.
   * @param {[number, number]|null} at longitude, latitude
   */
  place(at) {
    this.spot?.remove();
    this.spot = at
      ? new Marker({ element: h("div", { class: "spot", role: "img", "aria-label": t("Marked place") }) })
          .setLngLat(at)
          .addTo(this.map)
      : null;
  }

  /**
   * @param {string} id
   * @param {any} feature
   */
  #put(id, feature) {
    this.data[id] = feature
      ? { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: feature.geometry }] }
      : EMPTY;
    /** @type {any} */ (this.map.getSource(id))?.setData(this.data[id]);
  }

  /**
   * @param {string} source
   * @param {string} colour
   * @param {string} halo
   * @param {number} width px
   * @param {number} tint share of the fill
   */
  #outline(source, colour, halo, width, tint) {
    const isPoint = /** @type {any} */ (["==", ["geometry-type"], "Point"]);
    this.map.addLayer({
      id: `${source}-fill`,
      source,
      type: "fill",
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": colour, "fill-opacity": tint },
    });
    this.map.addLayer({
      id: `${source}-halo`,
      source,
      type: "line",
      filter: ["!", isPoint],
      layout: { "line-join": "round" },
      paint: { "line-color": halo, "line-width": width + 3, "line-opacity": 0.9 },
    });
    this.map.addLayer({
      id: `${source}-line`,
      source,
      type: "line",
      filter: ["!", isPoint],
      layout: { "line-join": "round" },
      paint: { "line-color": colour, "line-width": width },
    });
    this.map.addLayer({
      id: source,
      source,
      type: "circle",
      filter: isPoint,
      paint: {
        "circle-radius": 12,
        "circle-color": "rgba(0,0,0,0)",
        "circle-stroke-color": colour,
        "circle-stroke-width": width,
      },
    });
  }
}
