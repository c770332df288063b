/**
 * A polygon as the short text that stands in an address: what `app/cases/polygon.py` reads.
 * @module city/cases/polygon
 */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SCALE = 1e5; // some metre
const GROUP = 32;

/** @typedef {[number, number]} Place longitude, latitude */

/** @param {number} value @returns {string} a whole number, zigzag, five bits a letter */
function number(value) {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  let made = "";
  while (rest >= GROUP) {
    made += LETTERS[GROUP + (rest % GROUP)];
    rest = Math.floor(rest / GROUP);
  }
  return made + LETTERS[rest];
}

/** @param {Place[]} ring closed: its last place is its first */
function packed(ring) {
  let [x, y] = [0, 0];
  return ring
    .slice(0, -1)
    .map(([lon, lat]) => {
      const [nextX, nextY] = [Math.round(lon * SCALE), Math.round(lat * SCALE)];
      const made = number(nextX - x) + number(nextY - y);
      [x, y] = [nextX, nextY];
      return made;
    })
    .join("");
}

/** @param {any} geometry GeoJSON Polygon or MultiPolygon @returns {string} */
export function encode(geometry) {
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return parts.map((/** @type {Place[][]} */ rings) => rings.map(packed).join(".")).join("~");
}

/** @param {string} text made by `encode` @returns {any} GeoJSON MultiPolygon; null for any other text */
export function decode(text) {
  if (!/^[\w\-.~]+$/.test(text)) return null;
  const coordinates = text.split("~").map((part) => part.split(".").map(unpacked));
  return { type: "MultiPolygon", coordinates };
}

/** @param {string} text @returns {Place[]} */
function unpacked(text) {
  const values = [];
  let [rest, size] = [0, 1];
  for (const letter of text) {
    const bits = LETTERS.indexOf(letter);
    rest += (bits % GROUP) * size;
    size *= GROUP;
    if (bits < GROUP) {
      values.push(rest % 2 ? -(rest + 1) / 2 : rest / 2);
      [rest, size] = [0, 1];
    }
  }
  /** @type {Place[]} */
  const ring = [];
  let [x, y] = [0, 0];
  for (let at = 0; at + 1 < values.length; at += 2) {
    [x, y] = [x + values[at], y + values[at + 1]];
    ring.push([x / SCALE, y / SCALE]);
  }
  return ring.length ? [...ring, ring[0]] : ring;
}

/**
 * Whether a place lies inside a polygon's first ring (even-odd, in degrees: good for what a hand draws round pins).
 * @param {Place} at
 * @param {any} polygon GeoJSON Polygon
 */
export function holds([x, y], polygon) {
  const [ring] = polygon.coordinates;
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
