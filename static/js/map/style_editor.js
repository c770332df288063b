/**
 * A layer's style made in the drawer, seen on the map at once, kept for oneself or for everyone.
 * @module city/map/style_editor
 */
import { getJSON, postJSON } from "http";
import { shownTheme } from "city/core/theme-switch.js";
import { t } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { LANG } from "city/map/format.js";
import { histogram } from "city/map/histogram.js";
import { body as legendBody } from "city/map/legend.js";
import { colours, valuesOf } from "city/map/style_colours.js";
import { CLASSED, blankOf, first, offered, unlocked } from "city/map/style_draft.js";
import { choice, kinds, radios, slider } from "city/map/style_fields.js";
import { Keeping } from "city/map/style_keeping.js";
import { numbers } from "city/map/style_numbers.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */
/** @typedef {{id: number, layer: string, title: string, shared: boolean, own: boolean, may_change: boolean, declared: any}} Style */

/**
 * @typedef {object} Desk
 * @property {import("city/map/drawer.js").Drawer} drawer
 * @property {import("city/map/store.js").Side} store
 * @property {import("city/map/thematic.js").Thematic} thematic
 * @property {import("city/map/legends.js").Legends} legends
 * @property {import("city/map/styles.js").Styles} styles
 */

const WAIT_MS = 250;

export class StyleEditor {
  /**
   * @param {Desk} desk
   * @param {LayerInfo} layer
   */
  constructor(desk, layer) {
    this.desk = desk;
    this.layer = layer;
    this.kept = desk.styles.get(desk.store.state.styles[layer.id]);
    /** @type {import("city/map/style_fields.js").Draft} */
    this.draft = this.kept ? { ...this.kept.declared } : first(layer);
    /** @type {any} what the server told of the draft */
    this.told = null;
    this.round = 0;
    this.keeping = new Keeping(this);
  }

  async open() {
    this.palettes = await getJSON("/api/v1/palettes");
    this.form = h("form", { class: "form map-form style-form", novalidate: true, onsubmit: (/** @type {Event} */ event) => event.preventDefault() });
    this.result = h("div", { class: "style-result", "aria-live": "polite" });
    this.problem = h("p", { class: "alert", role: "alert", hidden: true });
    const head = h(
      "header",
      { class: "drawer-head" },
      h("h2", { tabindex: -1 }, t("Style of {layer}", { layer: this.layer.title })),
      h(
        "button",
        { type: "button", class: "quiet square-button", "aria-label": t("Close the style"), onclick: () => this.leave() },
        icon("close"),
      ),
    );
    this.desk.drawer.show(head, this.form);
    this.fields();
    head.querySelector("h2")?.focus({ preventScroll: true });
    await this.try();
  }

  leave() {
    this.desk.store.set({ edit: "" });
  }

  /** The map goes back to what is kept. */
  close() {
    clearTimeout(this.timer);
    this.round += 1;
    this.desk.thematic.tried.delete(this.layer.id);
    this.desk.legends.tried.delete(this.layer.id);
    this.desk.thematic.redraw(this.layer);
    this.desk.legends.count(this.layer);
  }

  /** Ask the server to work the draft out, and show what it says. */
  async try() {
    const round = ++this.round;
    const { store, thematic, legends } = this.desk;
    const query = store.query(this.layer).toString();
    try {
      const asked = { declared: this.draft, theme: shownTheme(), lang: LANG };
      const told = await postJSON(`/api/v1/layers/${this.layer.id}/styled${query ? `?${query}` : ""}`, asked);
      if (round !== this.round) return;
      this.told = told;
      this.say("");
      thematic.tried.set(this.layer.id, told.fragment);
      thematic.redraw(this.layer);
      legends.tried.set(this.layer.id, told.legend);
      legends.count(this.layer);
      this.results();
    } catch (error) {
      if (round === this.round) this.say(/** @type {Error} */ (error).message);
    }
  }

