/**
 * The marks of the map drawn as small pictures for list and legend: shape for kind, fill for state.
 * @module city/map/symbols
 */

import { shownTheme } from "city/core/theme-switch.js";

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  circle: "M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 0 0 0-11z",
  square: "M3 3h10v10H3z",
  triangle: "M8 2l6.500 11.500h-13z",
  diamond: "M8 1.500l6.500 6.500l-6.500 6.500l-6.500-6.500z",
  line: "M1 10.500L6 6l4 4l5-5.500",
  fill: "M2.500 3.500h11v9h-11z",
};

const NIGHT = "#191c20"; // the ground of the dark map
const LEAST = 3; // to one: what a mark needs to be seen (WCAG 2, 1.4.11)

/** @param {string} shade #rrggbb @returns {number[]} red, green, blue 0–255 */
const parts = (shade) => [1, 3, 5].map((at) => Number.parseInt(shade.slice(at, at + 2), 16));

/** @param {number[]} rgb @returns {number} relative luminance */
function luminance(rgb) {
  const [red, green, blue] = rgb
    .map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} shade #rrggbb @returns {boolean} whether white is read better on it than black */
export const isDark = (shade) => luminance(parts(shade)) < 0.179;

/**
 * A declared colour as the present theme shows it: by night mixed with white until it stands out from the ground,
 * and what is quiet with the ground as far as it still does; the same steps as the map's style on the server.
 * @param {string} shade
 * @param {boolean} [quiet]
 * @returns {string}
 */
export function shown(shade, quiet = false) {
  if (shownTheme() !== "dark" || !/^#[0-9a-f]{6}$/i.test(shade)) return shade;
  const [rgb, end] = [parts(shade), parts(quiet ? NIGHT : "#ffffff")];
  const ground = luminance(parts(NIGHT)) + 0.05;
  for (let step = 0; step <= 20; step += 1) {
    const share = (quiet ? 20 - step : step) / 20;
    const mixed = rgb.map((one, at) => Math.floor(one + (end[at] - one) * share + 0.5));
    if ((luminance(mixed) + 0.05) / ground >= LEAST)
      return `#${mixed.map((one) => one.toString(16).padStart(2, "0")).join("")}`;
  }
  return quiet ? shown(shade) : shade;
}

/**
 * @param {string} shape circle, square, triangle, diamond, line, fill
 * @param {string} colour
 * @param {boolean} [quiet]
 * @param {boolean} [fixed] the same by day and by night
 * @returns {SVGElement}
 */
export function symbol(shape, colour, quiet = false, fixed = false) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `symbol symbol-${shape}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[/** @type {keyof typeof SHAPES} */ (shape)] ?? SHAPES.circle);
  path.style.setProperty(shape === "line" ? "stroke" : "fill", fixed ? colour : shown(colour, quiet));
  svg.append(path);
  return svg;
}

/** @returns {SVGElement} of what is not known: hatched, as on the map */
export function hatched() {
  const svg = symbol("fill", "transparent", false, true);
  svg.classList.add("symbol-hatch");
  const lines = document.createElementNS(SVG, "path");
  lines.setAttribute("d", "M2.500 7.500l4-4M2.500 12.500l9-9M6.500 12.500l7-7M10.500 12.500l3-3");
  svg.append(lines);
  return svg;
}

/**
 * @param {{colour: string, shape: string, quiet: boolean}|null} state
 * @param {import("city/map/layers.js").LayerInfo} layer
 */
export function stateMark(state, layer) {
  const kind = { LINESTRING: "line", POLYGON: "fill" }[layer.geometry];
  return symbol(
    kind ?? state?.shape ?? layer.style?.shape ?? "circle",
    state?.colour || layer.style?.colour || "currentColor",
    state?.quiet,
  );
}
