/**
 * The way of a team on a map: numbered stops, along roads where there are any.
 * @module city/dispatch/way
 */
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { bounds, drawWay, mark } from "city/dispatch/marks.js";

/** @param {HTMLElement} element with data-way: {stops, start} */
export async function mount(element) {
  const { stops, start } = JSON.parse(element.dataset.way ?? "{}");
  const at = stops.map((/** @type {any} */ one) => [one.case.lon, one.case.lat]);
  if (start) at.unshift([start.lon, start.lat]);
  const map = makeMap(element, { style: await baseStyle(), center: at[0], zoom: 15, bearing: 0 });
  /** @type {any} */ (element).map = map; // tests and pictures wait for its `idle`
  const draw = () => drawWay(map, stops);
  await new Promise((done) => (map.isStyleLoaded() ? done(true) : map.once("load", done)));
  draw();
  followTheme(map, draw);
  if (start) mark(map, `team-mark${start.is_stale ? " is-stale" : ""}`, start.at.ago, [start.lon, start.lat]);
  for (const one of stops) mark(map, `stop-mark${one.is_late ? " is-late" : ""}`, String(one.position), [one.case.lon, one.case.lat]);
  const box = bounds([...at, ...stops.flatMap((/** @type {any} */ one) => one.line.coordinates)]);
  if (box && at.length > 1) map.fitBounds(box, { padding: 48, maxZoom: 17, animate: false });
  element.dataset.state = "ready";
}
