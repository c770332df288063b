/**
 * The table of rights: themes and layers over roles. A brush is chosen, cells or heads are painted, then all is saved at
 * once. With the keyboard: arrows move, Space sets, 1 to 4 choose the brush and set.
 * @module city/layerbook/matrix
 */
import { toast } from "dialogs";
import { Rules } from "city/layerbook/rules.js";
import { fill, h } from "city/map/dom.js";
import { Problem, sendJSON } from "http";
import { t, tn } from "words";

const BRUSHES = /** @type {const} */ (["hidden", "seen", "export", ""]);
const words = () => ({ hidden: t("hidden"), seen: t("seen"), export: t("seen and downloaded"), closed: t("closed by the role's rights"), "": t("no rule") });

/** @param {HTMLElement} root */
export function mount(root) {
  new Matrix(root).draw();
}

class Matrix {
  /** @param {HTMLElement} root */
  constructor(root) {
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (root.querySelector(`[data-part="${name}"]`));
    const facts = JSON.parse(part("facts").textContent ?? "{}");
    this.part = part;
    /** @type {{who: string, title: string}[]} */
    this.columns = facts.columns;
    /** @type {import("city/layerbook/rules.js").Group[]} */
    this.groups = facts.groups;
    this.rules = new Rules(facts.rules);
    this.opened = new Set(/** @type {string[]} */ ([]));
    /** @type {{toggle: HTMLElement, title: string, target: string, names: string[]}[]} */
    this.toggles = [];
    /** @type {{row: import("city/layerbook/rules.js").Row, title: string, cells: HTMLElement[]}[]} */
    this.lines = [];
    part("find").addEventListener("input", () => this.find());
    part("discard").addEventListener("click", () => this.discard());
    part("put").addEventListener("click", () => this.save());
    addEventListener("beforeunload", (event) => this.rules.draft.size && event.preventDefault());
  }

  get brush() {
    const chosen = /** @type {HTMLInputElement | null} */ (this.part("brush").querySelector("input:checked"));
    return /** @type {(typeof BRUSHES)[number]} */ (chosen?.value ?? "hidden");
  }

