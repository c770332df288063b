/**
 * The holder of the state; parts listen to the keys they care for. With two maps each has a side of its own: the keys in
 * `PANE`. The panel reads and writes the side that it steers, so that list, filters and layers need to know of none.
 * @module city/map/store
 */
import { PANE, filterQuery, parse, serialise } from "city/map/state.js";

/** @typedef {import("city/map/state.js").MapState} MapState */
/** @typedef {"a"|"b"|""} Name of a side; none: the one that the panel steers */
/** @typedef {(state: MapState, changed: Set<string>) => void} Act */
/** @typedef {{name: Name, keys: string[], act: Act}} Listener */

/**
 * @param {MapState} whole
 * @param {Name} name
 * @returns {MapState} as one side sees it
 */
function seenFrom(whole, name) {
  return (name || whole.side) === "b" && whole.second ? { ...whole, ...whole.second } : whole;
}

/**
 * @param {MapState} whole
 * @param {Partial<MapState>} patch
 * @param {Name} name the side whose keys are written
 * @returns {MapState}
 */
function written(whole, patch, name) {
  if ((name || whole.side) !== "b" || !whole.second) return { ...whole, ...patch };
  const isOwn = (/** @type {string} */ key) => PANE.includes(/** @type {any} */ (key));
  const part = (/** @type {boolean} */ own) => Object.fromEntries(Object.entries(patch).filter(([key]) => isOwn(key) === own));
  return { ...whole, second: { ...whole.second, ...part(true) }, ...part(false) };
}

/** The state of the page and its address. */
class Book {
  constructor() {
    this.whole = parse(new URLSearchParams(location.search));
    /** What "the last seven days" counts back from; the same for tiles, list and legend until filters change. */
    this.now = Date.now();
    /** @type {Map<string, string>} breaks that the second side takes from the first, by layer id */
    this.breaks = new Map();
    /** @type {Listener[]} */
    this.listeners = [];
    addEventListener("popstate", () => this.take(parse(new URLSearchParams(location.search))));
  }

  /**
   * @param {MapState} next
   * @param {boolean} push
   */
  write(next, push) {
    const query = serialise(next);
    const address = location.pathname + (query ? `?${query}` : "");
    if (address !== location.pathname + location.search) {
      if (push) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
    }
    this.take(next);
  }

  /** @param {MapState} next */
  take(next) {
    const before = this.whole;
    this.whole = next;
    if (before.when !== next.when || before.second?.when !== next.second?.when) this.now = Date.now();
    const told = new Map();
    for (const { name, keys, act } of [...this.listeners]) {
      if (!told.has(name)) told.set(name, changes(seenFrom(before, name), seenFrom(next, name)));
      const changed = told.get(name);
      if (keys.some((key) => changed.has(key))) act(seenFrom(next, name), changed);
    }
  }
}

/**
 * @param {MapState} before
 * @param {MapState} next
 * @returns {Set<string>} keys
 */
function changes(before, next) {
  const keys = /** @type {(keyof MapState)[]} */ (Object.keys(next));
  return new Set(keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(next[key])));
}

export class Side {
  /**
   * @param {Book} book
   * @param {Name} name
   */
  constructor(book, name) {
    this.book = book;
    this.name = name;
  }

  /** @returns {MapState} */
  get state() {
    return seenFrom(this.book.whole, this.name);
  }

  /**
   * @param {(keyof MapState)[]} keys
   * @param {Act} act called once for a change of any of the keys
   * @returns {() => void} to listen no more
   */
  on(keys, act) {
    const one = { name: this.name, keys, act };
    this.book.listeners.push(one);
    return () => {
      this.book.listeners = this.book.listeners.filter((other) => other !== one);
    };
  }

  /**
   * Change the state and the address. A step that a person would go back from is pushed; moving the map is not.
   * @param {Partial<MapState>} patch
   * @param {{push?: boolean}} [how]
   */
  set(patch, { push = true } = {}) {
    this.book.write(written(this.book.whole, patch, this.name), push);
  }

  /**
   * The filter arguments of a layer in the present state.
   * @param {{id: string, time_field?: string|null}} layer
   * @returns {URLSearchParams}
   */
  query(layer) {
    return filterQuery(this.state, layer, this.book.now);
  }

  /**
   * The same with the kept style that the layer is drawn in: for its legend and its file.
   * @param {{id: string, time_field?: string|null}} layer
   * @returns {URLSearchParams}
   */
  styled(layer) {
    const query = this.query(layer);
    const style = this.state.styles[layer.id];
    if (style) query.set("style", style);
    const breaks = style && this.isSecond && this.book.breaks.get(layer.id);
    if (breaks) query.set("breaks", breaks);
    return query;
  }

  get isSecond() {
    return (this.name || this.book.whole.side) === "b";
  }
}

/** What the panel steers, and both sides by name. */
export class Store extends Side {
  constructor() {
    super(new Book(), "");
    this.sides = { a: new Side(this.book, "a"), b: new Side(this.book, "b") };
  }
}
