/** One facility's place on a small map. Without WebGL the page stays whole: the address stands beside it. */
import { shownTheme } from "city/core/theme-switch.js";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { t } from "words";

const colour = () => (shownTheme() === "dark" ? "#5cbcc6" : "#1a6b75");

/** @param {HTMLElement} element */
export async function mount(element) {
  const geometry = JSON.parse(element.querySelector(".place-now")?.textContent ?? "null");
  const [west, south, east, north] = (element.dataset.bbox ?? "").split(",").map(Number);
  const canvas = Object.assign(document.createElement("div"), { className: "minimap-canvas" });
  element.append(canvas);
  try {
    const map = makeMap(canvas, { style: await baseStyle(), center: [(west + east) / 2, (south + north) / 2], zoom: 16, bearing: 0 });
    /** @type {any} */ (element).map = map; // who takes a picture waits for its `idle`
    map.scrollZoom.disable();
    if (east > west) map.fitBounds([west, south, east, north], { padding: 40, maxZoom: 17, animate: false });
    map.once("style.load", () => {
      map.addSource("own-place", { type: "geojson", data: { type: "Feature", properties: {}, geometry } });
      map.addLayer({ id: "own-place-fill", type: "fill", source: "own-place", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colour(), "fill-opacity": 0.2 } });
      map.addLayer({ id: "own-place-line", type: "line", source: "own-place", filter: ["==", ["geometry-type"], "Polygon"], paint: { "line-color": colour(), "line-width": 2 } });
      map.addLayer({ id: "own-place-point", type: "circle", source: "own-place", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": colour(), "circle-radius": 8, "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } });
      element.dataset.drawn = "yes";
    });
    followTheme(map, () => {
      for (const [layer, name] of [["own-place-fill", "fill-color"], ["own-place-line", "line-color"], ["own-place-point", "circle-color"]]) {
        if (map.getLayer(layer)) map.setPaintProperty(layer, /** @type {any} */ (name), colour());
      }
    });
  } catch {
    canvas.remove();
    element.append(Object.assign(document.createElement("p"), { className: "hint", textContent: t("The map can't be shown here.") }));
  }
}
