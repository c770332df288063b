/**
 * What lies under a click or under the crosshair: one row, a choice of several, a count to step into, or just a place.
 * @module city/map/pick
 */
import { Popup } from "maplibre-gl";
import { getJSON } from "http";
import { t, tn } from "words";
import { h } from "city/map/dom.js";
import { count } from "city/map/format.js";
import { read } from "city/map/rows.js";
import { stateMark } from "city/map/symbols.js";
import { unitCard } from "city/map/unit_card.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */
/** @typedef {import("city/map/rows.js").Feature} Feature */

const REACH_PX = 7;
const CHOICES = 12;

/**
 * @typedef {object} Hooks
 * @property {(feature: {id: string|number}, layer: LayerInfo) => void} select
 * @property {(lngLat: {lng: number, lat: number}) => void} place
 * @property {(id: string|null, layer: LayerInfo|null) => void} hover
 * @property {(code: string) => void} only keep to one area
 * @property {() => boolean} busy whether a form or drawing takes the clicks now
 */

export class Picker {
  /**
   * @param {import("maplibre-gl").Map} map
   * @param {import("city/map/thematic.js").Thematic} thematic
   * @param {Hooks} hooks
   * @param {import("city/map/legends.js").Legends} legends
   */
  constructor(map, thematic, hooks, legends) {
    this.map = map;
    this.thematic = thematic;
    this.hooks = hooks;
    this.legends = legends;
    /** @type {Popup|null} */
    this.popup = null;
    map.on("click", (event) => !hooks.busy() && this.at(event.point));
    map.on("mousemove", (event) => {
      if (!this.next) requestAnimationFrame(() => this.#look());
      this.next = event.point;
    });
    map.getCanvas().addEventListener("mouseleave", () => hooks.hover(null, null));
  }

  /** Once a frame, however often the pointer moves. */
  #look() {
    const point = this.next;
    this.next = undefined;
    if (point && !this.hooks.busy()) this.#over(point);
  }

  /** @param {{x: number, y: number}} point pixels in the map */
  at(point) {
    this.close();
    const found = this.#under(point);
    const lngLat = this.map.unproject([point.x, point.y]);
    const counts =
      found.find((one) => one.properties.count !== undefined && one.id === undefined) ??
      found.find((one) => isCount(one));
    if (counts && isCount(counts))
      return this.map.easeTo({
        center: /** @type {any} */ (counts.geometry).coordinates ?? lngLat,
        zoom: this.map.getZoom() + 2,
      });
    const rows = unique(found, this.thematic);
    if (rows.length === 0) return this.#unit(point, lngLat) || this.hooks.place(lngLat);
    if (rows.length === 1) return this.hooks.select({ id: rows[0].id }, rows[0].layer);
    return this.#choose(rows, lngLat);
  }

