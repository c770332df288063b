/**
 * The small map beside a record: its place on the city's own base map, with the radius of the fix.
 * @module city/cases/where
 */
import { Marker } from "maplibre-gl";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";

const ZOOM = 16;
const CIRCLE_SIDES = 48;
const EARTH_M = 6371008.8;

/** @param {HTMLElement} element with data-lon, data-lat and data-accuracy in metres */
export async function mount(element) {
  const at = /** @type {[number, number]} */ ([Number(element.dataset.lon), Number(element.dataset.lat)]);
  const radius_m = Number(element.dataset.accuracy) || 0;
  const map = makeMap(element, { style: await baseStyle(), center: at, zoom: ZOOM, bearing: 0 });
  /** @type {any} */ (element).map = map; // who takes a picture waits for its `idle`
  map.scrollZoom.disable(); // the page scrolls, not the map
  const spot = document.createElement("div");
  spot.className = "spot";
  new Marker({ element: spot }).setLngLat(at).addTo(map);
  const draw = () => {
    if (radius_m >= 1) drawRadius(map, at, radius_m);
  };
  map.once("style.load", draw);
  followTheme(map, draw);
}

/**
 * @param {import("maplibre-gl").Map} map
 * @param {[number, number]} at
 * @param {number} radius_m
 */
function drawRadius(map, at, radius_m) {
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
  if (map.getLayer("own-radius")) map.removeLayer("own-radius");
  if (!map.getSource("own-radius")) map.addSource("own-radius", { type: "geojson", data: circle(at, radius_m) });
  map.addLayer({ id: "own-radius", type: "fill", source: "own-radius", paint: { "fill-color": colour, "fill-opacity": 0.18, "fill-outline-color": colour } });
}

/**
 * A circle on the sphere; good to a centimetre at the radii of a fix.
 * @param {[number, number]} at
 * @param {number} radius_m
 */
function circle([lon, lat], radius_m) {
  const north = (radius_m / EARTH_M) * (180 / Math.PI);
  const east = north / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: CIRCLE_SIDES + 1 }, (_, n) => {
    const turn = (n / CIRCLE_SIDES) * 2 * Math.PI;
    return [lon + east * Math.cos(turn), lat + north * Math.sin(turn)];
  });
  return /** @type {any} */ ({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } });
}
