/**
 * The panel's chart: the rows of the list counted, linked with the map both ways. Bars narrow list and map; a place chosen on
 * the map marks its bar; a table says the same.
 * @module city/charts/panel
 */
import { getJSON } from "http";
import { t } from "words";
import { onTheme } from "city/core/theme-switch.js";
import { asked, choices, chosen, chosenOf, isChosen } from "city/charts/choosing.js";
import { Chart, labelOf } from "city/charts/draw.js";
import { Here } from "city/charts/here.js";
import { fill, h } from "city/map/dom.js";
import { count } from "city/map/format.js";
import { nameOf } from "city/map/layers.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */

/**
 * @typedef {object} Desk
 * @property {import("city/map/store.js").Side} store
 * @property {import("city/map/layers.js").Layers} layers
 * @property {import("city/map/styles.js").Styles} styles
 * @property {() => Promise<{code: string, level: string}[]>} areas
 * @property {() => [number, number, number, number]} viewBox
 * @property {(cell: any) => void} showCell outline of a cell as GeoJSON, or null
 */

export class Charts {
  /**
   * @param {HTMLElement} root
   * @param {Desk} desk
   */
  constructor(root, desk) {
    this.root = root;
    this.desk = desk;
    this.round = 0;
    /** @type {import("city/charts/choosing.js").Tally|null} */
    this.told = null;
    this.chartRoot = h("div", { class: "chart" });
    this.chart = new Chart(this.chartRoot, (span, more) => this.#choose(span, more));
    this.head = h("div", { class: "chart-head" });
    this.says = h("p", { class: "chart-says", role: "status" });
    this.table = h("div", {});
    this.here = new Here(desk, () => this.#show());
    fill(root, this.head, this.says, this.chartRoot, h("details", { class: "chart-table" }, h("summary", {}, t("As a table")), this.table));
    onTheme(() => this.#show());
    desk.store.on(["by", "tab"], () => this.load());
    desk.store.on(["cell"], () => this.#cell());
    desk.store.on(["selected", "at"], () => this.here.look());
    this.#cell();
    this.load();
    this.here.look();
  }

  /** @returns {LayerInfo|undefined} */
  get layer() {
    return this.desk.layers.subject(this.desk.store.state);
  }

  /** @returns {string} what is counted by: as asked, or the first that the layer offers */
  get by() {
    const { by } = this.desk.store.state;
    const offered = this.layer ? choices(this.layer, this.desk.styles.levels) : [];
    return (offered.find(([value]) => value === by) ?? offered[0])?.[0] ?? "";
  }

  /** Read the numbers again; old ones stay till the new are there. */
  async load() {
    const { store } = this.desk;
    const { layer, by } = this;
    if (store.state.tab !== "charts" || !layer) return;
    const round = ++this.round;
    this.#head(layer, by);
    this.root.setAttribute("aria-busy", "true");
    try {
      const query = asked(store.styled(layer), by, await this.#isOfArea(by));
      if (store.state.view) query.set("bbox", this.desk.viewBox().map((one) => one.toFixed(6)).join(","));
      const told = await getJSON(`/api/v1/layers/${layer.id}/tallies?${query}`);
      if (round !== this.round) return;
      this.told = told;
      this.shown = { layer, by };
      this.#show();
    } catch (error) {
      if (round === this.round) this.#failed(/** @type {Error} */ (error));
    }
    if (round === this.round) this.root.removeAttribute("aria-busy");
  }

  /** @param {string} by @returns {Promise<boolean>} whether the area of the filter is a bar of this chart, or inside of one */
  async #isOfArea(by) {
    const { area } = this.desk.store.state;
    const level = by.startsWith("area:") ? by.slice("area:".length) : "";
    if (!area || !level) return false;
    const found = (await this.desk.areas()).find((one) => one.code === area);
    const depth = (/** @type {string|undefined} */ name) => this.desk.styles.levels.findIndex((one) => one.level === name);
    return depth(found?.level) >= depth(level);
  }

  /**
   * @param {LayerInfo} layer
   * @param {string} by
   */
  #head(layer, by) {
    const { store } = this.desk;
    const change = (/** @type {Event} */ event) => store.set({ by: /** @type {HTMLSelectElement} */ (event.target).value, cell: "" }, { push: false });
    const see = (/** @type {Event} */ event) => store.set({ view: /** @type {HTMLInputElement} */ (event.target).checked });
    const focus = document.activeElement?.id;
    fill(
      this.head,
      h("label", { for: "chart-by" }, t("{layer} by", { layer: layer.title })),
      h("select", { id: "chart-by", onchange: change }, ...choices(layer, this.desk.styles.levels).map(([value, words]) => h("option", { value, selected: value === by }, words))),
      h("label", { class: "chart-view" }, h("input", { type: "checkbox", id: "chart-view", checked: store.state.view, onchange: see }), h("span", {}, t("Only what is on the map"))),
    );
    if (focus === "chart-by" || focus === "chart-view") document.getElementById(focus)?.focus();
  }

  #show() {
    const { told, shown } = this;
    if (!told || !shown || this.desk.store.state.tab !== "charts") return;
    const { layer, by } = shown;
    const marks = { chosen: chosenOf(told, by, this.desk.store.state, layer), here: this.here.keys(layer, by, told), title: this.#title() };
    fill(this.says, ...this.#words(layer));
    this.chartRoot.hidden = told.bars.length === 0;
    fill(this.table, told.bars.length ? this.#table(marks) : null);
    if (told.bars.length) this.chart.show(told, marks);
  }

  #title() {
    return this.head.querySelector("label")?.textContent + " " + /** @type {HTMLSelectElement} */ (this.head.querySelector("select")).selectedOptions[0]?.textContent;
  }

  /** @param {LayerInfo} layer @returns {(Node|string)[]} the sum, and what is in no bar */
  #words(layer) {
    const { rest, rest_units, missing, total, held_back, kind, bars } = /** @type {import("city/charts/choosing.js").Tally} */ (this.told);
    const steps = { weeks: t("by week"), months: t("by month") };
    const parts = [
      bars.length ? "" : t("Nothing to count here."),
      steps[/** @type {keyof typeof steps} */ (kind)] ?? "",
      rest ? (rest_units ? t("{n} more in {units} further ones", { n: count(rest), units: count(rest_units) }) : t("{n} with other values", { n: count(rest) })) : "",
      missing ? t("{n} without one", { n: count(missing) }) : "",
      held_back ? t("{n} held back to protect people", { n: count(held_back) }) : "",
    ].filter(Boolean);
    return [h("strong", { dataset: { total: total } }, count(total)), ` ${nameOf(layer.id, total)}`, parts.length ? ` · ${parts.join(" · ")}` : ""];
  }

  /** @param {{chosen: Set<string>, here: Set<string>}} marks */
  #table({ chosen: picked, here }) {
    const { bars } = /** @type {import("city/charts/choosing.js").Tally} */ (this.told);
    const { layer, by } = /** @type {{layer: LayerInfo, by: string}} */ (this.shown);
    const can = isChosen(by, layer);
    const name = (/** @type {import("city/charts/choosing.js").Bar} */ one, /** @type {number} */ at) =>
      can
        ? h("button", { type: "button", class: "link-button", "aria-pressed": String(picked.has(one.key)), dataset: { key: one.key }, onclick: (/** @type {MouseEvent} */ event) => this.#choose([at, at], event.shiftKey || event.ctrlKey || event.metaKey, one.key) }, labelOf(one))
        : labelOf(one);
    return h(
      "table",
      {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, this.head.querySelector("select")?.selectedOptions[0]?.textContent ?? ""), h("th", { scope: "col", class: "num" }, t("Number")))),
      h("tbody", {}, ...bars.map((one, at) => h("tr", { class: picked.has(one.key) ? "is-chosen" : here.has(one.key) ? "is-here" : null, "aria-current": here.has(one.key) ? "true" : null }, h("th", { scope: "row" }, name(one, at)), h("td", { class: "num" }, count(one.count ?? 0))))),
    );
  }

  /**
   * @param {[number, number]} span
   * @param {boolean} more
   * @param {string} [focus] key of the table's button that was pressed
   */
  #choose(span, more, focus) {
    const { told, shown } = this;
    if (!told || !shown || !isChosen(shown.by, shown.layer)) return;
    const { store } = this.desk;
    store.set({ layer: shown.layer.id, ...chosen(told, shown.by, store.state, shown.layer, span, more) });
    this.#show();
    if (focus) /** @type {HTMLElement|null} */ (this.table.querySelector(`[data-key="${CSS.escape(focus)}"]`))?.focus();
  }

  /** The chosen cell is outlined on the map. */
  async #cell() {
    const { cell } = this.desk.store.state;
    const found = cell ? await getJSON(`/api/v1/unit-cells/${encodeURIComponent(cell)}`).catch(() => null) : null;
    if (cell === this.desk.store.state.cell) this.desk.showCell(found);
    this.#show();
  }

  /** @param {Error} error */
  #failed(error) {
    this.told = null;
    this.chartRoot.hidden = true;
    fill(this.table);
    fill(this.says, t("The numbers could not be read."), ` ${error.message} `, h("button", { type: "button", onclick: () => this.load() }, t("Try again")));
  }
}
