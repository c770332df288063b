/**
 * How many rows have which number, with the breaks of the classes over it.
 * @module city/map/histogram
 */
import { t } from "words";
import { h } from "city/map/dom.js";
import { count } from "city/map/format.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDE, HIGH] = [320, 72];

/** @typedef {[number, number, number]} Bar from, to, number of rows */

/**
 * @param {Bar[]} bars of equal width
 * @param {number[]} breaks upper ends of classes
 * @param {string[]} colours of the classes
 * @returns {HTMLElement|null} nothing without numbers
 */
export function histogram(bars, breaks, colours) {
  if (!bars.length) return null;
  const [low, high] = [bars[0][0], bars[bars.length - 1][1]];
  const span = high - low || 1;
  const most = Math.max(...bars.map((one) => one[2]));
  const svg = element("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", class: "histogram-bars" });
  svg.setAttribute(
    "aria-label",
    t("Histogram from {low} to {high}; the highest bar stands for {n} rows", {
      low: shortNumber(low),
      high: shortNumber(high),
      n: count(most),
    }),
  );
  const x = (/** @type {number} */ value) => ((value - low) / span) * WIDE;
  for (const [from, to, n] of bars) {
    const tall = n ? Math.max(2, (n / most) * (HIGH - 4)) : 0;
    const at = breaks.findIndex((edge) => (from + to) / 2 <= edge);
    svg.append(
      element("rect", {
        x: x(from) + 0.5,
        y: HIGH - tall,
        width: Math.max(1, x(to) - x(from) - 1),
        height: tall,
        fill: colours[at < 0 ? colours.length - 1 : at] ?? "currentColor",
        class: "histogram-bar",
      }),
    );
  }
  for (const edge of breaks.slice(0, -1)) {
    if (edge <= low || edge >= high) continue;
    svg.append(element("line", { x1: x(edge), x2: x(edge), y1: 0, y2: HIGH, class: "histogram-break" }));
  }
  const ends = h("div", { class: "histogram-ends" }, h("span", {}, shortNumber(low)), h("span", {}, shortNumber(high)));
  return h("div", { class: "histogram" }, svg, ends);
}

/** @param {number} value @returns {string} four digits */
export function shortNumber(value) {
  const digits = Math.abs(value) >= 10000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 };
  return new Intl.NumberFormat(document.documentElement.lang, digits).format(value);
}

/**
 * @param {string} tag
 * @param {Record<string, string|number>} props
 */
function element(tag, props) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, String(value));
  return made;
}
