/**
 * The place of a report: a map to click, with what a form holds of it; the form works without.
 * @module city/channels/place
 */
import { Marker } from "maplibre-gl";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { t } from "words";

const CITY_ZOOM = 11;
const PLACE_ZOOM = 16;

export class PlaceField {
  /** @param {HTMLElement} root @param {(at: [number, number]) => void} changed */
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    this.input = /** @type {HTMLInputElement} */ (root.querySelector("[data-part=place]"));
    this.said = /** @type {HTMLElement} */ (root.querySelector("[data-part=chosen]"));
    this.box = /** @type {HTMLElement} */ (root.querySelector("[data-part=map]"));
    const spot = document.createElement("div");
    spot.className = "spot";
    this.marker = new Marker({ element: spot });
    root.addEventListener("change", (event) => {
      const one = /** @type {HTMLInputElement} */ (event.target);
      if (one.name === "place" && one.type === "radio") this.#take(one.value);
    });
  }

  /** Draw the map; without one the words say so. */
  async draw() {
    const start = /** @type {[number, number]} */ ([Number(this.box.dataset.lon), Number(this.box.dataset.lat)]);
    try {
      this.map = makeMap(this.box, { style: await baseStyle(), center: start, zoom: CITY_ZOOM, bearing: 0 });
    } catch {
      this.box.textContent = t("The map can't be shown here.");
      return;
    }
    /** @type {any} */ (this.box).map = this.map; // who takes a picture waits for its `idle`
    this.map.on("click", (event) => this.choose([event.lngLat.lng, event.lngLat.lat], "", t("The place on the map is chosen.")));
    followTheme(this.map, () => undefined);
    const checked = /** @type {HTMLInputElement | null} */ (this.root.querySelector("input[type=radio][name=place]:checked"));
    const given = checked?.value || (this.input.disabled ? "" : this.input.value);
    if (given) this.#show(given);
  }

  /** @param {[number, number]} at degrees @param {string|number} address id of an address, or nothing @param {string} words */
  choose(at, address, words) {
    for (const one of this.root.querySelectorAll("input[type=radio][name=place]")) /** @type {HTMLInputElement} */ (one).checked = false;
    this.input.disabled = false;
    this.#take(`${at[0].toFixed(6)},${at[1].toFixed(6)},${address}`);
    this.said.textContent = words;
  }

  /** @param {string} value "lon,lat,address id" */
  #take(value) {
    this.input.value = value;
    this.input.disabled = Boolean(this.root.querySelector("input[type=radio][name=place]:checked"));
    this.changed(this.#show(value));
  }

  /** @param {string} value */
  #show(value) {
    const [lon, lat] = value.split(",").map(Number);
    const at = /** @type {[number, number]} */ ([lon, lat]);
    if (this.map) {
      this.marker.setLngLat(at).addTo(this.map);
      const zoom = Math.max(this.map.getZoom(), PLACE_ZOOM);
      this.map.jumpTo({ center: at, zoom });
    }
    return at;
  }
}
