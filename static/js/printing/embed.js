/**
 * An embedded map: ground, layers, legend. It asks for nothing outside of its own address, and sends no cookie.
 * @module city/printing/embed
 */
import { Map as MapLibre, NavigationControl, ScaleControl } from "maplibre-gl";
import { t } from "words";
import { shownTheme } from "city/core/theme-switch.js";
import { h } from "city/map/dom.js";
import { LANG } from "city/map/format.js";
import { drawHatches } from "city/map/hatch.js";
import { body } from "city/map/legend.js";
import { faded } from "city/map/thematic.js";

const FADES = /** @type {Record<string, string[]>} */ ({
  fill: ["fill-opacity"],
  heatmap: ["heatmap-opacity"],
  line: ["line-opacity"],
  circle: ["circle-opacity", "circle-stroke-opacity"],
  symbol: ["icon-opacity", "text-opacity"],
});

/** @param {HTMLElement} root */
export async function mount(root) {
  const asked = await fetch(`${root.dataset.root}/map.json?lang=${LANG}&theme=${shownTheme()}`, { credentials: "omit" });
  const told = await asked.json();
  const note = /** @type {HTMLElement} */ (root.querySelector("[data-part=note]"));
  if (!asked.ok) {
    note.textContent = told.detail;
    note.hidden = false;
    return;
  }
  const map = new MapLibre({
    container: /** @type {HTMLElement} */ (root.querySelector("[data-part=map]")),
    style: whole(told),
    ...(told.center && told.zoom !== null ? { center: told.center, zoom: told.zoom } : { bounds: told.box, fitBoundsOptions: { padding: 16 } }),
    maxPitch: 0,
    pitchWithRotate: false,
    dragRotate: false,
    attributionControl: { compact: true },
    localIdeographFontFamily: getComputedStyle(document.body).fontFamily,
    transformRequest: (url) => ({ url: new URL(url, location.origin).href, credentials: "omit" }),
    locale: { "Map.Title": told.title || t("Map") },
  });
  drawHatches(map);
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  /** @type {any} */ (root).map = map;
  map.on("error", () => (note.hidden = false));
  showLegend(root, told.layers);
  map.once("idle", () => (root.dataset.state = "ready"));
}

/** One style: the ground, then each layer over it, names last. @param {any} told */
function whole(told) {
  const over = told.layers.flatMap((/** @type {any} */ one) => one.layers.map((/** @type {any} */ layer) => dimmed(layer, one.opacity)));
  const isName = (/** @type {any} */ one) => /-(label|number)$/.test(one.id);
  const sources = Object.assign({}, told.style.sources, ...told.layers.map((/** @type {any} */ one) => one.sources));
  return {
    ...told.style,
    sources,
    layers: [...told.style.layers, ...over.filter((/** @type {any} */ one) => !isName(one)), ...over.filter(isName)],
  };
}

/** @param {any} layer @param {number} share */
function dimmed(layer, share) {
  if (share >= 1) return layer;
  const paint = { ...layer.paint };
  for (const name of FADES[layer.type] ?? []) paint[name] = faded(paint[name], share);
  return { ...layer, paint };
}

/** @param {HTMLElement} root @param {any[]} layers */
function showLegend(root, layers) {
  const box = /** @type {HTMLElement} */ (root.querySelector("[data-part=legend]"));
  box.append(...[...layers].reverse().map((one) => h("section", {}, h("h2", {}, one.title), body(one.legend, { some: true }))));
}
