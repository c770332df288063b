/**
 * The pin of a form: clicked, dragged or nudged with the arrow keys; says where it stands in people's words.
 * @module city/map/spot
 */
import { Marker } from "maplibre-gl";
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { position } from "city/map/controls.js";
import { Finder } from "city/map/finder.js";
import { degrees, distance } from "city/map/format.js";
import { described, reverse } from "city/map/place.js";

/**
 * @typedef {object} Place
 * @property {number} lon
 * @property {number} lat
 * @property {"map"|"gnss"|"address"} located_by
 * @property {number|null} accuracy_m
 * @property {number|null} address_id
 */

const NUDGE_M = 1;
const METRES_A_DEGREE = 111320; // of latitude; good enough to nudge a pin by hand

export class Spot {
  /**
   * @param {import("maplibre-gl").Map} map
   * @param {import("city/map/form_kit.js").FormView} view with the parts of `place_field`
   * @param {(place: Place|null, told: any) => void} changed `told` is what reverse said, null when it failed
   */
  constructor(map, view, changed) {
    this.map = map;
    this.view = view;
    this.changed = changed;
    /** @type {Place|null} */
    this.place = null;
    this.told = null;
    /** @type {Marker|null} */
    this.marker = null;
    view.part("gps").addEventListener("click", () => this.#here());
    view
      .part("centre")
      .addEventListener("click", () =>
        this.set({ ...of(map.getCenter()), located_by: "map", accuracy_m: null, address_id: null }),
      );
    const [input, list] = [view.part("finder").querySelector("input"), view.part("finder").querySelector("ul")];
    this.finder = new Finder(/** @type {HTMLInputElement} */ (input), /** @type {HTMLElement} */ (list), {
      near: () => map.getCenter(),
      choose: (found) =>
        this.set(
          {
            lon: found.lon,
            lat: found.lat,
            located_by: "address",
            accuracy_m: null,
            address_id: found.kind === "address" ? found.id : null,
          },
          true,
        ),
    });
  }

  /** @param {{lng: number, lat: number}} at a click on the map */
  click(at) {
    this.set({ ...of(at), located_by: "map", accuracy_m: null, address_id: null });
  }

  /**
   * @param {Place} place
   * @param {boolean} [fly] whether the map goes there
   */
  async set(place, fly = false) {
    this.place = place;
    this.told = null;
    this.#pin(place);
    if (fly || !this.map.getBounds().contains([place.lon, place.lat]))
      this.map.easeTo({ center: [place.lon, place.lat], zoom: Math.max(this.map.getZoom(), 17) });
    const words = this.view.part("place");
    fill(words, h("span", { class: "skeleton-line" }));
    this.changed(place, null);
    try {
      this.abort?.abort();
      this.abort = new AbortController();
      this.told = await reverse([place.lon, place.lat], this.abort.signal);
      fill(words, described(this.told), this.#fine(place));
      this.changed(place, this.told);
    } catch (error) {
      const { name, status } = /** @type {any} */ (error);
      if (name === "AbortError") return;
      fill(
        words,
        h(
          "p",
          { class: "place-text" },
          status === 404 || status === 422 ? t("This place is outside the city.") : t("The address could not be read."),
        ),
        this.#fine(place),
      );
    }
  }

  remove() {
    this.abort?.abort();
    this.marker?.remove();
  }

  /** @param {Place} place */
  #fine(place) {
    const how = { gnss: t("by GPS"), address: t("by address"), map: t("on the map") }[place.located_by];
    const accuracy =
      place.accuracy_m === null ? "" : ` · ${t("give or take {distance}", { distance: distance(place.accuracy_m) })}`;
    return h("p", { class: "hint num" }, `${degrees(place.lon, place.lat)} · ${how}${accuracy}`);
  }

  /** @param {Place} place */
  #pin(place) {
    if (!this.marker) {
      const element = h("div", {
        class: "spot",
        tabindex: 0,
        role: "button",
        "aria-label": t("The place: drag it, or move it with the arrow keys"),
        title: t("Drag to move"),
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#nudge(event),
      });
      this.marker = new Marker({ element, draggable: true, anchor: "bottom" })
        .setLngLat([place.lon, place.lat])
        .addTo(this.map);
      this.marker.on("dragend", () => this.marker && this.click(this.marker.getLngLat()));
    }
    this.marker.setLngLat([place.lon, place.lat]);
  }

  /** @param {KeyboardEvent} event one metre a press, ten with Shift */
  #nudge(event) {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if ((!x && !y) || !this.place) return;
    event.preventDefault();
    event.stopPropagation();
    const step = (event.shiftKey ? 10 : 1) * (NUDGE_M / METRES_A_DEGREE);
    this.click({
      lng: this.place.lon + (x * step) / Math.cos((this.place.lat * Math.PI) / 180),
      lat: this.place.lat + y * step,
    });
  }

  async #here() {
    const button = this.view.part("gps");
    button.setAttribute("aria-busy", "true");
    try {
      const fix = await position();
      await this.set({ ...fix, located_by: "gnss", address_id: null }, true);
    } catch (error) {
      this.view.error("place", /** @type {Error} */ (error).message);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
}

/** @param {{lng: number, lat: number}} at */
const of = ({ lng, lat }) => ({ lon: lng, lat });
