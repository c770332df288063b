/**
 * Maps that look at the same place, whichever is moved. Moves that were copied carry `synced`: they aren't copied back.
 * @module city/map/together
 */
/** @typedef {import("maplibre-gl").Map} Map */

/** @param {Map[]} maps */
export function together(...maps) {
  for (const from of maps) for (const to of maps) if (from !== to) follow(from, to);
}

/** Look where another map looks. @param {Map} map @param {Map} at */
export function lookAt(map, at) {
  map.jumpTo({ center: at.getCenter(), zoom: at.getZoom(), bearing: at.getBearing(), pitch: at.getPitch(), padding: at.getPadding() }, { synced: true });
}

/** @param {Map} from @param {Map} to */
function follow(from, to) {
  const copy = (/** @type {any} */ event) => !event.synced && lookAt(to, from);
  from.on("move", copy);
  to.on("remove", () => from.off("move", copy));
}
