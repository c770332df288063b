/**
 * The hatch of what is not known, on every map that asks for it: an image named `hatch-rrggbb` is drawn when it is missing.
 * @module city/map/hatch
 */

const NAME = /^hatch-([0-9a-f]{6})$/;
const SIDE = 12; // px of the image, shown at half of that: fine lines on fine screens

/** @param {import("maplibre-gl").Map} map */
export function drawHatches(map) {
  map.setMissingStyleImageResolver((id) => {
    const colour = NAME.exec(id)?.[1];
    if (colour && !map.hasImage(id)) map.addImage(id, hatch(colour), { pixelRatio: 2 });
  });
}

/** @param {string} colour rrggbb @returns {{width: number, height: number, data: Uint8ClampedArray}} lines that rise to the right */
function hatch(colour) {
  const [red, green, blue] = [0, 2, 4].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const data = new Uint8ClampedArray(SIDE * SIDE * 4);
  for (let y = 0; y < SIDE; y += 1)
    for (let x = 0; x < SIDE; x += 1) data.set([red, green, blue, (x + y) % SIDE < 3 ? 255 : 0], 4 * (y * SIDE + x));
  return { width: SIDE, height: SIDE, data };
}
