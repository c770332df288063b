/**
 * The doctor's report in the drawer: tables, findings with ticks, and the form that makes the layer.
 * @module city/datasets/report
 */
import { newKey, postJSON, sendJSON } from "http";
import { t, tn } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { count } from "city/map/format.js";
import { card } from "city/datasets/findings.js";
import { audience } from "city/datasets/audience.js";
import { settled } from "city/datasets/upload.js";

const DATUMS = ["wgs84", "cgcs2000", "gcj02", "bd09"];
const ENCODINGS = ["utf-8", "gb18030", "big5", "shift_jis", "euc_kr", "cp1252"];
const TEXTS = ["CSV", "ESRI Shapefile", "GeoJSON"]; // whose texts may be in any encoding
const WAIT_MS = 150;

export class Report {
  /**
   * @param {HTMLElement} root
   * @param {any} upload
   * @param {{preview: import("city/datasets/preview.js").Preview, mayPublish: boolean, close: () => void, made: (answer: any) => void, forgot: () => void}} hooks
   */
  constructor(root, upload, hooks) {
    this.root = root;
    this.upload = upload;
    this.hooks = hooks;
    const tables = upload.tables.filter((/** @type {any} */ one) => !one.problem);
    this.table = tables[0];
    /** @type {Record<string, Record<string, boolean>>} ticks by table */
    this.ticks = {};
    this.draw();
    this.look(true);
  }

  get mine() {
    return (this.ticks[this.table.name] ??= {});
  }

  draw() {
    const { upload } = this;
    fill(this.root,
      h("header", { class: "drawer-head" },
        h("h2", { tabindex: "-1", class: "report-name", title: upload.name }, upload.name),
        h("button", { type: "button", class: "quiet square", "aria-label": t("Close"), title: t("Close (Esc)"), onclick: this.hooks.close }, icon("close"))),
      this.#tables(),
      this.#facts(),
      this.#findings(),
      this.#reading(),
      this.#form());
    /** @type {HTMLElement} */ (this.root.querySelector("h2")).focus({ preventScroll: true });
  }

  #tables() {
    const { tables } = this.upload;
    if (tables.length < 2) return null;
    const option = (/** @type {any} */ one) => h("option", { value: one.name, disabled: Boolean(one.problem), selected: one === this.table },
      one.problem ? t("{table} (no place)", { table: one.name }) : t("{table} · {n} rows", { table: one.name, n: count(one.rows) }));
    return h("div", { class: "field" }, h("label", { for: "report-table" }, t("Table")),
      h("select", { id: "report-table", onchange: (/** @type {any} */ event) => this.#choose(event.target.value) }, ...tables.map(option)));
  }

  /** @param {string} name */
  #choose(name) {
    this.table = this.upload.tables.find((/** @type {any} */ one) => one.name === name);
    this.draw();
    this.look(true);
  }

  #facts() {
    const { table } = this;
    const kinds = Object.entries(table.kinds_words).map(([kind, n]) => `${count(Number(n))} ${kind}`).join(" · ");
    const here = table.share_in_city === null ? null : t("{share} % in the city", { share: count(Math.floor(100 * table.share_in_city)) });
    return h("dl", { class: "facts report-facts" },
      h("dt", {}, t("Row count")), h("dd", {}, count(table.rows)),
      kinds ? h("dt", {}, t("Kinds")) : null, kinds ? h("dd", {}, [kinds, here].filter(Boolean).join(t(", "))) : null,
      h("dt", {}, t("Coordinates")), h("dd", {}, table.datum_read ? table.datum_read_words : t("not known")),
      h("dt", {}, t("Columns")), h("dd", { class: "report-columns" }, table.columns.join(t(", "))));
  }

  #findings() {
    const { findings } = this.table;
    if (!findings.length) return h("p", { class: "report-well" }, "✓ ", t("Nothing is wrong with it."));
    const { preview } = this.hooks;
    const cards = findings.map((/** @type {any} */ one) => card(one, {
      on: Boolean(this.mine[one.key] ?? one.mend?.on), tick: (on) => this.#tick(one.key, on),
      light: (code) => preview.light(code), goTo: (code) => preview.goTo(code) }));
    return h("section", { "aria-labelledby": "report-found" },
      h("h3", { id: "report-found" }, tn("{n} finding", "{n} findings", findings.length)),
      h("ul", { class: "findings" }, ...cards),
      h("p", { class: "report-lost hint", role: "status", "data-part": "lost" }));
  }

