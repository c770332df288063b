/**
 * The map itself: base style by theme and language, its controls, and what must survive a change of theme.
 * @module city/map/basemap
 */
import { Map as MapLibre, ScaleControl } from "maplibre-gl";
import { onTheme, shownTheme } from "city/core/theme-switch.js";
import { getJSON } from "http";
import { t } from "words";
import { LANG } from "city/map/format.js";
import { drawHatches } from "city/map/hatch.js";

/** @typedef {import("maplibre-gl").Map} Map */

/** Sources and layers beginning so are not the base map's: a new base style keeps them. */
export const OWN = /^(own-|td-)/;

/** @returns {Promise<any>} the whole base style for the present theme and language */
export function baseStyle() {
  return getJSON(`/api/v1/map/style.json?theme=${shownTheme()}&lang=${LANG}`);
}

/** Words of the controls, for screen readers and hints. */
function locale() {
  return {
    "Map.Title": t("Map"),
    "ScaleControl.Meters": t("m"),
    "ScaleControl.Kilometers": t("km"),
    "AttributionControl.ToggleAttribution": t("Show sources"),
    "CooperativeGesturesHandler.WindowsHelpText": "",
  };
}

/**
 * @param {HTMLElement} container
 * @param {{style: any, center: [number, number], zoom: number, bearing: number}} start
 * @returns {Map}
 */
export function makeMap(container, start) {
  const map = new MapLibre({
    container,
    style: start.style,
    center: start.center,
    zoom: start.zoom,
    bearing: start.bearing,
    minZoom: 2,
    maxZoom: 22,
    dragRotate: true,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    attributionControl: { compact: true },
    locale: locale(),
    fadeDuration: 0,
    localIdeographFontFamily: fonts(),
    transformRequest: (url) => ({ url: new URL(url, location.origin).href, credentials: "same-origin" }),
  });
  drawHatches(map);
  map.addControl(new ScaleControl({ maxWidth: 96, unit: "metric" }), "bottom-left");
  return map;
}

/** The page's own fonts, so that labels need nothing from outside. */
function fonts() {
  return getComputedStyle(document.body).fontFamily || "sans-serif";
}

/**
 * Follow the theme: another base style, with our own sources and layers carried over.
 * @param {Map} map
 * @param {() => void} after called when the new style stands
 * @returns {() => void} to follow no more
 */
export function followTheme(map, after) {
  return onTheme(async () => {
    const style = await baseStyle();
    map.setStyle(style, { diff: false, transformStyle: carry });
    map.once("style.load", after);
  });
}

/**
 * @param {any} before
 * @param {any} next
 */
function carry(before, next) {
  const sources = Object.entries(before?.sources ?? {}).filter(([id]) => OWN.test(id));
  const layers = (before?.layers ?? []).filter((/** @type {{id: string}} */ one) => OWN.test(one.id));
  return { ...next, sources: { ...next.sources, ...Object.fromEntries(sources) }, layers: [...next.layers, ...layers] };
}
