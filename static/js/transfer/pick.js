/**
 * The map on which a place is clicked for an offer; it fills the form's coordinates. The form works without it.
 * @module city/transfer/pick
 */
import { Marker } from "maplibre-gl";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";

const CITY_ZOOM = 11;
const PLACE_ZOOM = 16;

/** @param {HTMLElement} element inside a form with `lon`, `lat` and places to choose from; data-lon, data-lat: the start */
export async function mount(element) {
  const form = /** @type {HTMLFormElement} */ (element.closest("form"));
  const lon = /** @type {HTMLInputElement} */ (form.querySelector("[name=lon]"));
  const lat = /** @type {HTMLInputElement} */ (form.querySelector("[name=lat]"));
  const start = /** @type {[number, number]} */ ([Number(element.dataset.lon), Number(element.dataset.lat)]);
  const map = makeMap(element, { style: await baseStyle(), center: start, zoom: CITY_ZOOM, bearing: 0 });
  /** @type {any} */ (element).map = map; // who takes a picture waits for its `idle`
  const spot = document.createElement("div");
  spot.className = "spot";
  const marker = new Marker({ element: spot });

  /** @param {[number, number]} at */
  const show = (at) => marker.setLngLat(at).addTo(map);
  /** @param {string} value "lon,lat" of a found place */
  const choose = (value) => {
    const at = /** @type {[number, number]} */ (value.split(",").map(Number));
    lon.value = lat.value = "";
    show(at);
    map.jumpTo({ center: at, zoom: PLACE_ZOOM });
  };
  map.on("click", (event) => {
    lon.value = event.lngLat.lng.toFixed(6);
    lat.value = event.lngLat.lat.toFixed(6);
    for (const one of form.querySelectorAll("[name=place]")) /** @type {HTMLInputElement} */ (one).checked = false;
    show([event.lngLat.lng, event.lngLat.lat]);
  });
  form.addEventListener("change", (event) => {
    const one = /** @type {HTMLInputElement} */ (event.target);
    if (one.name === "place") choose(one.value);
  });
  const chosen = /** @type {HTMLInputElement | null} */ (form.querySelector("[name=place]:checked"));
  if (chosen) choose(chosen.value);
  followTheme(map, () => undefined);
}
