/**
 * The same classes on both maps: where both show the same number of the same layer, the second takes the breaks of the
 * first, so that a colour means the same on either and months can be compared.
 * @module city/map/same_classes
 */

/** @typedef {import("city/map/legend.js").Legend} Legend */

export class SameClasses {
  /**
   * @param {import("city/map/store.js").Store} store
   * @param {() => import("city/map/pane.js").Pane[]} panes
   */
  constructor(store, panes) {
    this.store = store;
    this.panes = panes;
    /** Told when it can be chosen, or no longer. */
    this.changed = (/** @type {boolean} */ _isOffered) => {};
  }

  /** Hand the breaks over, or take them back, as the state says; nothing happens where nothing has changed. */
  sync() {
    const [first, second] = this.panes();
    const wanted = new Map();
    for (const layer of second ? second.legends.over() : []) {
      const breaks = sharedBreaks(first.legends.known.get(layer.id), second.legends.known.get(layer.id));
      if (breaks && first.legends.over().includes(layer) && second.view.state.styles[layer.id]) wanted.set(layer.id, breaks);
    }
    this.changed(wanted.size > 0);
    const { breaks } = this.store.book;
    const now = this.store.state.same ? wanted : new Map();
    const touched = [...new Set([...breaks.keys(), ...now.keys()])].filter((id) => breaks.get(id) !== now.get(id));
    this.store.book.breaks = now;
    for (const id of touched) {
      const layer = second?.desk.layers.get(id);
      if (layer) second.reclass(layer);
    }
  }
}

/**
 * @param {Legend|undefined} one
 * @param {Legend|undefined} other
 * @returns {string} breaks of a number, or of two with ";" between; empty unless both legends are of the same numbers
 */
function sharedBreaks(one, other) {
  if (!one?.breaks?.length || !other?.breaks?.length || one.heading !== other.heading || String(one.square) !== String(other.square)) return "";
  return [one.breaks, one.second_breaks ?? []].filter((part) => part.length).map((part) => part.join(",")).join(";");
}
