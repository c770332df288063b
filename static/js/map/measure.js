/**
 * Lengths and areas shown while one draws. On a sphere of the WGS 84 mean radius: within 0.6 % of the ellipsoid,
 * so they are shown with "about"; what is stored and reported is measured on the server.
 * @module city/map/measure
 */

const RADIUS_M = 6371008.8;
const rad = (/** @type {number} */ degrees) => (degrees * Math.PI) / 180;

/**
 * @param {[number, number][]} line longitude, latitude
 * @returns {number} metres
 */
export function length(line) {
  let sum = 0;
  for (let at = 1; at < line.length; at += 1) {
    const [[lon1, lat1], [lon2, lat2]] = [line[at - 1], line[at]];
    const half =
      Math.sin(rad(lat2 - lat1) / 2) ** 2 +
      Math.cos(rad(lat1)) * Math.cos(rad(lat2)) * Math.sin(rad(lon2 - lon1) / 2) ** 2;
    sum += 2 * RADIUS_M * Math.asin(Math.sqrt(half));
  }
  return sum;
}

/**
 * @param {[number, number][]} ring longitude, latitude; closed or not
 * @returns {number} square metres
 */
export function area(ring) {
  let sum = 0;
  ring.forEach(([lon1, lat1], at) => {
    const [lon2, lat2] = ring[(at + 1) % ring.length];
    sum += rad(lon2 - lon1) * (2 + Math.sin(rad(lat1)) + Math.sin(rad(lat2)));
  });
  return Math.abs((sum * RADIUS_M * RADIUS_M) / 2);
}
