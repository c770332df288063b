/**
 * Fields of a step, made from the schema that the server tells; read back as the API takes them.
 * @module city/planning/fields
 */
import { t } from "words";
import { h } from "city/map/dom.js";

/** @typedef {{name: string, title: string, kind: string, required: boolean, help: string, default: any, choices?: string[], choice_titles?: string[], min?: number, above?: number, max?: number}} Field */

const list = (/** @type {string} */ text) => text.split(",").map((one) => one.trim()).filter(Boolean);
const number = (/** @type {string} */ text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

/** @type {Record<string, (text: string) => any>} what is typed → what is sent */
const READ = {
  number, texts: list, numbers: (text) => list(text).map(number),
  value: (text) => (text.includes(",") ? list(text).map(number) : text === "true" || text === "false" ? text === "true" : number(text)),
  tally: (text) => list(text).map((one) => {
    const [field, how, name] = one.split(":").map((part) => part.trim());
    return { field, ...(how ? { how } : {}), ...(name ? { as: name } : {}) };
  }),
};

/** @param {Field} field @param {any} value @returns {string} */
function typed(field, value) {
  if (value === undefined || value === null) return "";
  if (field.kind === "tally") return value.map((/** @type {any} */ one) => [one.field, one.how ?? "sum", ...(one.as ? [one.as] : [])].join(":")).join(", ");
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** @param {Field} field */
function hint(field) {
  const words = { texts: t("Several with commas"), numbers: t("Several with commas"), tally: t("field:how:name, several with commas; how is sum, mean, min or max") }[field.kind];
  return [field.help, words].filter(Boolean).join(" · ");
}

/**
 * @param {Field} field @param {any} value @param {string} id
 * @returns {HTMLElement}
 */
export function fieldOf(field, value, id) {
  const named = { id, "data-field": field.name };
  const label = h("label", { for: id }, field.title, field.required ? "" : h("span", { class: "hint" }, ` ${t("optional")}`));
  if (field.kind === "flag") {
    const box = h("input", { ...named, type: "checkbox", checked: Boolean(value ?? field.default) });
    return h("div", { class: "field" }, h("label", { class: "check" }, box, ` ${field.title}`), h("p", { class: "error", "data-error": field.name, hidden: true }));
  }
  const shown = typed(field, value ?? (field.required ? undefined : field.default));
  const input = field.kind === "choice"
    ? h("select", named, ...(field.choices ?? []).map((one, at) => h("option", { value: one, selected: one === (shown || field.default) }, field.choice_titles?.[at] ?? one)))
    : h("input", { ...named, value: shown, autocomplete: "off", list: field.kind === "source" ? "r-sources" : null, inputmode: field.kind === "number" ? "decimal" : null, required: field.required });
  const help = hint(field);
  return h("div", { class: "field" }, label, input, help ? h("p", { class: "help" }, help) : null, h("p", { class: "error", "data-error": field.name, hidden: true }));
}

/**
 * @param {HTMLElement} root @param {Field[]} fields
 * @returns {Record<string, any>} without what is empty or stands as it is by default
 */
export function valuesOf(root, fields) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const field of fields) {
    const input = /** @type {HTMLInputElement} */ (root.querySelector(`[data-field="${field.name}"]`));
    const value = field.kind === "flag" ? input.checked : input.value.trim() === "" ? null : (READ[field.kind]?.(input.value) ?? input.value.trim());
    if (value === null || (!field.required && JSON.stringify(value) === JSON.stringify(field.default))) continue;
    found[field.name] = value;
  }
  return found;
}
