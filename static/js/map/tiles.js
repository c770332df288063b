/**
 * Which tiles lie over a box.
 * @module city/map/tiles
 */

const MARGIN = 64 / 4096; // symbols on a seam are in both tiles

/**
 * Tiles of all zooms around the present one that a box touches: the one shown, and those kept in memory near it.
 * @param {[number, number, number, number]} bbox west, south, east, north
 * @param {number} zoom
 * @returns {{z: number, x: number, y: number}[]} at most some hundreds
 */
export function tilesOver([west, south, east, north], zoom) {
  const found = [];
  for (let z = Math.max(0, Math.floor(zoom) - 3); z <= Math.min(22, Math.floor(zoom) + 1); z += 1) {
    const size = 2 ** z;
    const column = (/** @type {number} */ lon) => ((lon + 180) / 360) * size;
    const row = (/** @type {number} */ lat) => {
      const sine = Math.sin((lat * Math.PI) / 180);
      return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * size;
    };
    const limit = (/** @type {number} */ one) => Math.min(size - 1, Math.max(0, Math.floor(one)));
    const [left, right] = [limit(column(west) - MARGIN), limit(column(east) + MARGIN)];
    const [top, bottom] = [limit(row(north) - MARGIN), limit(row(south) + MARGIN)];
    if ((right - left + 1) * (bottom - top + 1) > 400) continue;
    for (let x = left; x <= right; x += 1) for (let y = top; y <= bottom; y += 1) found.push({ z, x, y });
  }
  return found;
}
