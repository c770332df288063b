/**
 * The marks of the map drawn as small pictures for list and legend: shape for kind, fill for state.
 * @module city/map/symbols
 */

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  circle: "M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 0 0 0-11z",
  square: "M3 3h10v10H3z",
  triangle: "M8 2l6.500 11.500h-13z",
  diamond: "M8 1.500l6.500 6.500l-6.500 6.500l-6.500-6.500z",
  line: "M1 10.500L6 6l4 4l5-5.500",
  area: "M2.500 3.500h11v9h-11z",
};

/**
 * @param {string} shape circle, square, triangle, diamond, line, area
 * @param {string} colour
 * @returns {SVGElement}
 */
export function symbol(shape, colour) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `symbol symbol-${shape}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[/** @type {keyof typeof SHAPES} */ (shape)] ?? SHAPES.circle);
  path.style.setProperty(shape === "line" ? "stroke" : "fill", colour);
  svg.append(path);
  return svg;
}

/**
 * @param {{colour: string, shape: string}|null} state
 * @param {import("city/map/layers.js").LayerInfo} layer
 */
export function stateMark(state, layer) {
  const kind = { LINESTRING: "line", POLYGON: "area" }[layer.geometry];
  return symbol(kind ?? state?.shape ?? layer.style?.shape ?? "circle", state?.colour || layer.style?.colour || "currentColor");
}
