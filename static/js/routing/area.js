/**
 * The drawn area of a routing rule: drawn on a map, kept in the form's field as GeoJSON. The field works without it.
 * @module city/routing/area
 */
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { Drawing } from "city/map/drawing.js";
import { t } from "words";

const CITY_ZOOM = 11;

/** @param {HTMLElement} root beside a textarea `data-for`; data-lon, data-lat: the middle of the city */
export async function mount(root) {
  const field = /** @type {HTMLTextAreaElement} */ (document.getElementById(root.dataset.for ?? ""));
  const box = /** @type {HTMLElement} */ (root.querySelector("[data-part=map]"));
  const draw = /** @type {HTMLButtonElement} */ (root.querySelector("[data-part=draw]"));
  const clear = /** @type {HTMLButtonElement} */ (root.querySelector("[data-part=clear]"));
  root.hidden = false;
  const start = /** @type {[number, number]} */ ([Number(root.dataset.lon), Number(root.dataset.lat)]);
  const map = makeMap(box, { style: await baseStyle(), center: start, zoom: CITY_ZOOM, bearing: 0 });
  /** @type {any} */ (box).map = map; // who takes a picture waits for its `idle`
  await new Promise((done) => map.once("style.load", done));
  const show = () => {
    const shape = read(field.value);
    const data = { type: "FeatureCollection", features: shape ? [{ type: "Feature", properties: {}, geometry: shape }] : [] };
    if (map.getSource("own-area")) return /** @type {any} */ (map.getSource("own-area")).setData(data);
    map.addSource("own-area", { type: "geojson", data: /** @type {any} */ (data) });
    map.addLayer({ id: "own-area-fill", type: "fill", source: "own-area", paint: { "fill-color": "#1a6b75", "fill-opacity": 0.2 } });
    return map.addLayer({ id: "own-area-line", type: "line", source: "own-area", paint: { "line-color": "#1a6b75", "line-width": 2.5 } });
  };
  show();
  look(map, read(field.value));
  field.addEventListener("change", () => { show(); look(map, read(field.value)); });
  followTheme(map, show);
  /** @type {Drawing|null} */
  let drawing = null;
  const stop = () => {
    drawing?.stop();
    drawing = null;
    draw.setAttribute("aria-pressed", "false");
    draw.textContent = t("Draw on the map");
  };
  draw.addEventListener("click", () => {
    if (drawing) return stop();
    draw.setAttribute("aria-pressed", "true");
    draw.textContent = t("Stop drawing");
    drawing = new Drawing(map, {
      changed: (geometry, finished) => {
        if (!finished || !geometry) return;
        field.value = JSON.stringify({ type: geometry.type, coordinates: rounded(geometry.coordinates) });
        queueMicrotask(() => { stop(); show(); });
      },
    });
    return drawing.begin("polygon");
  });
  clear.addEventListener("click", () => { stop(); field.value = ""; show(); });
}

/** @param {any} value coordinates of any depth, to a decimetre */
const rounded = (value) => (Array.isArray(value) ? value.map(rounded) : Number(value.toFixed(6)));

/** @param {string} text @returns {any} a polygon, or nothing where the text is none */
function read(text) {
  try {
    const shape = JSON.parse(text);
    return ["Polygon", "MultiPolygon"].includes(shape?.type) && Array.isArray(shape.coordinates) ? shape : null;
  } catch {
    return null;
  }
}

/** @param {import("maplibre-gl").Map} map @param {any} shape all of it in sight */
function look(map, shape) {
  const places = shape ? shape.coordinates.flat(shape.type === "Polygon" ? 1 : 2) : [];
  const [lons, lats] = [places.map((/** @type {number[]} */ one) => one[0]), places.map((/** @type {number[]} */ one) => one[1])];
  const box = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  if (places.length && box.every(Number.isFinite)) map.fitBounds(/** @type {any} */ (box), { padding: 40, animate: false });
}
