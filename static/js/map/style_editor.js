/**
 * A layer's style made in the drawer, seen on the map at once, kept for oneself or for everyone.
 * @module city/map/style_editor
 */
import { getJSON, postJSON, sendJSON } from "http";
import { shownTheme } from "city/core/theme-switch.js";
import { t } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { LANG } from "city/map/format.js";
import { histogram } from "city/map/histogram.js";
import { body as legendBody } from "city/map/legend.js";
import { choice, field, kinds, radios, readBreaks, slider, squareOf, strip, tick } from "city/map/style_fields.js";

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
const CLASSED = ["graduated", "hexagons"];
const FIRST = { ramp: "YlOrRd", square: "BluePink" };

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
    this.#fields();
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
      this.#say("");
      thematic.tried.set(this.layer.id, told.fragment);
      thematic.redraw(this.layer);
      legends.tried.set(this.layer.id, told.legend);
      legends.count(this.layer);
      this.#results();
    } catch (error) {
      if (round === this.round) this.#say(/** @type {Error} */ (error).message);
    }
  }

  /**
   * @param {import("city/map/style_fields.js").Draft} patch
   * @param {{draw?: boolean}} [how] whether other fields are needed now
   */
  #change(patch, { draw = true } = {}) {
    this.draft = { ...this.draft, ...patch };
    for (const [key, value] of Object.entries(this.draft)) if (value === null || value === "") delete this.draft[key];
    if (draw) this.#fields();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.try(), WAIT_MS);
  }

  #fields() {
    const focus = /** @type {HTMLInputElement|null} */ (document.activeElement);
    const [name, value] = [focus?.getAttribute("name"), focus?.getAttribute("value")];
    const { kind } = this.draft;
    fill(
      /** @type {HTMLElement} */ (this.form),
      radios(t("Drawn as"), kinds(this.layer), kind, (one) => this.#kind(one), { name: "kind" }),
      ...this.#numbers(),
      ...this.#colours(),
      /** @type {HTMLElement} */ (this.result),
      ...this.#looks(),
      /** @type {HTMLElement} */ (this.problem),
      this.#foot(),
    );
    if (!name) return;
    const again = this.form?.querySelector(`[name="${CSS.escape(name)}"]${value && focus?.type === "radio" ? `[value="${CSS.escape(value)}"]` : ""}`);
    /** @type {HTMLElement|null|undefined} */ (again)?.focus({ preventScroll: true });
  }

  /** @param {string} kind another kind begins with what fits it */
  #kind(kind) {
    const { colour, opacity, label, size_px } = this.draft;
    this.#change({ ...blankOf(this.draft), ...first(this.layer, kind), colour, opacity, label, size_px });
  }

  /** @returns {import("city/map/dom.js").Child[]} which numbers or values colour */
  #numbers() {
    const { kind, over = "rows", scheme = "fisher_jenks", classes = 5 } = this.draft;
    const pick = (/** @type {string} */ key, /** @type {string} */ label, /** @type {[string, string][]} */ options) =>
      choice(label, options, String(this.draft[key] ?? ""), (one) => this.#change({ [key]: one, ...unlocked() }), { name: key });
    if (kind === "category") return [pick("field", t("Value"), this.#named((one) => one.kind !== "time")), ];
    if (kind === "bivariate") {
      const numbers = this.#named((one) => one.kind === "number");
      return [
        pick("field", t("First number, to the right"), numbers),
        pick("per", t("Divided by"), this.#dividers(this.draft.field)),
        pick("second", t("Second number, upwards"), numbers),
        pick("second_per", t("Divided by"), this.#dividers(this.draft.second)),
      ];
    }
    const own = [];
    if (kind === "graduated") own.push(...this.#graduated(over, pick));
    if (kind === "hexagons" || kind === "heat")
      own.push(slider(t("Side of a hexagon: {n} m", { n: this.draft.side_m ?? 250 }), this.draft.side_m ?? 250, { min: 50, max: 2000, step: 50, name: "side_m" }, (one) => this.#change({ side_m: one })));
    if (!CLASSED.includes(kind)) return kind === "heat" ? [] : own;
    own.push(
      choice(t("How classes are made"), (this.palettes?.schemes ?? []).map((/** @type {any} */ one) => [one.name, one.title]), scheme, (one) => this.#scheme(one), { name: "scheme" }),
      ["head_tail_breaks", "box_plot", "user_defined"].includes(scheme) ? null : choice(t("Number of classes"), [3, 4, 5, 6, 7, 8, 9].map((n) => [String(n), String(n)]), String(classes), (one) => this.#change({ classes: Number(one), ...unlocked() }), { name: "classes" }),
      scheme === "user_defined" ? this.#breaks() : null,
      tick(t("Keep these breaks"), Boolean(this.draft.is_locked), (one) => this.#lock(one), "locked", t("The same classes whatever is filtered: months can be compared.")),
    );
    return own;
  }

  /**
   * @param {string} over
   * @param {(key: string, label: string, options: [string, string][]) => HTMLElement} pick
   */
  #graduated(over, pick) {
    const numbers = this.#named((one) => one.kind === "number");
    const { levels } = this.desk.styles;
    /** @type {[string, string][]} */
    const units = [...levels.map(({ level, title }) => /** @type {[string, string]} */ ([`area:${level}`, title])), ["cell", t("Unit cells")]];
    const rows = !this.layer.floor && numbers.length ? [/** @type {[string, string]} */ (["rows", t("Each row by a number of its own")])] : [];
    const now = over === "area" ? `area:${this.draft.level}` : over;
    const chosen = choice(t("What is coloured"), [...rows, ...units.map(([key, words]) => /** @type {[string, string]} */ ([key, t("{unit}, by rows in them", { unit: words })]))], now, (one) => this.#over(one), { name: "over" });
    if (over !== "rows")
      return [
        chosen,
        choice(t("Number"), [["per_km2", t("Rows per km²")], ["count", t("Number of rows")]], this.draft.rate ?? "per_km2", (one) => this.#change({ rate: one, ...unlocked() }), { name: "rate" }),
      ];
    return [chosen, pick("field", t("Number"), numbers), pick("per", t("Divided by"), this.#dividers(this.draft.field))];
  }

  /** @param {string} one rows, cell, area:<level> */
  #over(one) {
    const [over, level] = one.split(":");
    const numbers = this.#named((field_) => field_.kind === "number");
    this.#change({ over, level: level ?? null, field: over === "rows" ? numbers[0]?.[0] : null, per: null, ...unlocked() });
  }

  /** @param {string} scheme own breaks begin with those that were worked out */
  #scheme(scheme) {
    const breaks = scheme === "user_defined" ? (this.told?.classing?.breaks ?? []) : [];
    this.#change({ scheme, ...unlocked(), breaks });
  }

  /** @param {boolean} on */
  #lock(on) {
    const breaks = on || this.draft.scheme === "user_defined" ? (this.told?.classing?.breaks ?? this.draft.breaks ?? []) : [];
    this.#change({ is_locked: on, breaks }, { draw: false });
  }

  #breaks() {
    const id = "style-breaks";
    const input = h("input", {
      id,
      name: "breaks",
      class: "input",
      inputmode: "decimal",
      value: (this.draft.breaks ?? []).join(", "),
      onchange: (/** @type {Event} */ event) => {
        const breaks = readBreaks(/** @type {HTMLInputElement} */ (event.target).value);
        if (breaks) this.#change({ breaks }, { draw: false });
        else this.#say(t("Own breaks are 1 to 9 ascending numbers."));
      },
    });
    return field(id, t("Upper ends of the classes"), input, t("Ascending numbers, for example 10, 50, 200"));
  }

  /** @returns {import("city/map/dom.js").Child[]} ramps, or the colours of values */
  #colours() {
    const { kind, ramp, colours } = this.draft;
    const all = this.palettes ?? { ramps: [], squares: [] };
    const titles = Object.fromEntries([...all.ramps, ...all.squares].map((/** @type {any} */ one) => [one.name, one.name]));
    const change = (/** @type {string} */ one) => this.#change({ ramp: one });
    if (kind === "bivariate") {
      const seen = all.squares.map((/** @type {any} */ one) => [one.name, squareOf(one.colours)]);
      return [radios(t("Colours"), seen, ramp ?? FIRST.square, change, { name: "ramp", look: "style-ramps", titles })];
    }
    if (kind === "heat" || CLASSED.includes(kind)) {
      const size = String(Math.max(3, Math.min(9, this.draft.classes ?? 5)));
      const seen = all.ramps.map((/** @type {any} */ one) => [one.name, strip(one.colours[size])]);
      return [radios(t("Colours, safe for colour-blind readers"), seen, ramp ?? FIRST.ramp, change, { name: "ramp", look: "style-ramps", titles })];
    }
    if (kind === "category") return [this.#values(colours ?? {})];
    return [this.#colour("colour", t("Colour"), this.draft.colour ?? "#1f6f8b", (one) => this.#change({ colour: one }, { draw: false }))];
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {string} value
   * @param {(value: string) => void} change
   */
  #colour(name, label, value, change) {
    const input = h("input", { type: "color", id: `style-${name}`, value, onchange: (/** @type {Event} */ event) => change(/** @type {HTMLInputElement} */ (event.target).value) });
    return field(`style-${name}`, label, input);
  }

  /** @param {Record<string, string>} chosen by value; the server chose those for a new style */
  #values(chosen) {
    const given = Object.keys(chosen).length ? chosen : (this.told?.declared?.colours ?? {});
    const words = this.layer.fields.find((one) => one.name === this.draft.field)?.choices ?? {};
    return h(
      "fieldset",
      { class: "field style-values" },
      h("legend", {}, t("Colours of values")),
      ...Object.entries(given).map(([value, shade]) =>
        h(
          "label",
          { class: "style-value" },
          h("input", {
            type: "color",
            value: shade,
            onchange: (/** @type {Event} */ event) => this.#change({ colours: { ...given, [value]: /** @type {HTMLInputElement} */ (event.target).value } }, { draw: false }),
          }),
          h("span", {}, words[value] ?? value),
        ),
      ),
    );
  }

  /** @returns {import("city/map/dom.js").Child[]} opacity, size, label */
  #looks() {
    const { kind, opacity = 0.85, size_px = 6, width_px = 1, label = "" } = this.draft;
    const isUnits = this.draft.over && this.draft.over !== "rows";
    const points = this.layer.geometry !== "POLYGON" && this.layer.geometry !== "LINESTRING";
    const rows = ["single", "category", "graduated", "bivariate"].includes(kind) && !isUnits;
    const texts = /** @type {[string, string][]} */ ([["", t("No label")], ...this.#named(() => true)]);
    return [
      slider(t("Opacity"), opacity, { min: 0.1, max: 1, step: 0.05, name: "opacity" }, (one) => this.#change({ opacity: one }, { draw: false })),
      rows && points ? slider(t("Size"), size_px, { min: 2, max: 16, step: 1, name: "size_px" }, (one) => this.#change({ size_px: one }, { draw: false })) : null,
      rows && !points ? slider(t("Width of lines"), width_px, { min: 0, max: 8, step: 0.5, name: "width_px" }, (one) => this.#change({ width_px: one }, { draw: false })) : null,
      rows ? choice(t("Label"), texts, label, (one) => this.#change({ label: one || null }, { draw: false }), { name: "label" }) : null,
    ];
  }

  /** What the server said of the draft: histogram, classes with counts, fit, warnings. */
  #results() {
    const { told } = this;
    const colours = told.legend.items.filter((/** @type {any} */ one) => /^\d$/.test(one.value ?? "")).map((/** @type {any} */ one) => one.colour);
    fill(
      /** @type {HTMLElement} */ (this.result),
      ...told.warnings.map((/** @type {string} */ one) => this.#warning(one)),
      told.bars.length && CLASSED.includes(this.draft.kind) ? histogram(told.bars, told.classing?.breaks ?? [], colours) : null,
      legendBody(told.legend),
    );
    if (this.draft.kind === "category" && !this.draft.colours) this.form?.querySelector(".style-values")?.replaceWith(this.#values({}));
    const ends = /** @type {HTMLInputElement|null} */ (this.form?.querySelector("#style-breaks"));
    if (ends && document.activeElement !== ends) ends.value = (told.declared.breaks ?? []).join(", ");
  }

  /** @param {string} code */
  #warning(code) {
    const words = {
      count_as_area: t("These look like counts: large areas have more of everything. A rate compares better."),
      poor_fit: t("The classes fit poorly: more classes or another scheme tell more."),
      above_locked: t("Some numbers lie above the last kept break; they are in the last class."),
    };
    const offers = code === "count_as_area" ? this.told.dividers.slice(0, 4) : [];
    return h(
      "div",
      { class: "style-warning", dataset: { warning: code } },
      h("p", {}, words[/** @type {keyof typeof words} */ (code)] ?? code),
      ...offers.map((/** @type {string} */ one) =>
        h("button", { type: "button", onclick: () => this.#change(one === "per_km2" ? { rate: one, ...unlocked() } : { per: one, ...unlocked() }) }, t("Divide by {what}", { what: this.#divider(one) })),
      ),
    );
  }

  #foot() {
    const title = h("input", { id: "style-title", name: "title", class: "input", maxlength: 100, value: this.kept?.own || this.kept?.may_change ? (this.kept?.title ?? "") : "" });
    const shared = this.desk.styles.mayShare ? tick(t("For everyone who may see the layer"), this.kept?.shared ?? false, () => {}, "shared") : null;
    const changes = this.kept?.may_change;
    return h(
      "div",
      { class: "style-foot" },
      field("style-title", t("Name of the style"), title),
      shared,
      h(
        "div",
        { class: "acts" },
        h("button", { type: "button", class: "primary", onclick: () => this.#save(Boolean(changes)) }, changes ? t("Keep the changes") : t("Keep the style")),
        changes ? h("button", { type: "button", onclick: () => this.#save(false) }, t("Keep as another")) : null,
        changes ? h("button", { type: "button", class: "danger", onclick: () => this.#remove() }, t("Take away")) : null,
      ),
    );
  }

  /** @param {boolean} changes the kept one; else another is made */
  async #save(changes) {
    const title = /** @type {HTMLInputElement} */ (this.form?.querySelector("#style-title")).value.trim();
    const box = /** @type {HTMLInputElement|null} */ (this.form?.querySelector("#style-shared"));
    if (!title) return this.#say(t("The style needs a name."), "#style-title");
    const declared = this.draft.kind === "category" && this.told ? { ...this.draft, colours: this.told.declared.colours } : this.draft;
    try {
      const made = changes
        ? await sendJSON("PATCH", `/api/v1/styles/${this.kept?.id}`, { title, declared, ...(box && { shared: box.checked }) })
        : await postJSON("/api/v1/styles", { layer: this.layer.id, title, declared, shared: box?.checked ?? false });
      await this.desk.styles.load();
      const { styles } = this.desk.store.state;
      this.desk.store.set({ styles: { ...styles, [this.layer.id]: String(made.id) }, edit: "" });
    } catch (error) {
      this.#say(/** @type {Error} */ (error).message);
    }
    return undefined;
  }

  async #remove() {
    const asked = this.kept?.shared ? t("Take the style away? It is gone for everyone who uses it.") : t("Take the style away?");
    if (!this.kept || !window.confirm(asked)) return;
    try {
      await sendJSON("DELETE", `/api/v1/styles/${this.kept.id}`, undefined);
      await this.desk.styles.load();
      const { [this.layer.id]: _gone, ...rest } = this.desk.store.state.styles;
      this.desk.store.set({ styles: rest, edit: "" });
    } catch (error) {
      this.#say(/** @type {Error} */ (error).message);
    }
  }

  /**
   * @param {string} words
   * @param {string} [focus]
   */
  #say(words, focus) {
    const problem = /** @type {HTMLElement} */ (this.problem);
    problem.hidden = !words;
    problem.textContent = words;
    if (focus) /** @type {HTMLElement|null|undefined} */ (this.form?.querySelector(focus))?.focus();
  }

  /**
   * @param {(one: import("city/map/layers.js").FieldInfo) => boolean} fits
   * @returns {[string, string][]}
   */
  #named(fits) {
    return this.layer.fields.filter((one) => one.in_tile && fits(one)).map((one) => [one.name, one.unit ? `${one.title} (${one.unit})` : one.title]);
  }

  /** @param {string} field_ @returns {[string, string][]} */
  #dividers(field_) {
    const numbers = this.#named((one) => one.kind === "number").filter(([name]) => name !== field_);
    const area = this.layer.geometry === "POLYGON" ? [/** @type {[string, string]} */ (["area", this.#divider("area")])] : [];
    return [["", t("nothing")], ...area, ...numbers];
  }

  /** @param {string} name */
  #divider(name) {
    if (name === "area" || name === "per_km2") return t("the size in km²");
    return this.layer.fields.find((one) => one.name === name)?.title ?? name;
  }
}

/** Breaks that were worked out for something else are let go. */
const unlocked = () => ({ breaks: null, second_breaks: null, is_locked: null });

/** @param {Record<string, any>} draft @returns {Record<string, null>} */
const blankOf = (draft) => Object.fromEntries(Object.keys(draft).map((key) => [key, null]));

/**
 * What a kind begins with.
 * @param {LayerInfo} layer
 * @param {string} [wanted]
 */
function first(layer, wanted) {
  const numbers = layer.fields.filter((one) => one.kind === "number" && one.in_tile).map((one) => one.name);
  const values = layer.fields.filter((one) => one.in_tile && one.kind !== "time" && one.kind !== "number");
  const kind = wanted ?? (layer.floor ? "graduated" : layer.style.by ? "category" : "single");
  if (kind === "category") {
    const by = layer.style.by ?? (values.find((one) => one.choices) ?? values[0] ?? layer.fields.find((one) => one.in_tile))?.name;
    const colours = by === layer.style.by && Object.keys(layer.style.colours).length ? layer.style.colours : null;
    return { kind, field: by, ...(colours && { colours }) };
  }
  if (kind === "graduated") return layer.floor || !numbers.length ? { kind, over: "cell" } : { kind, field: numbers[0] };
  if (kind === "bivariate") {
    const alone = numbers.length < 2;
    return { kind, field: numbers[0], second: alone ? numbers[0] : numbers[1], ...(alone && { second_per: "area" }), ramp: FIRST.square };
  }
  return kind === "single" ? { kind, colour: layer.style.colour } : { kind };
}