  /**
   * @param {import("city/map/style_fields.js").Draft} patch
   * @param {{draw?: boolean}} [how] whether other fields are needed now
   */
  change(patch, { draw = true } = {}) {
    this.draft = { ...this.draft, ...patch };
    for (const [key, value] of Object.entries(this.draft)) if (value === null || value === "") delete this.draft[key];
    if (draw) this.fields();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.try(), WAIT_MS);
  }

  fields() {
    const focus = /** @type {HTMLInputElement|null} */ (document.activeElement);
    const [name, value] = [focus?.getAttribute("name"), focus?.getAttribute("value")];
    const { kind } = this.draft;
    fill(
      /** @type {HTMLElement} */ (this.form),
      radios(t("Drawn as"), kinds(this.layer), kind, (one) => this.kind(one), { name: "kind" }),
      ...numbers(this),
      ...colours(this),
      /** @type {HTMLElement} */ (this.result),
      ...this.looks(),
      /** @type {HTMLElement} */ (this.problem),
      this.keeping.foot(),
    );
    if (!name) return;
    const again = this.form?.querySelector(`[name="${CSS.escape(name)}"]${value && focus?.type === "radio" ? `[value="${CSS.escape(value)}"]` : ""}`);
    /** @type {HTMLElement|null|undefined} */ (again)?.focus({ preventScroll: true });
  }

  /** @param {string} kind another kind begins with what fits it */
  kind(kind) {
    const { colour, opacity, label, size_px } = this.draft;
    this.change({ ...blankOf(this.draft), ...first(this.layer, kind), colour, opacity, label, size_px });
  }

  /** @returns {import("city/map/dom.js").Child[]} opacity, size, label */
  looks() {
    const { kind, opacity = 0.85, size_px = 6, width_px = 1, label = "" } = this.draft;
    const isUnits = this.draft.over && this.draft.over !== "rows";
    const points = this.layer.geometry !== "POLYGON" && this.layer.geometry !== "LINESTRING";
    const rows = ["single", "category", "graduated", "bivariate"].includes(kind) && !isUnits;
    const texts = /** @type {[string, string][]} */ ([["", t("No label")], ...this.named(() => true)]);
    return [
      slider(t("Opacity"), opacity, { min: 0.1, max: 1, step: 0.05, name: "opacity" }, (one) => this.change({ opacity: one }, { draw: false })),
      rows && points ? slider(t("Size"), size_px, { min: 2, max: 16, step: 1, name: "size_px" }, (one) => this.change({ size_px: one }, { draw: false })) : null,
      rows && !points ? slider(t("Width of lines"), width_px, { min: 0, max: 8, step: 0.5, name: "width_px" }, (one) => this.change({ width_px: one }, { draw: false })) : null,
      rows ? choice(t("Label"), texts, label, (one) => this.change({ label: one || null }, { draw: false }), { name: "label" }) : null,
    ];
  }

  /** What the server said of the draft: histogram, classes with counts, fit, warnings. */
  results() {
    const { told } = this;
    const colours = told.legend.items.filter((/** @type {any} */ one) => /^\d$/.test(one.value ?? "")).map((/** @type {any} */ one) => one.colour);
    fill(
      /** @type {HTMLElement} */ (this.result),
      ...told.warnings.map((/** @type {string} */ one) => this.warning(one)),
      told.bars.length && CLASSED.includes(this.draft.kind) ? histogram(told.bars, told.classing?.breaks ?? [], colours) : null,
      legendBody(told.legend),
    );
    if (this.draft.kind === "category" && !this.draft.colours) this.form?.querySelector(".style-values")?.replaceWith(valuesOf(this, {}));
    const ends = /** @type {HTMLInputElement|null} */ (this.form?.querySelector("#style-breaks"));
    if (ends && document.activeElement !== ends) ends.value = (told.declared.breaks ?? []).join(", ");
  }

  /** @param {string} code */
  warning(code) {
    const words = {
      count_as_area: t("These look like counts: large areas have more of everything. A rate compares better."),
      poor_fit: t("The classes fit poorly: more classes or another scheme tell more."),
      few_residents: t("Some areas have fewer than 100 residents: a single row moves their rate much."),
      above_locked: t("Some numbers lie above the last kept break; they are in the last class."),
    };
    const offers = code === "count_as_area" ? this.told.dividers.slice(0, 4) : [];
    return h(
      "div",
      { class: "style-warning", dataset: { warning: code } },
      h("p", {}, words[/** @type {keyof typeof words} */ (code)] ?? code),
      ...offers.map((/** @type {string} */ one) =>
        h("button", { type: "button", onclick: () => this.change(one === "per_km2" ? { rate: one, ...unlocked() } : { per: one, ...unlocked() }) }, t("Divide by {what}", { what: this.divider(one) })),
      ),
    );
  }

  /**
   * @param {string} words
   * @param {string} [focus]
   */
  say(words, focus) {
    const problem = /** @type {HTMLElement} */ (this.problem);
    problem.hidden = !words;
    problem.textContent = words;
    if (focus) /** @type {HTMLElement|null|undefined} */ (this.form?.querySelector(focus))?.focus();
  }

  /**
   * @param {(one: import("city/map/layers.js").FieldInfo) => boolean} fits
   * @returns {[string, string][]}
   */
  named(fits) {
    return offered(this.layer).filter(fits).map((one) => [one.name, one.unit ? `${one.title} (${one.unit})` : one.title]);
  }

  /** @param {string} field_ @returns {[string, string][]} */
  dividers(field_) {
    const numbers = this.named((one) => one.kind === "number").filter(([name]) => name !== field_);
    const area = this.layer.geometry === "POLYGON" ? [/** @type {[string, string]} */ (["area", this.divider("area")])] : [];
    return [["", t("nothing")], ...area, ...numbers];
  }

  /** @param {string} name */
  divider(name) {
    if (name === "area" || name === "per_km2") return t("the size in km²");
    return this.layer.fields.find((one) => one.name === name)?.title ?? name;
  }
}
