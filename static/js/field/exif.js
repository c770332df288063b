/**
 * The place that a camera wrote into a JPEG (EXIF GPS), read on the phone so that it can be offered without a network.
 * @module city/field/exif
 */

/** @param {ArrayBuffer} data @returns {[number, number]|null} longitude, latitude; null where there is none */
export function placeOf(data) {
  try {
    const view = new DataView(data);
    const start = exifStart(view);
    return start === null ? null : gps(view, start);
  } catch {
    return null; // cut off or broken: no place
  }
}

/** @param {DataView} view @returns {number|null} where the TIFF head stands */
function exifStart(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 < view.byteLength; ) {
    const marker = view.getUint16(at);
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return at + 10;
    if ((marker & 0xff00) !== 0xff00 || marker === 0xffda) return null;
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** @param {DataView} view @param {number} start @returns {[number, number]|null} */
function gps(view, start) {
  const little = view.getUint16(start) === 0x4949;
  const first = tags(view, start, start + view.getUint32(start + 4, little), little);
  const pointer = first.get(0x8825);
  if (pointer === undefined) return null;
  const found = tags(view, start, start + view.getUint32(pointer + 8, little), little);
  const lat = degrees(view, start, found.get(2), found.get(1), little);
  const lon = degrees(view, start, found.get(4), found.get(3), little);
  if (lat === null || lon === null || Math.abs(lat) > 90 || Math.abs(lon) > 180 || (lat === 0 && lon === 0)) return null;
  return [lon, lat];
}

/** @param {DataView} view @param {number} start @param {number} at @param {boolean} little @returns {Map<number, number>} */
function tags(view, start, at, little) {
  const found = new Map();
  const count = view.getUint16(at, little);
  for (let index = 0; index < count; index += 1) {
    const entry = at + 2 + index * 12;
    found.set(view.getUint16(entry, little), entry);
  }
  return found;
}

/** @param {DataView} view @param {number} start @param {number|undefined} entry @param {number|undefined} side @param {boolean} little */
function degrees(view, start, entry, side, little) {
  if (entry === undefined || side === undefined) return null;
  const at = start + view.getUint32(entry + 8, little);
  const part = (/** @type {number} */ index) => {
    const below = view.getUint32(at + index * 8 + 4, little);
    return below ? view.getUint32(at + index * 8, little) / below : Number.NaN;
  };
  const value = part(0) + part(1) / 60 + part(2) / 3600;
  if (!Number.isFinite(value)) return null;
  return "SW".includes(String.fromCharCode(view.getUint8(side + 8))) ? -value : value;
}
