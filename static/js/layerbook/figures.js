/**
 * A layer's figures, asked for when its line comes into sight: how many rows, where they lie, how new they are.
 * @module city/layerbook/figures
 */
import { getJSON } from "http";
import { formatNumber, formatTime, fromNow, t } from "words";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 64;
const HIGH = 48;

/** @param {HTMLElement} line */
export function mount(line) {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((one) => one.isIntersecting)) return;
    seen.disconnect();
    ask(line);
  }, { rootMargin: "200px" });
  seen.observe(line);
}

/** @param {HTMLElement} line */
async function ask(line) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement | null} */ (line.querySelector(`[data-part="${name}"]`));
  const rows = part("rows");
  try {
    const facts = await getJSON(`/api/v1/layers/${line.dataset.layer}/facts`);
    if (rows && facts.rows !== null) rows.textContent = facts.rows_words;
    const at = facts.changed_at ?? facts.newest_at;
    const changed = part("changed");
    if (changed && at) {
      changed.hidden = false;
      changed.title = formatTime(new Date(at));
      changed.textContent = facts.changed_at ? fromNow(new Date(at)) : t("newest row {ago}", { ago: fromNow(new Date(at)) });
    }
    const extent = part("extent");
    if (extent) draw(extent, facts.bounds);
  } catch {
    if (rows) rows.textContent = t("could not be counted");
  }
}

/**
 * Where a layer lies (filled) beside where the city lies (outline), both in one frame.
 * @param {Element} svg @param {[number, number, number, number] | null} bounds west, south, east, north
 */
function draw(svg, bounds) {
  const city = (/** @type {HTMLElement} */ (/** @type {any} */ (svg)).dataset.city ?? "").split(",").filter(Boolean).map(Number);
  if (!bounds) {
    svg.setAttribute("aria-label", t("Where it lies: not known"));
    return;
  }
  const boxes = [...(city.length === 4 ? [city] : []), bounds];
  const west = Math.min(...boxes.map((box) => box[0]));
  const east = Math.max(...boxes.map((box) => box[2]));
  const south = Math.min(...boxes.map((box) => box[1]));
  const north = Math.max(...boxes.map((box) => box[3]));
  const squeeze = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const scale = Math.min((WIDE - 8) / Math.max((east - west) * squeeze, 1e-6), (HIGH - 8) / Math.max(north - south, 1e-6));
  const left = (WIDE - (east - west) * squeeze * scale) / 2;
  const top = (HIGH - (north - south) * scale) / 2;
  boxes.forEach((box, at) => {
    const rect = document.createElementNS(SVG, "rect");
    const values = {
      x: left + (box[0] - west) * squeeze * scale, y: top + (north - box[3]) * scale,
      width: Math.max((box[2] - box[0]) * squeeze * scale, 3), height: Math.max((box[3] - box[1]) * scale, 3),
      class: at === boxes.length - 1 ? "extent-layer" : "extent-city",
    };
    for (const [name, value] of Object.entries(values)) rect.setAttribute(name, String(value));
    svg.append(rect);
  });
  const edges = bounds.map((edge) => formatNumber(edge, { maximumFractionDigits: 3 })).join(", ");
  svg.setAttribute("aria-label", t("Lies within {edges} (west, south, east, north)", { edges }));
}