  draw() {
    const heads = this.columns.map((column, at) => h("th", { scope: "col" },
      h("button", { type: "button", class: "matrix-col", title: t("Set the themes of this column"), onclick: () => this.paintColumn(at) }, column.title)));
    const bodies = this.groups.map((group) => h("tbody", {},
      this.line({ target: group.target, theme: group.target, field: "", open: null }, group.title, { kind: "theme" }),
      ...group.layers.flatMap((layer) => this.layer(group, layer))));
    fill(this.part("table"), h("table", { class: "matrix-table", role: "grid", "aria-labelledby": "matrix-h" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "hidden" }, t("Layer"))), ...heads)), ...bodies));
    this.show();
    this.lines[0]?.cells[0]?.setAttribute("tabindex", "0");
    const wanted = document.getElementById(location.hash.slice(1));
    if (wanted?.matches("tr")) wanted.scrollIntoView({ block: "center" });
  }

  /** @param {import("city/layerbook/rules.js").Group} group @param {import("city/layerbook/rules.js").LayerRow} layer */
  layer(group, layer) {
    const row = { target: layer.target, theme: group.target, field: "", open: layer.open };
    const fields = layer.fields.map((field) => this.line({ ...row, field: field.name }, field.title, { kind: "field", under: layer.title, hidden: true }));
    const toggle = fields.length ? h("button", { type: "button", class: "quiet matrix-fields", "aria-expanded": "false", onclick: (/** @type {any} */ event) => {
      const isOpen = fields[0].hidden;
      for (const one of fields) one.hidden = !isOpen;
      event.currentTarget.setAttribute("aria-expanded", String(isOpen));
    } }) : null;
    if (toggle) this.toggles.push({ toggle, title: layer.title, target: layer.target, names: layer.fields.map((field) => field.name) });
    return [this.line(row, layer.title, { kind: "layer", id: layer.id, more: toggle }), ...fields];
  }

  /**
   * @param {import("city/layerbook/rules.js").Row} row @param {string} title
   * @param {{kind: string, id?: string, under?: string, hidden?: boolean, more?: HTMLElement | null}} options
   */
  line(row, title, { kind, id, under, hidden, more }) {
    const at = this.lines.length;
    const cells = this.columns.map((_, column) => h("button", { type: "button", class: "matrix-cell", tabindex: "-1",
      onclick: () => this.paint(at, column), onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event, at, column) }, h("b", { class: "mark", "aria-hidden": "true" })));
    this.lines.push({ row, title: under ? `${under}, ${title}` : kind === "theme" ? t("All of “{theme}”", { theme: title }) : title, cells });
    return h("tr", { class: `matrix-${kind}`, id: id ? `row-${id}` : null, hidden, dataset: { words: title.toLowerCase() } },
      h("th", { scope: "row" }, h("button", { type: "button", class: "matrix-row", title: t("Set the whole row"), onclick: () => this.paintRow(at) }, title), more),
      ...cells.map((cell) => h("td", { role: "gridcell" }, cell)));
  }

  /** All cells anew: a theme's rule shines through to its layers. */
  show() {
    const said = words();
    for (const { row, title, cells } of this.lines) {
      cells.forEach((cell, at) => {
        const { who, title: role } = this.columns[at];
        const { says, isOwn } = this.rules.holds(row, who);
        /** @type {HTMLElement} */ (cell.firstElementChild).className = `mark mark-${says || "none"}${isOwn ? "" : " is-faint"}`;
        cell.classList.toggle("is-own", isOwn);
        cell.classList.toggle("is-changed", this.rules.isChanged(row.target, row.field, who));
        cell.toggleAttribute("aria-disabled", says === "closed");
        cell.setAttribute("aria-label", isOwn || says === "closed" || !says
          ? t("{layer}, {role}: {says}", { layer: title, role, says: said[/** @type {keyof typeof said} */ (says)] })
          : t("{layer}, {role}: {says}, without a rule of its own", { layer: title, role, says: said[/** @type {keyof typeof said} */ (says)] }));
        cell.title = `${role}: ${said[/** @type {keyof typeof said} */ (says)]}`;
      });
    }
    for (const { toggle, title, target, names } of this.toggles) {
      const ruled = names.filter((name) => this.columns.some(({ who }) => this.rules.own(target, name, who))).length;
      const label = ruled ? t("{n} of {all} fields with rules", { n: ruled, all: names.length }) : tn("{n} field", "{n} fields", names.length);
      toggle.textContent = label;
      toggle.setAttribute("aria-label", `${label}: ${title}`);
      toggle.classList.toggle("has-rules", ruled > 0);
    }
    const n = this.rules.draft.size;
    this.part("save").hidden = !n;
    this.part("count").textContent = tn("{n} rule to save", "{n} rules to save", n);
  }

  /** @param {number} at @param {number} column */
  paint(at, column) {
    this.focus(at, column);
    this.rules.set(this.lines[at].row, this.columns[column].who, this.brush);
    this.show();
  }

  /** @param {number} at */
  paintRow(at) {
    for (const { who } of this.columns) this.rules.set(this.lines[at].row, who, this.brush);
    this.show();
  }

  /** @param {number} column */
  paintColumn(column) {
    for (const { row } of this.lines) if (!row.open) this.rules.set(row, this.columns[column].who, this.brush);
    this.show();
  }

  /** @param {KeyboardEvent} event @param {number} at @param {number} column */
  key(event, at, column) {
    const brush = "1234".indexOf(event.key);
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (step) {
      event.preventDefault();
      this.focus(this.next(at, step[0]), Math.min(Math.max(column + step[1], 0), this.columns.length - 1), true);
    } else if (brush >= 0) {
      /** @type {HTMLInputElement} */ (this.part("brush").querySelectorAll("input")[brush]).checked = true;
      this.paint(at, column);
    } else if (event.key === "s" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.save();
    }
  }

  /** The next line that is shown, up or down. @param {number} at @param {number} step */
  next(at, step) {
    let to = at + step;
    while (step && this.lines[to]?.cells[0].closest("tr")?.hidden) to += step;
    return this.lines[to] ? to : at;
  }

  /** One cell of all is reached by Tab. @param {number} at @param {number} column @param {boolean} [goes] */
  focus(at, column, goes = false) {
    this.part("table").querySelector('.matrix-cell[tabindex="0"]')?.setAttribute("tabindex", "-1");
    const cell = this.lines[at].cells[column];
    cell.setAttribute("tabindex", "0");
    if (goes) cell.focus();
  }

  find() {
    const asked = /** @type {HTMLInputElement} */ (this.part("find")).value.trim().toLowerCase();
    for (const body of this.part("table").querySelectorAll("tbody")) {
      const [theme, ...rows] = /** @type {HTMLElement[]} */ ([...body.querySelectorAll("tr:not(.matrix-field)")]);
      const isTheme = !asked || (theme.dataset.words ?? "").includes(asked);
      const shown = rows.filter((row) => (row.hidden = !(isTheme || (row.dataset.words ?? "").includes(asked)), !row.hidden));
      theme.hidden = !isTheme && !shown.length;
      if (asked) for (const field of body.querySelectorAll(".matrix-field")) /** @type {HTMLElement} */ (field).hidden = true;
    }
    if (asked) for (const toggle of this.part("table").querySelectorAll(".matrix-fields")) toggle.setAttribute("aria-expanded", "false");
  }

  discard() {
    this.rules.draft.clear();
    this.show();
  }

  async save() {
    const { items, before } = this.rules.changes();
    if (!items.length || !(await this.put(items))) return;
    toast(tn("{n} rule holds from now on.", "{n} rules hold from now on.", items.length), { undo: () => this.put(before) });
  }

  /** @param {object[]} items */
  async put(items) {
    const button = /** @type {HTMLButtonElement} */ (this.part("put"));
    button.disabled = true;
    try {
      const answer = await sendJSON("PUT", "/api/v1/layer-rules", { items });
      this.rules.take(answer.items);
      this.rules.draft.clear();
      this.show();
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      toast(error.message, { stays: true, undo: () => {}, label: t("Close") });
      return false;
    } finally {
      button.disabled = false;
    }
  }
}
