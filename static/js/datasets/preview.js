/**
 * Rows of a file on the map, before and after their mends.
 * @module city/datasets/preview
 */
import { t } from "words";
import { fill, h } from "city/map/dom.js";

/** @typedef {"before"|"both"|"after"} Stage */
const EMPTY = { type: "FeatureCollection", features: [] };
const STAGES = /** @type {const} */ (["before", "after"]);
const KINDS = { fill: "Polygon", line: "LineString", circle: "Point" };

/** @param {string} token */
const colour = (token) => getComputedStyle(document.documentElement).getPropertyValue(token).trim();

export class Preview {
  /**
   * @param {import("maplibre-gl").Map} map
   * @param {HTMLElement} switcher where before, both and after are chosen
   */
  constructor(map, switcher) {
    this.map = map;
    this.switcher = switcher;
    /** @type {any} */
    this.told = null;
    /** @type {Stage} */
    this.stage = "both";
    this.lit = "";
  }

  /** @param {any} told GeoJSON of the server, or null for nothing @param {{fit?: boolean}} [how] */
  show(told, { fit = false } = {}) {
    this.told = told;
    this.draw();
    this.#switch();
    const box = told?.bounds?.after ?? told?.bounds?.before;
    if (fit && box) this.map.fitBounds(box, { padding: 60, maxZoom: 17, animate: false });
  }

  /** Put sources and layers in; again after a change of theme. */
  draw() {
    for (const stage of STAGES) {
      const features = (this.told?.features ?? []).filter((/** @type {any} */ one) => one.properties.stage === stage);
      const data = { ...EMPTY, features };
      const source = /** @type {any} */ (this.map.getSource(`own-${stage}`));
      if (source) source.setData(data);
      else this.map.addSource(`own-${stage}`, { type: "geojson", data: /** @type {any} */ (data) });
      this.#layers(stage);
    }
    this.light(this.lit);
  }

  /** @param {"before"|"after"} stage */
  #layers(stage) {
    const ink = stage === "before" ? colour("--due-soon") : colour("--accent");
    const halo = colour("--sheet");
    const dash = stage === "before" ? { "line-dasharray": [2, 1.5] } : {};
    const paints = {
      fill: { "fill-color": ink, "fill-opacity": stage === "before" ? 0.08 : 0.22 },
      line: { "line-color": ink, "line-width": 2, ...dash },
      circle: stage === "before"
        ? { "circle-radius": 4, "circle-color": halo, "circle-stroke-color": ink, "circle-stroke-width": 2 }
        : { "circle-radius": 5, "circle-color": ink, "circle-stroke-color": halo, "circle-stroke-width": 1.5 },
    };
    for (const [type, paint] of Object.entries(paints)) {
      const id = `own-${stage}-${type}`;
      if (this.map.getLayer(id)) this.map.removeLayer(id);
      const kind = KINDS[/** @type {keyof typeof KINDS} */ (type)];
      const filter = type === "line" ? ["in", ["geometry-type"], ["literal", ["LineString", "Polygon", "MultiLineString", "MultiPolygon"]]] : ["in", ["geometry-type"], ["literal", [kind, `Multi${kind}`]]];
      this.map.addLayer(/** @type {any} */ ({ id, type, source: `own-${stage}`, filter, paint, layout: { visibility: this.#seen(stage) } }));
    }
  }

  /** @param {"before"|"after"} stage */
  #seen(stage) {
    return this.stage === "both" || this.stage === stage ? "visible" : "none";
  }

  #switch() {
    this.switcher.hidden = !this.told?.features.length;
    if (this.switcher.hidden) return;
    const words = { before: t("As it came"), both: t("Both"), after: t("Mended") };
    const choice = (/** @type {Stage} */ stage) => h("label", {},
      h("input", { type: "radio", name: "stage", value: stage, checked: this.stage === stage, onchange: () => this.to(stage) }),
      h("span", { class: `compare-${stage}` }, words[stage]));
    fill(this.switcher,
      h("div", { class: "segments", role: "radiogroup", "aria-label": t("Compare") }, choice("before"), choice("both"), choice("after")),
      this.told.bounds.before ? null : h("p", { class: "hint" }, t("As it came, it lies nowhere on earth.")),
      h("p", { class: "hint" }, t("{n} rows are shown, those with findings first.", { n: this.told.rows })));
  }

  /** @param {Stage} stage */
  to(stage) {
    this.stage = stage;
    for (const one of STAGES)
      for (const type of Object.keys(KINDS))
        if (this.map.getLayer(`own-${one}-${type}`)) this.map.setLayoutProperty(`own-${one}-${type}`, "visibility", this.#seen(one));
  }

  /** @param {string} code rows with this finding stand out, "" for none */
  light(code) {
    this.lit = code;
    const has = code ? ["in", code, ["get", "codes"]] : false;
    for (const stage of STAGES) {
      const width = (/** @type {number} */ plain) => (code ? ["case", has, plain + 3, plain] : plain);
      if (this.map.getLayer(`own-${stage}-line`)) this.map.setPaintProperty(`own-${stage}-line`, "line-width", width(2));
      if (this.map.getLayer(`own-${stage}-circle`)) this.map.setPaintProperty(`own-${stage}-circle`, "circle-radius", width(stage === "before" ? 4 : 5));
    }
  }

  /** @param {string} code go to the rows with this finding */
  goTo(code) {
    const found = (this.told?.features ?? []).filter((/** @type {any} */ one) => one.properties.codes.includes(code));
    const at = found.flatMap((/** @type {any} */ one) => flat(one.geometry));
    if (!at.length) return;
    const lons = at.map((one) => one[0]);
    const lats = at.map((one) => one[1]);
    this.map.fitBounds([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: 80, maxZoom: 17 });
  }
}

/** @param {any} geometry @returns {[number, number][]} its vertices */
function flat(geometry) {
  if (geometry.geometries) return geometry.geometries.flatMap(flat);
  const open = (/** @type {any} */ one) => (typeof one[0] === "number" ? [one] : one.flatMap(open));
  return open(geometry.coordinates);
}
