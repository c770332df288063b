/**
 * What a chart can count by, what its bars stand for in the map's filters, and which of them are chosen.
 * @module city/charts/choosing
 */
import { t } from "words";
import { dayOf, dayStart } from "city/map/time_picker.js";

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */
/** @typedef {import("city/map/state.js").MapState} MapState */

/**
 * @typedef {object} Bar
 * @property {string} key value of the field, code of the unit, or first day
 * @property {string} label
 * @property {string|null} label_en
 * @property {number|null} count null: held back
 * @property {string|null} colour of the layer's style
 * @property {number|null} least of the numbers in it
 * @property {number|null} most
 * @property {string|null} until last day
 */

/** @typedef {{kind: "values"|"numbers"|"days"|"weeks"|"months"|"units", bars: Bar[], rest: number, rest_units: number, missing: number, total: number, held_back: number}} Tally */

/**
 * @param {LayerInfo} layer
 * @param {{level: string, title: string}[]} levels of areas, widest first
 * @returns {[string, string][]} value and words; of people only areas and cells
 */
export function choices(layer, levels) {
  /** @type {[string, string][]} */
  const units = [...levels.map(({ level, title }) => /** @type {[string, string]} */ ([`area:${level}`, title])), ["cell", t("Unit cells")]];
  if (layer.floor) return units;
  const isCharted = (/** @type {import("city/map/layers.js").FieldInfo} */ one) =>
    (one.kind !== "time" && one.filterable) || (one.in_list && (one.kind === "number" || one.kind === "flag"));
  const fields = layer.fields.filter(isCharted).map((one) => /** @type {[string, string]} */ ([`field:${one.name}`, one.unit ? `${one.title} (${one.unit})` : one.title]));
  return [...fields, ...(layer.time_field ? [/** @type {[string, string]} */ (["day", t("Day")])] : []), ...units];
}

/** @param {string} by @returns {string} the field's name, or nothing */
const fieldOf = (by) => (by.startsWith("field:") ? by.slice("field:".length) : "");

/**
 * Whether choosing a bar narrows the map, or only shows where a cell lies.
 * @param {string} by
 * @param {LayerInfo} layer
 * @returns {boolean}
 */
export function isChosen(by, layer) {
  const name = fieldOf(by);
  return !name || Boolean(layer.fields.find((one) => one.name === name)?.filterable);
}

/**
 * The question for the server: the filter of the list but for what the chart itself chooses, so that all its bars stay.
 * @param {URLSearchParams} query of the list
 * @param {string} by
 * @param {boolean} isOfArea whether the area in the filter is one of the chart's own bars
 */
export function asked(query, by, isOfArea) {
  query.set("by", by);
  query.delete(`f.${fieldOf(by)}`);
  if (by === "day") for (const key of ["from", "to"]) query.delete(key);
  if (isOfArea) query.delete("area");
  return query;
}

/**
 * @param {Tally} told
 * @param {string} by
 * @param {MapState} state
 * @param {LayerInfo} layer
 * @returns {Set<string>} keys of the bars that the filter names
 */
export function chosenOf(told, by, state, layer) {
  const name = fieldOf(by);
  const values = state.filters[layer.id]?.[name] ?? [];
  if (told.kind === "values") return new Set(values);
  if (told.kind === "units") return new Set([by === "cell" ? state.cell : state.area].filter(Boolean));
  if (told.kind === "numbers") return new Set(told.bars.filter((one) => one.least !== null && values.some((span) => holds(span, one))).map((one) => one.key));
  if (state.when || !(state.from || state.to)) return new Set();
  const [first, last] = [state.from ? dayOf(state.from) : "", state.to ? dayOf(state.to, 1) : "9999"];
  return new Set(told.bars.filter((one) => one.key >= first && (one.until ?? one.key) <= last).map((one) => one.key));
}

/**
 * @param {string} span `3` or `3..10`, ends may be open
 * @param {Bar} bar
 */
function holds(span, bar) {
  const [low, high] = span.includes("..") ? span.split("..") : [span, span];
  return Number(low || -Infinity) <= Number(bar.least) && Number(bar.most) <= Number(high || Infinity);
}

/**
 * What the state becomes when bars are chosen; chosen again they are let go.
 * @param {Tally} told
 * @param {string} by
 * @param {MapState} state
 * @param {LayerInfo} layer
 * @param {[number, number]} span first and last bar
 * @param {boolean} more whether what was chosen before stays
 * @returns {Partial<MapState>}
 */
export function chosen(told, by, state, layer, [first, last], more) {
  const bars = told.bars.slice(first, last + 1);
  const before = chosenOf(told, by, state, layer);
  const isUndone = bars.every((one) => before.has(one.key)) && (more || before.size === bars.length);
  if (told.kind === "units") {
    const code = isUndone ? "" : bars[0].key;
    return by === "cell" ? { cell: code } : { area: code };
  }
  if (told.kind === "days" || told.kind === "weeks" || told.kind === "months") {
    if (isUndone) return { when: "", from: "", to: "" };
    return { when: "", from: dayStart(bars[0].key), to: dayStart(bars[bars.length - 1].until ?? bars[0].key, 1) };
  }
  const values = told.kind === "values" ? valuesOf(bars, before, isUndone, more) : spanOf(bars, isUndone);
  const { [fieldOf(by)]: _gone, ...rest } = state.filters[layer.id] ?? {};
  return { filters: { ...state.filters, [layer.id]: values.length ? { ...rest, [fieldOf(by)]: values } : rest } };
}

/**
 * @param {Bar[]} bars
 * @param {Set<string>} before
 * @param {boolean} isUndone
 * @param {boolean} more
 */
function valuesOf(bars, before, isUndone, more) {
  const keys = bars.map((one) => one.key);
  if (isUndone) return [...before].filter((one) => !keys.includes(one));
  return more ? [...new Set([...before, ...keys])] : keys;
}

/**
 * The very numbers from the least of the first bar to the most of the last.
 * @param {Bar[]} bars
 * @param {boolean} isUndone
 */
function spanOf(bars, isUndone) {
  const some = bars.filter((one) => one.least !== null);
  return isUndone || !some.length ? [] : [`${some[0].least}..${some[some.length - 1].most}`];
}
