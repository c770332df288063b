/**
 * The parts of the style editor: choices, swatches, numbers. Each writes into the draft and says so.
 * @module city/map/style_fields
 */
import { t } from "words";
import { h } from "city/map/dom.js";
import { offered } from "city/map/style_draft.js";

/** @typedef {Record<string, any>} Draft the declaration as it is being made */
/** @typedef {(patch: Draft) => void} Change */

/** @returns {[string, string][]} what a layer can be drawn as, by its geometry; of people only what counts them */
export function kinds(/** @type {import("city/map/layers.js").LayerInfo} */ layer) {
  const numbers = offered(layer).filter((one) => one.kind === "number");
  if (layer.floor) return [["graduated", t("By number")]];
  /** @type {[string, string][]} */
  const all = [
    ["single", t("One colour")],
    ["category", t("By value")],
    ["graduated", t("By number")],
    ["bivariate", t("Two numbers")],
    ["heat", t("Heat")],
    ["cluster", t("Circles that count")],
    ["hexagons", t("Hexagons")],
  ];
  const some = {
    category: offered(layer).some((one) => one.kind !== "time"),
    bivariate: numbers.length > 0 && (numbers.length > 1 || layer.geometry === "POLYGON"),
    heat: layer.geometry === "POINT",
  };
  return all.filter(([kind]) => some[/** @type {keyof typeof some} */ (kind)] ?? true);
}

/**
 * @param {string} label
 * @param {[string, string][]} options value and words
 * @param {string} value
 * @param {(value: string) => void} change
 * @param {{name: string, help?: string}} more
 */
export function choice(label, options, value, change, { name, help }) {
  const id = `style-${name}`;
  const select = h(
    "select",
    { id, name, onchange: (/** @type {Event} */ event) => change(/** @type {HTMLSelectElement} */ (event.target).value) },
    ...options.map(([key, words]) => h("option", { value: key, selected: key === value }, words)),
  );
  return field(id, label, select, help);
}

/**
 * @param {string} id
 * @param {string} label
 * @param {HTMLElement} input
 * @param {string} [help]
 */
export function field(id, label, input, help) {
  if (help) input.setAttribute("aria-describedby", `${id}-help`);
  return h(
    "div",
    { class: "field", dataset: { field: id.replace("style-", "") } },
    h("label", { for: id }, label),
    input,
    help ? h("p", { class: "help", id: `${id}-help` }, help) : null,
  );
}

/**
 * One of several, seen at once.
 * @param {string} label
 * @param {[string, string|Node][]} options value and what is seen
 * @param {string} value
 * @param {(value: string) => void} change
 * @param {{name: string, look?: string, titles?: Record<string, string>}} more
 */
export function radios(label, options, value, change, { name, look = "style-kinds", titles = {} }) {
  return h(
    "fieldset",
    { class: "field", dataset: { field: name } },
    h("legend", {}, label),
    h(
      "div",
      { class: look },
      ...options.map(([key, seen]) =>
        h(
          "label",
          { title: titles[key] },
          h("input", {
            type: "radio",
            name: `style-${name}`,
            value: key,
            checked: key === value,
            "aria-label": typeof seen === "string" ? null : (titles[key] ?? key),
            onchange: () => change(key),
          }),
          h("span", {}, seen),
        ),
      ),
    ),
  );
}

/** @param {string[]} colours @returns {HTMLElement} a strip */
export function strip(colours) {
  return h(
    "span",
    { class: "strip" },
    ...colours.map((one) => h("i", { style: { "background-color": one } })),
  );
}

/** @param {string[]} nine @returns {HTMLElement} three by three, the first number to the right, the second upwards */
export function squareOf(nine) {
  return h(
    "span",
    { class: "colour-square" },
    ...[6, 7, 8, 3, 4, 5, 0, 1, 2].map((at) => h("i", { style: { "background-color": nine[at] } })),
  );
}

/**
 * @param {string} label
 * @param {number} value
 * @param {{min: number, max: number, step: number, name: string}} range
 * @param {(value: number) => void} change
 */
export function slider(label, value, { name, ...range }, change) {
  const id = `style-${name}`;
  const input = h("input", {
    id,
    type: "range",
    ...range,
    value,
    onchange: (/** @type {Event} */ event) => change(Number(/** @type {HTMLInputElement} */ (event.target).value)),
  });
  return field(id, label, input);
}

/**
 * @param {string} label
 * @param {boolean} value
 * @param {(value: boolean) => void} change
 * @param {string} name
 * @param {string} [help]
 */
export function tick(label, value, change, name, help) {
  const box = h("input", {
    type: "checkbox",
    id: `style-${name}`,
    checked: value,
    onchange: (/** @type {Event} */ event) => change(/** @type {HTMLInputElement} */ (event.target).checked),
  });
  return h(
    "div",
    { class: "field style-tick" },
    h("label", {}, box, h("span", {}, label)),
    help ? h("p", { class: "help" }, help) : null,
  );
}

/** @param {string} text @returns {number[]|null} ascending numbers as they were typed, or nothing */
export function readBreaks(text) {
  const parts = text.split(/[,;，；\s]+/).filter(Boolean).map(Number);
  const good = parts.length > 0 && parts.length <= 9 && parts.every((one, at) => Number.isFinite(one) && (at === 0 || one > parts[at - 1]));
  return good ? parts : null;
}
