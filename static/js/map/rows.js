/**
 * How one row of a layer reads: what, where, state, when. The same words in list, popover and drawer.
 * @module city/map/rows
 */
import { t } from "words";
import { LANG, count, exact, presentOf, span } from "city/map/format.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */
/** @typedef {import("city/map/layers.js").FieldInfo} FieldInfo */
/** @typedef {{type: "Feature", id: string|number, geometry: any, properties: Record<string, any>}} Feature */

/**
 * @typedef {object} Reading
 * @property {string} title
 * @property {string} second the place, else a number
 * @property {{value: string, words: string, colour: string, shape: string, quiet: boolean}|null} state
 * @property {string|null} at ISO moment
 * @property {{clock: "on_time"|"due_soon"|"overdue", words: string, at: string}|null} due
 */

const OTHER = LANG === "zh" ? "en" : "zh";
const TITLES = [
  "title",
  `class_${LANG}`,
  "class_name",
  "class",
  `name_${LANG}`,
  "name",
  `class_${OTHER}`,
  `name_${OTHER}`,
];
const PLACES = [
  "address",
  `address_${LANG}`,
  `address_${OTHER}`,
  "address_text",
  `text_${LANG}`,
  "place",
  "area",
  `area_${LANG}`,
];
const SOON = 0.8; // of the time given is used up: due soon

/**
 * A value in words: choices by name, moments in the city's zone, numbers with their unit.
 * @param {FieldInfo} field
 * @param {any} value
 * @returns {string}
 */
export function said(field, value) {
  if (value === null || value === undefined || value === "") return "–";
  if (field.kind === "choice" || field.choices) return field.choices?.[String(value)] ?? String(value);
  if (field.kind === "time") return exact(moment(value) ?? "") || String(value);
  if (field.kind === "flag") return value ? t("yes") : t("no");
  if (field.kind === "number" && Number.isFinite(Number(value))) {
    return field.unit ? `${count(Number(value))} ${field.unit}` : count(Number(value));
  }
  return String(value);
}

/**
 * The name of a field without the language it is in: the reader sees one language only.
 * @param {FieldInfo} field
 * @returns {string}
 */
export function fieldTitle(field) {
  return /_(zh|en)$/.test(field.name) ? field.title.replace(/\s*[(（][^)）]*[)）]\s*$/, "") : field.title;
}

/**
 * Fields worth showing: of a pair of names only the one in the reader's language.
 * @param {LayerInfo} layer
 * @returns {FieldInfo[]}
 */
export function shownFields(layer) {
  const names = new Set(layer.fields.map((one) => one.name));
  const mine = (/** @type {string} */ name) => name.replace(new RegExp(`_${OTHER}$`), `_${LANG}`);
  return layer.fields.filter(
    (one) => one.in_list !== false && (!one.name.endsWith(`_${OTHER}`) || !names.has(mine(one.name))),
  );
}

/**
 * @param {LayerInfo} layer
 * @param {string[]} names
 * @param {Record<string, any>} row
 * @returns {FieldInfo|undefined} the first of these fields that the row fills
 */
function firstFilled(layer, names, row) {
  for (const name of names) {
    const field = layer.fields.find((one) => one.name === name);
    if (field && row[name] !== null && row[name] !== undefined && row[name] !== "") return field;
  }
  return undefined;
}

/**
 * @param {LayerInfo} layer
 * @param {Feature} feature
 * @returns {Reading}
 */
export function read(layer, feature) {
  const row = feature.properties ?? {};
  const labels = layer.style?.label ? [layer.style.label] : [];
  const titled = firstFilled(layer, [...TITLES, ...labels, "number", "code", "text"], row);
  const second = [firstFilled(layer, PLACES, row), firstFilled(layer, ["number", "code"], row)].find(
    (one) => one && one !== titled,
  );
  return {
    title: titled ? said(titled, row[titled.name]) : `${layer.title} ${feature.id}`,
    second: second ? said(second, row[second.name]) : "",
    state: stateOf(layer, row, titled),
    at: layer.time_field ? moment(row[layer.time_field]) : null,
    due: dueOf(row),
  };
}

/** @param {any} value ISO text or seconds since 1970 @returns {string|null} ISO moment */
export function moment(value) {
  const at = new Date(typeof value === "number" ? value * 1000 : (value ?? ""));
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/**
 * What the row's mark on the map looks like, and in words how it stands.
 * @param {LayerInfo} layer
 * @param {Record<string, any>} row
 * @param {FieldInfo|undefined} titled
 */
function stateOf(layer, row, titled) {
  const by = layer.fields.find((one) => one.name === layer.style?.by);
  const spoken = layer.fields.find((one) => one.name === "status") ?? by;
  if (!spoken || row[spoken.name] === undefined || row[spoken.name] === null) return null;
  const key = String(by ? row[by.name] : "");
  return {
    value: String(row[spoken.name]),
    words: spoken === titled ? "" : said(spoken, row[spoken.name]),
    colour: layer.style?.colours?.[key] ?? layer.style?.colour ?? "",
    shape: layer.style?.shapes?.[key] ?? layer.style?.shape ?? "circle",
    quiet: Boolean(layer.style?.quiet?.includes(key)),
  };
}

/**
 * The row's clock, when it has a limit and still runs.
 * @param {Record<string, any>} row
 * @param {number} [now] milliseconds
 * @returns {Reading["due"]}
 */
function dueOf(row, now = presentOf()) {
  const [start, end] = [row.reported_at, row.due_at].map((one) => Date.parse(moment(one) ?? ""));
  if (Number.isNaN(end) || row.closed_at || ["closed", "refused", "void"].includes(row.status)) return null;
  const at = new Date(end).toISOString();
  const left = span(Math.abs(end - now) / 1000);
  if (end < now) return { clock: "overdue", at, words: t("{span} over", { span: left }) };
  const clock = start + (end - start) * SOON <= now ? "due_soon" : "on_time";
  return { clock, at, words: t("{span} left", { span: left }) };
}

/**
 * The middle of a geometry's bounding box, good enough to fly to.
 * @param {any} geometry
 * @returns {[number, number, number, number]|null} west, south, east, north
 */
export function bounds(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (/** @type {any} */ part) => {
    if (typeof part?.[0] === "number") {
      box[0] = Math.min(box[0], part[0]);
      box[1] = Math.min(box[1], part[1]);
      box[2] = Math.max(box[2], part[0]);
      box[3] = Math.max(box[3], part[1]);
    } else for (const one of part ?? []) walk(one);
  };
  for (const one of geometry?.geometries ?? [geometry]) walk(one?.coordinates);
  return Number.isFinite(box[0]) ? /** @type {[number, number, number, number]} */ (box) : null;
}
