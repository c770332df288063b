/**
 * The part of the style editor with colours: ramps, squares of two numbers, one colour, the colours of values.
 * @module city/map/style_colours
 */
import { t } from "words";
import { h } from "city/map/dom.js";
import { CLASSED, FIRST } from "city/map/style_draft.js";
import { field, radios, squareOf, strip } from "city/map/style_fields.js";

/** @typedef {import("city/map/style_editor.js").StyleEditor} Editor */

/**
 * @param {Editor} editor
 * @returns {import("city/map/dom.js").Child[]} ramps, or the colours of values
 */
export function colours(editor) {
  const { kind, ramp, colours } = editor.draft;
  const all = editor.palettes ?? { ramps: [], squares: [] };
  const titles = Object.fromEntries([...all.ramps, ...all.squares].map((/** @type {any} */ one) => [one.name, one.name]));
  const change = (/** @type {string} */ one) => editor.change({ ramp: one });
  if (kind === "bivariate") {
    const seen = all.squares.map((/** @type {any} */ one) => [one.name, squareOf(one.colours)]);
    return [radios(t("Colours"), seen, ramp ?? FIRST.square, change, { name: "ramp", look: "style-ramps", titles })];
  }
  if (kind === "heat" || CLASSED.includes(kind)) {
    const size = String(Math.max(3, Math.min(9, editor.draft.classes ?? 5)));
    const seen = all.ramps.map((/** @type {any} */ one) => [one.name, strip(one.colours[size])]);
    return [radios(t("Colours, safe for colour-blind readers"), seen, ramp ?? FIRST.ramp, change, { name: "ramp", look: "style-ramps", titles })];
  }
  if (kind === "category") return [valuesOf(editor, colours ?? {})];
  return [colourField("colour", t("Colour"), editor.draft.colour ?? "#1f6f8b", (one) => editor.change({ colour: one }, { draw: false }))];
}

/**
 * @param {string} name
 * @param {string} label
 * @param {string} value
 * @param {(value: string) => void} change
 */
function colourField(name, label, value, change) {
  const input = h("input", { type: "color", id: `style-${name}`, value, onchange: (/** @type {Event} */ event) => change(/** @type {HTMLInputElement} */ (event.target).value) });
  return field(`style-${name}`, label, input);
}

/** @param {Editor} editor @param {Record<string, string>} chosen by value; the server chose those for a new style */
export function valuesOf(editor, chosen) {
  const told = editor.told?.declared;
  const given = Object.keys(chosen).length || told?.field !== editor.draft.field ? chosen : (told.colours ?? {});
  const words = editor.layer.fields.find((one) => one.name === editor.draft.field)?.choices ?? {};
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
          onchange: (/** @type {Event} */ event) => editor.change({ colours: { ...given, [value]: /** @type {HTMLInputElement} */ (event.target).value } }, { draw: false }),
        }),
        h("span", {}, words[value] ?? value),
      ),
    ),
  );
}
