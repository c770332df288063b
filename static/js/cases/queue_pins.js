/**
 * The marks of the queue on its map: a ring whose colour is the clock at the moment looked at, areas where there are too many.
 * @module city/cases/queue_pins
 */
const COLOURS = { on_time: "--on-time", due_soon: "--due-soon", overdue: "--overdue", none: "--ink-3" };
const WIDTHS = { on_time: 2, due_soon: 4, overdue: 6, none: 1.5 }; // never colour alone: the later, the thicker
const FONTS = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "system-ui", "sans-serif"];
const EMPTY = { type: "FeatureCollection", features: /** @type {any[]} */ ([]) };

/** @typedef {{id: number, number: string, lon: number, lat: number, status_words: string, cell: number, due_at: string|null, yellow_at: string|null, clock: string|null}} Pin */

/** @param {string} token @returns {string} */
const colour = (token) => getComputedStyle(document.documentElement).getPropertyValue(token).trim();

/**
 * How a case's clock will stand at a moment, if nobody does anything; `none` where it has none, or it is over.
 * @param {Pin} pin
 * @param {number} at milliseconds
 * @returns {"on_time"|"due_soon"|"overdue"|"none"}
 */
export function clockAt(pin, at) {
  if (pin.clock === null || !pin.due_at || !pin.yellow_at) return "none";
  if (Date.parse(pin.due_at) < at) return "overdue";
  return Date.parse(pin.yellow_at) <= at ? "due_soon" : "on_time";
}

export class QueuePins {
  /** @param {import("maplibre-gl").Map} map */
  constructor(map) {
    this.map = map;
    /** @type {Pin[]} */
    this.pins = [];
    /** @type {any[]} */
    this.areas = [];
    this.at = Date.now();
    /** @type {Set<string>} */
    this.chosen = new Set();
    this.here = "";
    this.hovered = "";
    /** @type {any} */
    this.within = null;
  }

  /** Sources and layers, in the colours of the present theme. */
  install() {
    for (const id of ["own-within-line", "own-pins", "own-pins-on", "own-areas", "own-areas-n"])
      if (this.map.getLayer(id)) this.map.removeLayer(id);
    for (const id of ["own-pins", "own-areas", "own-within"])
      if (!this.map.getSource(id)) this.map.addSource(id, { type: "geojson", data: /** @type {any} */ (EMPTY) });
    this.map.addLayer({ id: "own-within-line", type: "line", source: "own-within", paint: { "line-color": colour("--accent"), "line-width": 3, "line-dasharray": [2, 1.5] } });
    const by = (/** @type {Record<string, any>} */ values) =>
      /** @type {any} */ (["match", ["get", "clock"], ...Object.entries(values).filter(([key]) => key !== "none").flat(), values.none]);
    this.map.addLayer({ id: "own-pins", type: "circle", source: "own-pins", paint: {
      "circle-radius": ["case", ["get", "here"], 9, 6], "circle-color": ["case", ["get", "chosen"], colour("--accent"), colour("--sheet")],
      "circle-stroke-color": by(Object.fromEntries(Object.entries(COLOURS).map(([key, one]) => [key, colour(one)]))),
      "circle-stroke-width": by(WIDTHS),
    } });
    this.map.addLayer({ id: "own-pins-on", type: "circle", source: "own-pins", filter: ["any", ["get", "here"], ["get", "hovered"]],
      paint: { "circle-radius": 15, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": colour("--focus"), "circle-stroke-width": 3 } });
    this.map.addLayer({ id: "own-areas", type: "circle", source: "own-areas", paint: {
      "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 11, 100, 46], "circle-color": colour("--accent"), "circle-opacity": 0.85 } });
    this.map.addLayer({ id: "own-areas-n", type: "symbol", source: "own-areas", layout: { "text-field": ["to-string", ["get", "count"]], "text-size": 13, "text-allow-overlap": true, "text-font": FONTS }, paint: { "text-color": colour("--accent-ink") } });
    this.draw();
  }

  /** Put the marks in as they stand now. */
  draw() {
    const features = this.pins.map((pin) => ({
      type: "Feature", id: pin.id, geometry: { type: "Point", coordinates: [pin.lon, pin.lat] },
      properties: { number: pin.number, clock: clockAt(pin, this.at), chosen: this.chosen.has(pin.number), here: pin.number === this.here, hovered: pin.number === this.hovered },
    }));
    this.#put("own-pins", { ...EMPTY, features });
    this.#put("own-areas", { ...EMPTY, features: this.areas.filter((one) => one.lon !== null).map((one) => ({
      type: "Feature", geometry: { type: "Point", coordinates: [one.lon, one.lat] }, properties: one })) });
    this.#put("own-within", this.within ? { type: "Feature", properties: {}, geometry: this.within } : EMPTY);
  }

  /** @returns {Record<"on_time"|"due_soon"|"overdue"|"none", number>} how many stand how at the moment looked at */
  tally() {
    const made = { on_time: 0, due_soon: 0, overdue: 0, none: 0 };
    for (const pin of this.pins) made[clockAt(pin, this.at)] += 1;
    return made;
  }

  /** @returns {[number, number, number, number]|null} west, south, east, north of all marks */
  bounds() {
    const all = [...this.pins, ...this.areas.filter((one) => one.lon !== null)];
    if (!all.length) return null;
    const [lons, lats] = [all.map((one) => one.lon), all.map((one) => one.lat)];
    const ends = (/** @type {number[]} */ values) => values.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity]);
    const [[west, east], [south, north]] = [ends(lons), ends(lats)];
    return [west, south, east, north];
  }

  /**
   * @param {string} id
   * @param {any} data
   */
  #put(id, data) {
    /** @type {any} */ (this.map.getSource(id))?.setData(data);
  }
}
