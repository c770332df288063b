/** One patrol's track on a small map. */
import { MiniMap, dot } from "city/field/minimap.js";

/** @param {HTMLElement} element */
export async function mount(element) {
  const points = JSON.parse(element.querySelector(".track-points")?.textContent ?? "[]");
  if (!points.length) return;
  const spots = points.map(([lon, lat]) => /** @type {[number, number]} */ ([lon, lat]));
  const map = new MiniMap(element);
  await map.show(spots[0]);
  const dots = points.map(([lon, lat]) => dot({ lon, lat }, "track"));
  map.put("track", [{ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: spots } }]);
  map.put("around", spots.length > 400 ? [] : dots);
  map.fit(spots);
  element.dataset.drawn = "yes";
}
