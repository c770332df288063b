/**
 * What a style being made begins with, and which fields it may use.
 * @module city/map/style_draft
 */

/** @typedef {import("city/map/layers.js").LayerInfo} LayerInfo */

export const CLASSED = ["graduated", "hexagons"];
export const FIRST = { ramp: "YlOrRd", square: "BluePink" };

/**
 * Fields that can colour: those in tiles that readers are shown, and the one of the layer's own look.
 * @param {LayerInfo} layer
 */
export const offered = (layer) => layer.fields.filter((one) => one.in_tile && (one.in_list || one.name === layer.style.by));

/** Breaks that were worked out for something else are let go. */
export const unlocked = () => ({ breaks: null, second_breaks: null, is_locked: null });

/** @param {Record<string, any>} draft @returns {Record<string, null>} */
export const blankOf = (draft) => Object.fromEntries(Object.keys(draft).map((key) => [key, null]));

/**
 * What a kind begins with.
 * @param {LayerInfo} layer
 * @param {string} [wanted]
 */
export function first(layer, wanted) {
  const numbers = offered(layer).filter((one) => one.kind === "number").map((one) => one.name);
  const values = offered(layer).filter((one) => one.kind !== "time" && one.kind !== "number");
  const kind = wanted ?? (layer.floor ? "graduated" : layer.style.by ? "category" : "single");
  if (kind === "category") {
    const by = layer.style.by ?? (values.find((one) => one.choices) ?? values[0] ?? offered(layer)[0])?.name;
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
