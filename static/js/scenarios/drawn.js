/**
 * What a run draws, on any map: reach before, after, and what came and went; roads closed, cells redrawn, facilities.
 * Colour is never alone: what is lost has a dashed edge, what is gained a solid one.
 * @module city/scenarios/drawn
 */

/** @typedef {"before"|"after"|"difference"} View */
const SOURCE = "own-scenario";
const NONE = { type: "FeatureCollection", features: [] };

/** @param {string} token */
const colour = (token) => getComputedStyle(document.documentElement).getPropertyValue(token).trim();
/** @param {string} what */
const only = (what) => ["==", ["get", "what"], what];

/** @type {Record<string, View[]>} in which views each part is drawn */
const SEEN = {
  before: ["before"], after: ["after"], gained: ["difference"], lost: ["difference"], stays: ["difference"],
  closed: ["after", "difference"], redrawn: ["after", "difference"],
};

/** @returns {any[]} layers, lowest first; `part` says which of SEEN each belongs to */
function layers() {
  const area = (/** @type {string} */ part, /** @type {string} */ what, /** @type {string} */ ink, /** @type {number} */ opacity, /** @type {any} */ line) => [
    { id: `${SOURCE}-${part}`, part, type: "fill", filter: only(what), paint: { "fill-color": ink, "fill-opacity": opacity } },
    { id: `${SOURCE}-${part}-edge`, part, type: "line", filter: only(what), paint: { "line-color": ink, "line-width": 1.5, ...line } },
  ];
  const [gained, lost, stays] = ["--scenario-gained", "--scenario-lost", "--scenario-stays"].map(colour);
  return [
    ...area("before", "before", stays, 0.35, {}),
    ...area("after", "after", gained, 0.3, {}),
    ...area("stays", "after", stays, 0.22, { "line-width": 0.5 }),
    ...area("gained", "gained", gained, 0.5, { "line-width": 2 }),
    ...area("lost", "lost", lost, 0.4, { "line-width": 2, "line-dasharray": [2, 1.5] }),
    ...area("redrawn", "redrawn", colour("--due-soon"), 0.12, { "line-dasharray": [4, 2] }),
    { id: `${SOURCE}-closed`, part: "closed", type: "line", filter: only("closed"), layout: { "line-cap": "butt" }, paint: { "line-color": colour("--danger"), "line-width": 5, "line-dasharray": [0.6, 0.6] } },
  ];
}

/** Facilities by their state; where a moved one was and a removed one stood is hollow. */
function points() {
  const hollow = ["in", ["get", "state"], ["literal", ["was", "removed"]]];
  return {
    id: `${SOURCE}-facilities`, type: "circle", filter: only("facility"),
    paint: {
      "circle-radius": ["match", ["get", "state"], "stays", 5, 7],
      "circle-color": ["case", hollow, colour("--sheet"), ["match", ["get", "state"], "stays", colour("--ink-2"), colour("--scenario-gained")]],
      "circle-stroke-color": ["case", hollow, colour("--scenario-lost"), colour("--sheet")],
      "circle-stroke-width": 2,
    },
  };
}

export class Drawn {
  /** @param {import("maplibre-gl").Map} map */
  constructor(map) {
    this.map = map;
    /** @type {any} */
    this.told = NONE;
    /** @type {View} */
    this.view = "difference";
  }

  /** @param {any} told GeoJSON of a run */
  show(told) {
    this.told = told;
    this.draw();
  }

  /** Sources and layers; again after a change of theme. */
  draw() {
    const source = /** @type {any} */ (this.map.getSource(SOURCE));
    if (source) source.setData(this.told);
    else this.map.addSource(SOURCE, { type: "geojson", data: this.told });
    for (const layer of [...layers(), points()]) {
      if (this.map.getLayer(layer.id)) this.map.removeLayer(layer.id);
      const { part: _part, ...made } = layer;
      this.map.addLayer({ ...made, source: SOURCE });
    }
    this.set(this.view);
  }

  /** @param {View} view */
  set(view) {
    this.view = view;
    for (const { id, part } of layers()) this.map.setLayoutProperty(id, "visibility", SEEN[part].includes(view) ? "visible" : "none");
    const states = { before: ["stays", "was", "removed"], after: ["stays", "moved", "added"], difference: ["stays", "was", "removed", "moved", "added"] }[view];
    this.map.setFilter(`${SOURCE}-facilities`, /** @type {any} */ (["all", only("facility"), ["in", ["get", "state"], ["literal", states]]]));
  }

  /** @returns {[number, number, number, number]|null} west, south, east, north of all that is drawn */
  box() {
    const spots = this.told.features.flatMap((/** @type {any} */ one) => one.geometry.coordinates.flat(Infinity));
    if (!spots.length) return null;
    const [xs, ys] = [0, 1].map((odd) => spots.filter((/** @type {number} */ _, /** @type {number} */ at) => at % 2 === odd));
    const least = (/** @type {number[]} */ all) => all.reduce((a, b) => Math.min(a, b));
    const most = (/** @type {number[]} */ all) => all.reduce((a, b) => Math.max(a, b));
    return [least(xs), least(ys), most(xs), most(ys)];
  }
}

/**
 * Views chosen by radio buttons, and a legend that lists only what the view shows.
 * @param {ParentNode} root
 * @param {(view: View|"swipe") => void} changed
 */
export function listenViews(root, changed) {
  const views = root.querySelector("[data-part=views]");
  const apply = () => {
    const view = /** @type {View|"swipe"} */ (/** @type {HTMLInputElement} */ (views?.querySelector("input:checked")).value);
    for (const line of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-part=legend] li"))) line.hidden = !line.dataset.of?.split(" ").includes(view);
    changed(view);
  };
  views?.addEventListener("change", apply);
  if (views) apply();
}
