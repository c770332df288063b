/**
 * The result of a recipe: its rows, some at a time, why each is in, and all of them on a small map, by tiles.
 * @module city/planning/result
 */
import { getJSON } from "http";
import { t } from "words";
import { baseStyle, followTheme, makeMap } from "city/map/basemap.js";
import { fill, h } from "city/map/dom.js";
import { numbers } from "city/planning/numbers.js";

const ROWS = 20;
const COLUMNS = 5;
const OWN = ["area_code", "unit_cell_id"];

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
  const [table, tiles] = await Promise.all([new Table(rows, recipe).more(), getJSON(`/tiles/${layer}.json`)]);
  if (table.shown) await draw(place, recipe.layer, tiles);
  else place.remove();
}

/** Rows in the order of their ids; more of them by a button. */
class Table {
  /** @param {HTMLElement} root @param {any} recipe */
  constructor(root, recipe) {
    this.root = root;
    this.recipe = recipe;
    this.shown = 0;
    this.next = null;
    this.body = h("tbody", {});
    this.why = h("div", { class: "recipe-why", role: "status", "data-part": "why" });
    this.button = h("button", { type: "button", hidden: true, "data-part": "more", onclick: () => this.#press() });
  }

  async more() {
    const after = this.next ? { after: this.next } : {};
    const told = await getJSON(`/api/v1/layers/${encodeURIComponent(this.recipe.layer)}/features`, { limit: ROWS, ...after });
    if (!this.shown) this.#begin(told.features);
    this.body.append(...told.features.map((/** @type {any} */ one) => this.#row(one)));
    this.shown += told.features.length;
    this.next = told.next;
    this.button.hidden = !told.next;
    this.button.textContent = t("More rows ({shown} of {rows} are shown)", { shown: numbers(this.shown), rows: numbers(told.matched) });
    return this;
  }

  /** Once at a time; what goes wrong is said below the rows. */
  async #press() {
    this.button.disabled = true;
    try {
      await this.more();
    } catch (error) {
      fill(this.why, h("p", { class: "error" }, /** @type {Error} */ (error).message));
    } finally {
      this.button.disabled = false;
    }
  }

  /** @param {any[]} features */
  #begin(features) {
    if (!features.length) return fill(this.root, h("p", {}, t("The result has no rows.")));
    const all = Object.keys(features[0].properties).filter((one) => !OWN.includes(one));
    this.names = all.length > COLUMNS ? [...all.slice(0, COLUMNS - 2), ...all.slice(-2)] : all; // what steps add stands last
    const head = h("tr", {}, h("th", { class: "number" }, "#"), ...this.names.map((one) => h("th", typeof features[0].properties[one] === "number" ? { class: "number" } : {}, one)), h("th", {}, t("Why")));
    const table = h("table", { class: "table" }, h("thead", {}, head), this.body);
    return fill(this.root, h("div", { class: "table-wrap", tabindex: 0, role: "region", "aria-label": t("The result") }, table), this.button, this.why);
  }

  /** @param {any} one */
  #row(one) {
    const why = h("button", { type: "button", class: "link-button", "aria-label": t("Why is feature {id} in?", { id: one.id }), onclick: () => this.#explain(one.id) }, t("Why?"));
    return h("tr", {}, h("td", { class: "number" }, String(one.id)), ...(this.names ?? []).map((name) => cell(one.properties[name])), h("td", {}, why));
  }

  /** @param {number} feature */
  async #explain(feature) {
    try {
      const told = await getJSON(`/api/v1/recipes/${this.recipe.id}/features/${feature}/why`);
      const from = told.made_from.map((/** @type {any} */ one) => h("li", {}, `${one.layer}: `, one.gone ? t("the layer is gone") : one.ids.join(", ")));
      fill(this.why, h("h3", {}, t("Why feature {id} is in", { id: feature })), h("ul", {}, ...from));
    } catch (error) {
      fill(this.why, h("p", { class: "error" }, /** @type {Error} */ (error).message));
    }
  }
}

/** @param {any} value */
function cell(value) {
  return typeof value === "number" ? h("td", { class: "number" }, numbers(value, 2)) : h("td", {}, value === null || value === undefined ? "–" : String(value));
}

/**
 * All rows, as the layer's tiles have them: far away, where there are too many, as circles with their number.
 * @param {HTMLElement} place @param {string} layer @param {any} tiles TileJSON
 */
async function draw(place, layer, tiles) {
  const canvas = h("div", { class: "minimap-canvas" });
  place.append(canvas);
  const [west, south, east, north] = tiles.bounds;
  const map = makeMap(canvas, { style: await baseStyle(), center: [(west + east) / 2, (south + north) / 2], zoom: 13, bearing: 0 });
  /** @type {any} */ (place).map = map;
  map.scrollZoom.disable();
  map.fitBounds([west, south, east, north], { padding: 24, maxZoom: 17, animate: false });
  const paint = () => {
    const [ink, paper] = ["--accent", "--accent-ink"].map((one) => getComputedStyle(document.documentElement).getPropertyValue(one).trim());
    if (!map.getSource("own-result")) map.addSource("own-result", { type: "vector", tiles: tiles.tiles, minzoom: tiles.minzoom, maxzoom: tiles.maxzoom });
    for (const one of layers(layer, ink, paper)) {
      if (map.getLayer(one.id)) map.removeLayer(one.id);
      map.addLayer({ source: "own-result", ...one });
    }
    place.dataset.drawn = "yes";
  };
  map.once("load", paint);
  followTheme(map, paint);
}

/** @param {string} layer @param {string} ink @param {string} paper @returns {any[]} */
function layers(layer, ink, paper) {
  const of = (/** @type {string[]} */ ...shapes) => ["in", ["geometry-type"], ["literal", shapes.flatMap((one) => [one, `Multi${one}`])]];
  const counts = `${layer}_counts`;
  return [
    { id: "own-fill", type: "fill", "source-layer": layer, filter: of("Polygon"), paint: { "fill-color": ink, "fill-opacity": 0.3 } },
    { id: "own-line", type: "line", "source-layer": layer, filter: of("Polygon", "LineString"), paint: { "line-color": ink, "line-width": 1.5 } },
    { id: "own-spot", type: "circle", "source-layer": layer, filter: of("Point"), paint: { "circle-color": ink, "circle-radius": 4 } },
    { id: "own-count", type: "circle", "source-layer": counts, paint: { "circle-color": ink, "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 9, 200, 26], "circle-opacity": 0.85 } },
    { id: "own-number", type: "symbol", "source-layer": counts, layout: { "text-field": ["to-string", ["get", "count"]], "text-size": 11, "text-allow-overlap": true }, paint: { "text-color": paper } },
  ];
}
