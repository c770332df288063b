/** One facility's place on a small map. Without WebGL the page stays whole: the address stands beside it. */
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { t } from "words";

const COLOUR = "#1a6b75";

/** @param {HTMLElement} element */
export async function mount(element) {
  const geometry = JSON.parse(element.querySelector(".place-now")?.textContent ?? "null");
  const [west, south, east, north] = (element.dataset.bbox ?? "").split(",").map(Number);
  const canvas = Object.assign(document.createElement("div"), { className: "minimap-canvas" });
  element.append(canvas);
  try {
    const map = makeMap(canvas, { style: await baseStyle(), center: [(west + east) / 2, (south + north) / 2], zoom: 16, bearing: 0 });
    map.scrollZoom.disable();
    if (east > west) map.fitBounds([west, south, east, north], { padding: 40, maxZoom: 17, animate: false });
    map.once("load", () => {
      map.addSource("own-place", { type: "geojson", data: { type: "Feature", properties: {}, geometry } });
      map.addLayer({ id: "own-place-fill", type: "fill", source: "own-place", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": COLOUR, "fill-opacity": 0.2, "fill-outline-color": COLOUR } });
      map.addLayer({ id: "own-place-point", type: "circle", source: "own-place", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": COLOUR, "circle-radius": 8, "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 } });
      element.dataset.drawn = "yes";
    });
    followTheme(map, () => {});
  } catch {
    canvas.remove();
    element.append(Object.assign(document.createElement("p"), { className: "hint", textContent: t("The map can't be shown here.") }));
  }
}
