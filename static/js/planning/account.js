/**
 * What a run came to: inputs with their versions, steps with rows, seconds and sums; rows of the result and their why.
 * @module city/planning/account
 */
import { getJSON } from "http";
import { t } from "words";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { fill, h } from "city/map/dom.js";
import { numbers } from "city/planning/numbers.js";

const ROWS = 20;
const DRAWN = 500;

/** @param {HTMLElement} root @param {any} run a run that is done */
export function account(root, run) {
  root.hidden = false;
  fill(
    root,
    h("h2", {}, t("What it came to")),
    h("div", { class: "table-wrap", tabindex: 0, role: "region", "aria-label": t("Steps") }, h("table", { class: "table recipe-account" },
      h("thead", {}, h("tr", {}, h("th", {}, t("Step")), h("th", { class: "number" }, t("Row count")), h("th", { class: "number" }, t("Seconds")), h("th", {}, t("Sums")))),
      h("tbody", {}, ...run.steps.map((/** @type {any} */ one) => h("tr", {}, h("td", {}, one.as), h("td", { class: "number" }, numbers(one.rows)), h("td", { class: "number" }, numbers(one.seconds, 2)), h("td", {}, sums(one.sums))))))),
    h("h3", {}, t("Made from")),
    h("ul", { class: "recipe-account" }, ...run.inputs.map((/** @type {any} */ one) => h("li", {}, t("{layer}: {rows} rows, version {version}", { layer: one.layer, rows: numbers(one.rows), version: one.version })))),
  );
}

/** @param {any[]} checks */
function sums(checks) {
  if (!checks?.length) return "–";
  return h("ul", { class: "recipe-sum" }, ...checks.map((one) => h("li", { title: `${one.left} = ${one.right}` }, `${one.ok ? "✓" : "✗"} ${one.says}`)));
}

/** @param {HTMLElement} root @param {any} recipe as the API tells it, with a layer */
export async function result(root, recipe) {
  const layer = encodeURIComponent(recipe.layer);
  root.hidden = false;
  const [rows, place] = [h("div", {}), h("div", { class: "minimap" })];
  fill(
    root,
    h("div", { class: "card-head" }, h("h2", {}, t("The result")), h("a", { class: "button", href: `/map?layer=${layer}&on=${layer}` }, t("Open on the map"))),
    h("p", { class: "hint" }, t("{rows} rows, version {version}", { rows: numbers(recipe.rows), version: recipe.version })),
    h("div", { class: "recipe-result" }, rows, place),
  );
  const told = await getJSON(`/api/v1/layers/${layer}/features`, { limit: DRAWN });
  table(rows, told.features.slice(0, ROWS), recipe.id);
  await draw(place, told);
}

/** @param {HTMLElement} root @param {any[]} features @param {number} recipe */
function table(root, features, recipe) {
  if (!features.length) return fill(root, h("p", {}, t("The result has no rows.")));
  const all = Object.keys(features[0].properties).filter((one) => !["area_code", "unit_cell_id"].includes(one));
  const names = all.length > 5 ? [...all.slice(0, 3), ...all.slice(-2)] : all; // what steps add stands last
  const why = h("div", { class: "recipe-why", role: "status", "data-part": "why" });
  return fill(root, h("div", { class: "table-wrap", tabindex: 0, role: "region", "aria-label": t("The result") }, h("table", { class: "table" },
    h("thead", {}, h("tr", {}, h("th", { class: "number" }, "#"), ...names.map((one) => h("th", {}, one)), h("th", {}, t("Why")))),
    h("tbody", {}, ...features.map((one) => h("tr", {}, h("td", { class: "number" }, String(one.id)),
      ...names.map((name) => h("td", {}, one.properties[name] === null ? "–" : typeof one.properties[name] === "number" ? numbers(one.properties[name], 2) : String(one.properties[name]))),
      h("td", {}, h("button", { type: "button", class: "link-button", "aria-label": t("Why is feature {id} in?", { id: one.id }), onclick: () => explain(why, recipe, one.id) }, t("Why?")))))))), why);
}

/** @param {HTMLElement} root @param {number} recipe @param {number} feature */
async function explain(root, recipe, feature) {
  try {
    const told = await getJSON(`/api/v1/recipes/${recipe}/features/${feature}/why`);
    fill(root, h("h3", {}, t("Why feature {id} is in", { id: feature })), h("ul", {}, ...told.made_from.map((/** @type {any} */ one) =>
      h("li", {}, `${one.layer}: `, one.gone ? t("the layer is gone") : one.ids.join(", ")))));
  } catch (error) {
    fill(root, h("p", { class: "error" }, /** @type {Error} */ (error).message));
  }
}

/** @param {HTMLElement} place @param {any} told */
async function draw(place, told) {
  const spots = told.features.flatMap((/** @type {any} */ one) => one.geometry?.coordinates.flat(Infinity) ?? []);
  if (!spots.length) return place.remove();
  const canvas = h("div", { class: "minimap-canvas" });
  place.append(canvas);
  const side = (/** @type {number} */ odd, /** @type {(a: number, b: number) => number} */ best) => spots.filter((/** @type {number} */ _, /** @type {number} */ at) => at % 2 === odd).reduce((/** @type {number} */ a, /** @type {number} */ b) => best(a, b));
  const [west, south, east, north] = [side(0, Math.min), side(1, Math.min), side(0, Math.max), side(1, Math.max)];
  const map = makeMap(canvas, { style: await baseStyle(), center: [(west + east) / 2, (south + north) / 2], zoom: 13, bearing: 0 });
  /** @type {any} */ (place).map = map;
  map.scrollZoom.disable();
  map.fitBounds([west, south, east, north], { padding: 24, maxZoom: 17, animate: false });
  const paint = () => {
    const ink = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
    if (!map.getSource("own-result")) map.addSource("own-result", { type: "geojson", data: told });
    for (const [id, type, shape, made] of /** @type {any[]} */ ([["own-fill", "fill", "Polygon", { "fill-color": ink, "fill-opacity": 0.3 }], ["own-line", "line", "", { "line-color": ink, "line-width": 1.5 }], ["own-spot", "circle", "Point", { "circle-color": ink, "circle-radius": 4 }]])) {
      if (map.getLayer(id)) map.removeLayer(id);
      map.addLayer({ id, type, source: "own-result", paint: made, ...(shape ? { filter: ["in", ["geometry-type"], ["literal", [shape, `Multi${shape}`]]] } : {}) });
    }
    place.dataset.drawn = "yes";
  };
  map.once("load", paint);
  followTheme(map, paint);
  return undefined;
}