  /**
   * What a coloured area, cell or hexagon under a point stands for.
   * @param {{x: number, y: number}} point
   * @param {{lng: number, lat: number}} lngLat
   * @returns {boolean} whether there is one
   */
  #unit({ x, y }, lngLat) {
    const layers = this.thematic.units().filter((id) => this.map.getLayer(id));
    const unit = layers.length ? this.map.queryRenderedFeatures([x, y], { layers })[0] : undefined;
    const layer = unit && this.thematic.owner(unit.layer.id);
    const legend = layer && this.legends.known.get(layer.id);
    if (!unit || !layer || !legend) return false;
    const isArea = Object.hasOwn(unit.properties, "name_en") && unit.properties.name_en !== unit.properties.code;
    const act = (/** @type {() => void} */ what) => () => {
      this.close();
      what();
    };
    const only = (/** @type {string} */ code) => act(() => this.hooks.only(code))();
    const card = unitCard(layer, unit.properties, legend, { only: isArea ? only : null, here: act(() => this.hooks.place(lngLat)) });
    this.popup = new Popup({ closeButton: false, maxWidth: "320px", focusAfterOpen: false }).setLngLat(lngLat).setDOMContent(card).addTo(this.map);
    /** @type {HTMLElement|null} */ (card.querySelector("button"))?.focus();
    return true;
  }

  /** @returns {boolean} whether a choice was open */
  close() {
    const was = this.popup?.isOpen() ?? false;
    this.popup?.remove();
    this.popup = null;
    return was;
  }

  /** @param {{x: number, y: number}} point */
  #under({ x, y }) {
    const layers = this.thematic.clickable().filter((id) => this.map.getLayer(id));
    return layers.length
      ? this.map.queryRenderedFeatures(
          [
            [x - REACH_PX, y - REACH_PX],
            [x + REACH_PX, y + REACH_PX],
          ],
          { layers },
        )
      : [];
  }

  /** @param {{x: number, y: number}} point */
  #over(point) {
    const first = this.#under(point)[0];
    this.map.getCanvas().style.cursor = first ? (isCount(first) ? "zoom-in" : "pointer") : "";
    const layer = first && !isCount(first) ? this.thematic.owner(first.layer.id) : undefined;
    this.hooks.hover(layer ? String(first.id) : null, layer ?? null);
  }

  /**
   * @param {{id: string|number, layer: LayerInfo}[]} rows
   * @param {{lng: number, lat: number}} lngLat
   */
  async #choose(rows, lngLat) {
    const shown = rows.slice(0, CHOICES);
    const list = h("ul", { class: "choice", "aria-label": t("Choose one of these") });
    const title = h(
      "p",
      { class: "choice-title" },
      tn("{n} thing lies here", "{n} things lie here", rows.length, { n: count(rows.length) }),
    );
    const more = rows.length > CHOICES ? h("p", { class: "hint" }, t("Zoom in to see the others.")) : null;
    const box = h("div", { role: "dialog", "aria-label": t("Choose one of these") }, title, list, more ?? "");
    this.popup = new Popup({ closeButton: false, maxWidth: "300px", focusAfterOpen: false })
      .setLngLat(lngLat)
      .setDOMContent(box)
      .addTo(this.map);
    const popup = this.popup;
    const features = await Promise.all(
      shown.map((one) => getJSON(`/api/v1/layers/${one.layer.id}/features/${one.id}`).catch(() => null)),
    );
    if (popup !== this.popup) return;
    features.forEach((feature, at) => feature && list.append(h("li", {}, this.#choice(feature, shown[at].layer))));
    /** @type {HTMLElement|null} */ (list.querySelector("button"))?.focus();
  }

  /**
   * @param {Feature} feature
   * @param {LayerInfo} layer
   */
  #choice(feature, layer) {
    const reading = read(layer, feature);
    const pick = () => {
      this.close();
      this.hooks.select(feature, layer);
    };
    return h(
      "button",
      { type: "button", class: "row", onclick: pick },
      stateMark(reading.state, layer),
      h("span", { class: "row-title" }, reading.title),
      h(
        "span",
        { class: "row-second" },
        [layer.title, reading.state?.words, reading.second].filter(Boolean).join(" · "),
      ),
    );
  }
}

/** @param {{sourceLayer?: string}} one @returns {boolean} whether it stands for many rows */
function isCount(one) {
  return (one.sourceLayer ?? "").endsWith("_counts");
}

/**
 * Each row once, though tiles and style layers show it several times.
 * @param {any[]} found
 * @param {import("city/map/thematic.js").Thematic} thematic
 * @returns {{id: string|number, layer: LayerInfo}[]}
 */
function unique(found, thematic) {
  const seen = new Map();
  for (const one of found) {
    const layer = thematic.owner(one.layer.id);
    if (layer && !layer.floor && one.id !== undefined && !seen.has(`${layer.id}:${one.id}`))
      seen.set(`${layer.id}:${one.id}`, { id: one.id, layer });
  }
  return [...seen.values()];
}
