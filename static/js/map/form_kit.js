/**
 * What the forms over the map share: errors beside their fields, drafts that outlive a mishap, sending once.
 * @module city/map/form_kit
 */
import { newKey, postJSON } from "http";
import { t } from "words";

/** Words the person typed, kept in this browser until they are saved or thrown away. */
export class Draft {
  /** @param {string} name */
  constructor(name) {
    this.name = `draft:${name}`;
  }

  /** @returns {any} what was kept, or null */
  load() {
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "null");
    } catch {
      return null;
    }
  }

  /** @param {any} values */
  save(values) {
    try {
      localStorage.setItem(this.name, JSON.stringify(values));
    } catch {
      /* storage may be closed or full: the form itself still holds everything */
    }
  }

  clear() {
    try {
      localStorage.removeItem(this.name);
    } catch {
      /* nothing was kept */
    }
  }
}

/** One POST that may be tried again: the same content goes under the same key, so it counts once. */
export class Sender {
  constructor() {
    this.sent = "";
    this.key = newKey();
  }

  /**
   * @param {string} url
   * @param {any} body
   * @returns {Promise<any>}
   */
  post(url, body) {
    const text = url + JSON.stringify(body);
    if (text !== this.sent) {
      this.sent = text;
      this.key = newKey();
    }
    return postJSON(url, body, { key: this.key });
  }
}

/** A form made from a `<template>`: its parts by name, and its errors. */
export class FormView {
  /** @param {string} template id */
  constructor(template) {
    const source = /** @type {HTMLTemplateElement} */ (document.getElementById(template));
    this.content = /** @type {DocumentFragment} */ (source.content.cloneNode(true));
    this.form = /** @type {HTMLFormElement} */ (this.content.querySelector("form"));
    this.nodes = /** @type {HTMLElement[]} */ ([...this.content.children]);
    /** @type {Map<string, HTMLElement>} */
    this.parts = new Map();
    for (const one of this.content.querySelectorAll("[data-part]")) {
      this.parts.set(/** @type {HTMLElement} */ (one).dataset.part ?? "", /** @type {HTMLElement} */ (one));
    }
  }

  /** @param {string} name @returns {HTMLElement} */
  part(name) {
    const found = this.parts.get(name);
    if (!found) throw new Error(`form part ${name} is missing`);
    return found;
  }

  /** @param {string} name @returns {HTMLInputElement} a control by its name */
  control(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }

  /** Take all errors away. */
  clearErrors() {
    for (const one of this.form.querySelectorAll("[data-error]")) /** @type {HTMLElement} */ (one).hidden = true;
    for (const one of this.form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
    this.part("problem").hidden = true;
  }

  /**
   * Say what is wrong, beside the field that it is about, else at the foot; the first one gets the focus.
   * @param {string} field
   * @param {string} words
   */
  error(field, words) {
    const place = /** @type {HTMLElement|null} */ (this.form.querySelector(`[data-error="${CSS.escape(field)}"]`));
    const isFirst = !this.form.querySelector("[data-error]:not([hidden])");
    const spot = place ?? this.part("problem");
    spot.textContent = words;
    spot.hidden = false;
    if (!place) return;
    place.id ||= `error-${field}`;
    const holder = place.closest("[data-field]");
    const control = /** @type {HTMLElement|null} */ (
      holder?.querySelector("input:not([type=radio]), select, textarea, button") ?? null
    );
    control?.setAttribute("aria-invalid", "true");
    control?.setAttribute("aria-describedby", place.id);
    if (isFirst) control?.focus();
  }

  /**
   * What the server said.
   * @param {any} problem
   * @param {Record<string, string>} [names] the server's field → ours
   */
  problem(problem, names = {}) {
    const field =
      problem.code === "grid.outside_city" ? (names.lon ?? "place") : (names[problem.field] ?? problem.field ?? "");
    this.error(field, problem.detail || problem.message || t("It could not be saved."));
  }

  /**
   * Run the saving: the button shows it, twice is not possible, errors are shown and nothing is lost.
   * @param {() => Promise<void>} act
   * @param {Record<string, string>} names
   */
  async saving(act, names) {
    const button = /** @type {HTMLButtonElement} */ (this.part("save"));
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      await act();
    } catch (error) {
      this.problem(error, names);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
}