  /** @param {string} key @param {boolean} value */
  #tick(key, value) {
    this.mine[key] = value;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.look(false), WAIT_MS);
  }

  /** In another system or encoding than was found: the table is examined anew. */
  #reading() {
    const { table } = this;
    const other = h("input", { id: "report-epsg", placeholder: "EPSG:4549", "aria-label": t("Another system"), hidden: true, onchange: (/** @type {any} */ event) => this.#read({ datum: event.target.value.trim() }) });
    const pick = (/** @type {any} */ event) => {
      other.hidden = event.target.value !== "other";
      if (event.target.value === "other") other.focus();
      else if (event.target.value) this.#read({ datum: event.target.value });
    };
    const words = { wgs84: "WGS 84", cgcs2000: "CGCS2000", gcj02: t("GCJ-02 (Amap, Tencent)"), bd09: t("BD-09 (Baidu)") };
    const systems = h("div", { class: "field" }, h("label", { for: "report-datum" }, t("Coordinate system")),
      h("select", { id: "report-datum", onchange: pick },
        h("option", { value: "" }, table.datum_read ? t("As it is: {value}", { value: table.datum_read_words }) : t("Choose one")),
        ...DATUMS.map((one) => h("option", { value: one }, words[/** @type {keyof typeof words} */ (one)])),
        h("option", { value: "other" }, t("Another: EPSG number"))), other);
    const texts = TEXTS.includes(table.format) ? h("div", { class: "field" }, h("label", { for: "report-encoding" }, t("Encoding")),
      h("select", { id: "report-encoding", onchange: (/** @type {any} */ event) => event.target.value && this.#read({ encoding: event.target.value }) },
        h("option", { value: "" }, t("As it is: {value}", { value: table.encoding ?? "–" })), ...ENCODINGS.map((one) => h("option", { value: one }, one)))) : null;
    return h("details", { class: "typed", open: !table.datum_read }, h("summary", {}, t("Read it in another way")), systems, texts,
      h("p", { class: "alert", role: "alert", hidden: true, "data-part": "misread" }));
  }

  /** @param {{datum?: string, encoding?: string}} reading */
  async #read(reading) {
    const before = this.upload.given[this.table.name] ?? {};
    try {
      this.upload = await settled(await postJSON(`/api/v1/datasets/uploads/${this.upload.key}/examinations`, { table: this.table.name, ...before, ...reading }), () => {});
      delete this.ticks[this.table.name];
      this.#choose(this.table.name);
    } catch (error) {
      const said = /** @type {HTMLElement} */ (this.root.querySelector("[data-part=misread]"));
      said.hidden = false;
      said.textContent = /** @type {Error} */ (error).message;
    }
  }

  #form() {
    const title = h("input", { id: "report-title", name: "title", maxlength: 200, value: this.table.name, required: true, autocomplete: "off" });
    const problem = h("p", { class: "alert", role: "alert", hidden: true });
    const make = h("button", { class: "primary wide" }, t("Make the layer"));
    const who = audience("report", "owner", this.hooks.mayPublish);
    const form = h("form", { class: "form map-form report-form", novalidate: true },
      h("div", { class: "field" }, h("label", { for: "report-title" }, t("Title")), title), who.element,
      h("div", { class: "form-foot" }, problem, make,
        h("button", { type: "button", class: "quiet", onclick: () => this.#forget() }, t("Forget the file"))));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.hidden = true;
      make.setAttribute("aria-busy", "true");
      /** @type {HTMLButtonElement} */ (make).disabled = true;
      try {
        this.hooks.made(await postJSON("/api/v1/datasets", { upload: this.upload.key, table: this.table.name, mends: this.mine,
          title: /** @type {HTMLInputElement} */ (title).value || this.table.name, audience: who.value() }, { key: newKey() }));
      } catch (error) {
        problem.hidden = false;
        problem.textContent = /** @type {Error} */ (error).message;
      } finally {
        make.removeAttribute("aria-busy");
        /** @type {HTMLButtonElement} */ (make).disabled = false;
      }
    });
    return form;
  }

  async #forget() {
    await sendJSON("DELETE", `/api/v1/datasets/uploads/${this.upload.key}`, undefined).catch(() => null);
    this.hooks.close();
    this.hooks.forgot();
  }

  /** @param {boolean} fit whether the map goes there */
  async look(fit) {
    const round = (this.round = (this.round ?? 0) + 1);
    const lost = this.root.querySelector("[data-part=lost]");
    try {
      const told = await postJSON(`/api/v1/datasets/uploads/${this.upload.key}/preview`, { table: this.table.name, mends: this.mine });
      if (round !== this.round || !this.root.isConnected) return;
      this.hooks.preview.show(told, { fit });
      if (lost) lost.textContent = told.lost.length ? tn("Of the {all} rows shown, {n} stays out.", "Of the {all} rows shown, {n} stay out.", told.lost.length, { all: told.rows }) : "";
    } catch (error) {
      if (lost) lost.textContent = /** @type {Error} */ (error).message;
    }
  }
}
