/**
 * The part of the style editor that says which numbers or values colour, and how classes are made of them.
 * @module city/map/style_numbers
 */
import { t } from "words";
import { h } from "city/map/dom.js";
import { CLASSED, unlocked } from "city/map/style_draft.js";
import { choice, field, readBreaks, slider, tick } from "city/map/style_fields.js";

/** @typedef {import("city/map/style_editor.js").StyleEditor} Editor */

/**
 * @param {Editor} editor
 * @returns {import("city/map/dom.js").Child[]} which numbers or values colour
 */
export function numbers(editor) {
  const { kind, over = "rows", scheme = "fisher_jenks", classes = 5 } = editor.draft;
  const pick = (/** @type {string} */ key, /** @type {string} */ label, /** @type {[string, string][]} */ options) =>
    choice(label, options, String(editor.draft[key] ?? ""), (one) => editor.change({ [key]: one, ...unlocked(), ...(kind === "category" && { colours: null }) }), { name: key });
  if (kind === "category") return [pick("field", t("Value"), editor.named((one) => one.kind !== "time"))];
  if (kind === "bivariate") {
    const numbers = editor.named((one) => one.kind === "number");
    return [
      pick("field", t("First number, to the right"), numbers),
      pick("per", t("Divided by"), editor.dividers(editor.draft.field)),
      pick("second", t("Second number, upwards"), numbers),
      pick("second_per", t("Divided by"), editor.dividers(editor.draft.second)),
    ];
  }
  const own = [];
  if (kind === "graduated") own.push(...graduated(editor, over, pick));
  if (kind === "hexagons" || kind === "heat")
    own.push(slider(t("Side of a hexagon: {n} m", { n: editor.draft.side_m ?? 250 }), editor.draft.side_m ?? 250, { min: 50, max: 2000, step: 50, name: "side_m" }, (one) => editor.change({ side_m: one })));
  if (!CLASSED.includes(kind)) return kind === "heat" ? [] : own;
  own.push(
    choice(t("How classes are made"), (editor.palettes?.schemes ?? []).map((/** @type {any} */ one) => [one.name, one.title]), scheme, (one) => chooseScheme(editor, one), { name: "scheme" }),
    ["head_tail_breaks", "box_plot", "user_defined"].includes(scheme) ? null : choice(t("Number of classes"), [3, 4, 5, 6, 7, 8, 9].map((n) => [String(n), String(n)]), String(classes), (one) => editor.change({ classes: Number(one), ...unlocked() }), { name: "classes" }),
    scheme === "user_defined" ? ownBreaks(editor) : null,
    tick(t("Keep these breaks"), Boolean(editor.draft.is_locked), (one) => lock(editor, one), "locked", t("The same classes whatever is filtered: months can be compared.")),
  );
  return own;
}

/**
 * @param {Editor} editor
 * @param {string} over
 * @param {(key: string, label: string, options: [string, string][]) => HTMLElement} pick
 */
function graduated(editor, over, pick) {
  const numbers = editor.named((one) => one.kind === "number");
  const { levels } = editor.desk.styles;
  /** @type {[string, string][]} */
  const units = [...levels.map(({ level, title }) => /** @type {[string, string]} */ ([`area:${level}`, title])), ["cell", t("Unit cells")]];
  const rows = !editor.layer.floor && numbers.length ? [/** @type {[string, string]} */ (["rows", t("Each row by a number of its own")])] : [];
  const now = over === "area" ? `area:${editor.draft.level}` : over;
  const chosen = choice(t("What is coloured"), [...rows, ...units.map(([key, words]) => /** @type {[string, string]} */ ([key, t("{unit}, by rows in them", { unit: words })]))], now, (one) => colourOver(editor, one), { name: "over" });
  if (over !== "rows")
    return [
      chosen,
      choice(t("Number"), rates(editor), editor.draft.rate ?? "per_km2", (one) => editor.change({ rate: one, ...unlocked() }), { name: "rate" }),
    ];
  return [chosen, pick("field", t("Number"), numbers), pick("per", t("Divided by"), editor.dividers(editor.draft.field))];
}

/** @param {Editor} editor @returns {[string, string][]} what units can be coloured by */
function rates({ layer, palettes }) {
  const words = { per_km2: t("Rows per km²"), per_1000: t("Rows per 1,000 residents"), count: t("Number of rows") };
  const known = Object.entries(words).filter(([key]) => palettes?.rates.includes(key) && (key !== "per_1000" || !layer.floor));
  return /** @type {[string, string][]} */ (known);
}

/** @param {Editor} editor @param {string} one rows, cell, area:<level> */
function colourOver(editor, one) {
  const [over, level] = one.split(":");
  const numbers = editor.named((field_) => field_.kind === "number");
  editor.change({ over, level: level ?? null, field: over === "rows" ? numbers[0]?.[0] : null, per: null, ...unlocked() });
}

/** @param {Editor} editor @param {string} scheme own breaks begin with those that were worked out */
function chooseScheme(editor, scheme) {
  const breaks = scheme === "user_defined" ? (editor.told?.classing?.breaks ?? []) : [];
  editor.change({ scheme, ...unlocked(), breaks });
}

/** @param {Editor} editor @param {boolean} on */
function lock(editor, on) {
  const breaks = on || editor.draft.scheme === "user_defined" ? (editor.told?.classing?.breaks ?? editor.draft.breaks ?? []) : [];
  editor.change({ is_locked: on, breaks }, { draw: false });
}

/** @param {Editor} editor */
function ownBreaks(editor) {
  const id = "style-breaks";
  const input = h("input", {
    id,
    name: "breaks",
    class: "input",
    inputmode: "decimal",
    value: (editor.draft.breaks ?? []).join(", "),
    onchange: (/** @type {Event} */ event) => {
      const breaks = readBreaks(/** @type {HTMLInputElement} */ (event.target).value);
      if (breaks) editor.change({ breaks }, { draw: false });
      else editor.say(t("Own breaks are 1 to 9 ascending numbers."));
    },
  });
  return field(id, t("Upper ends of the classes"), input, t("Ascending numbers, for example 10, 50, 200"));
}
