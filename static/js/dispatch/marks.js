/**
 * Marks of cases and teams on the board's map, and the way of a team; in the colours of the present theme.
 * @module city/dispatch/marks
 */
import { Marker } from "maplibre-gl";

const COLOURS = { on_time: "--on-time", due_soon: "--due-soon", overdue: "--overdue", none: "--ink-3" };
const WIDTHS = { on_time: 2, due_soon: 4, overdue: 6, none: 1.5 }; // never colour alone: the later, the thicker

/** @param {string} token @returns {string} */
export const colour = (token) => getComputedStyle(document.documentElement).getPropertyValue(token).trim();

/** @param {import("maplibre-gl").Map} map @param {string} id @param {any} data */
export function put(map, id, data) {
  const source = /** @type {any} */ (map.getSource(id));
  if (source) source.setData(data);
  else map.addSource(id, { type: "geojson", data });
}

/**
 * @param {import("maplibre-gl").Map} map
 * @param {{number: string, lon: number, lat: number, clock: string|null}[]} cases
 * @param {string} here the number of the chosen case
 */
export function drawCases(map, cases, here) {
  put(map, "own-cases", { type: "FeatureCollection", features: cases.map((one) => ({
    type: "Feature", geometry: { type: "Point", coordinates: [one.lon, one.lat] },
    properties: { number: one.number, clock: one.clock ?? "none", here: one.number === here } })) });
  if (map.getLayer("own-cases")) map.removeLayer("own-cases");
  const by = (/** @type {Record<string, any>} */ values) =>
    /** @type {any} */ (["match", ["get", "clock"], ...Object.entries(values).filter(([key]) => key !== "none").flat(), values.none]);
  map.addLayer({ id: "own-cases", type: "circle", source: "own-cases", paint: {
    "circle-radius": ["case", ["get", "here"], 10, 6], "circle-color": ["case", ["get", "here"], colour("--accent"), colour("--sheet")],
    "circle-stroke-color": by(Object.fromEntries(Object.entries(COLOURS).map(([key, one]) => [key, colour(one)]))),
    "circle-stroke-width": by(WIDTHS) } });
}

/** @param {import("maplibre-gl").Map} map @param {{line: any, is_straight: boolean}[]} legs */
export function drawWay(map, legs) {
  put(map, "own-way", { type: "FeatureCollection", features: legs.map((one) => ({
    type: "Feature", geometry: one.line, properties: { straight: one.is_straight } })) });
  for (const id of ["own-way", "own-way-straight"]) if (map.getLayer(id)) map.removeLayer(id);
  const line = { "line-color": colour("--accent"), "line-width": 4 };
  map.addLayer({ id: "own-way", type: "line", source: "own-way", filter: ["!", ["get", "straight"]], layout: { "line-join": "round", "line-cap": "round" }, paint: line });
  map.addLayer({ id: "own-way-straight", type: "line", source: "own-way", filter: ["get", "straight"], paint: { ...line, "line-dasharray": [1.5, 1.5] } });
}

/**
 * @param {import("maplibre-gl").Map} map
 * @param {string} kind a class of the mark: team-mark, stop-mark
 * @param {string} words what stands on it
 * @param {[number, number]} at
 */
export function mark(map, kind, words, at) {
  const element = document.createElement("div");
  element.className = kind;
  element.textContent = words;
  return new Marker({ element }).setLngLat(at).addTo(map);
}

/** @param {[number, number][]} points @returns {[number, number, number, number]|null} */
export function bounds(points) {
  if (!points.length) return null;
  const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}
