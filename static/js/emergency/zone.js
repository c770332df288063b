/**
 * The zone of one event on a small map: today's outline strong with a light fill, older ones thin and dashed.
 * Without WebGL the page stays whole: the place is told in words beside it.
 */
import { followTheme, baseStyle, makeMap } from "city/map/basemap.js";
import { shownTheme } from "city/core/theme-switch.js";
import { t } from "words";

/** @param {HTMLElement} element */
export async function mount(element) {
  const now = JSON.parse(element.querySelector(".zone-now")?.textContent ?? "null");
  const before = JSON.parse(element.querySelector(".zones-before")?.textContent ?? "[]");
  const [west, south, east, north] = (element.dataset.bbox ?? "").split(",").map(Number);
  const canvas = document.createElement("div");
  canvas.className = "minimap-canvas";
  element.append(canvas);
  try {
    const style = await baseStyle();
    const map = makeMap(canvas, { style, center: [(west + east) / 2, (south + north) / 2], zoom: 15, bearing: 0 });
    /** @type {any} */ (element).map = map; // who takes a picture waits for its `idle`
    map.scrollZoom.disable();
    if (east > west || north > south) map.fitBounds([west, south, east, north], { padding: 40, maxZoom: 17, animate: false });
    map.once("style.load", () => {
      draw(map, now, before);
      element.dataset.drawn = "yes";
    });
    followTheme(map, () => recolour(map));
  } catch {
    canvas.remove();
    element.append(Object.assign(document.createElement("p"), { className: "hint", textContent: t("The map can't be shown here.") }));
  }
}

const colour = () => (shownTheme() === "dark" ? "#ff8a7a" : "#b3261e");

/**
 * @param {import("maplibre-gl").Map} map
 * @param {any} now
 * @param {any[]} before
 */
function draw(map, now, before) {
  const features = [...before.map((geometry) => feature(geometry, "before")), feature(now, "now")];
  map.addSource("own-zone", { type: "geojson", data: { type: "FeatureCollection", features } });
  const isNow = ["==", ["get", "when"], "now"];
  map.addLayer({ id: "own-zone-fill", type: "fill", source: "own-zone", filter: ["all", isNow, ["==", ["geometry-type"], "Polygon"]], paint: { "fill-color": colour(), "fill-opacity": 0.14 } });
  map.addLayer({ id: "own-zone-older", type: "line", source: "own-zone", filter: ["!", isNow], paint: { "line-color": colour(), "line-width": 1.2, "line-dasharray": [3, 3] } });
  map.addLayer({ id: "own-zone-line", type: "line", source: "own-zone", filter: isNow, paint: { "line-color": colour(), "line-width": 2.5 } });
  map.addLayer({ id: "own-zone-point", type: "circle", source: "own-zone", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": colour(), "circle-radius": ["case", isNow, 8, 4], "circle-opacity": ["case", isNow, 1, 0.4], "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } });
}

/** @param {any} geometry @param {"now" | "before"} when */
const feature = (geometry, when) => ({ type: "Feature", properties: { when }, geometry });

/** @param {import("maplibre-gl").Map} map */
function recolour(map) {
  for (const [layer, name] of [["own-zone-fill", "fill-color"], ["own-zone-older", "line-color"], ["own-zone-line", "line-color"], ["own-zone-point", "circle-color"]]) {
    if (map.getLayer(layer)) map.setPaintProperty(layer, /** @type {any} */ (name), colour());
  }
}
