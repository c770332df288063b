/**
 * What the map shows, kept in the address: every state is a link, and back and forward restore it.
 *
 *   c=lon,lat z= b=          centre, zoom, bearing
 *   on=cases,areas           layers switched on; absent: as each layer says of itself.  off=roads  base layers hidden
 *   o.<layer>=0.5            opacity
 *   st.<layer>=12            the kept style that it is drawn in;  edit=cases  the layer whose style is being made
 *   layer=cases              the layer whose rows the list shows
 *   f.<field>=a,b            its filters; f.<layer>.<field>= those of another layer
 *   when=7d | from= to=      time range, relative or as ISO moments
 *   area=310106  q=          code prefix of an area; words looked for in the rows
 *   view=1                   the list keeps to what the map shows
 *   sel=cases:17             the selected row;  at=lon,lat (or lon= lat=)  a marked place
 *   bbox=w,s,e,n             where to go once, when a link comes from elsewhere
 *   tab=layers               what the panel shows; absent: the list
 *   act=new-case             what is being made
 * @module city/map/state
 */

/** @typedef {{layer: string, id: string}} Selection */
/** @typedef {"24h"|"7d"|"30d"|"90d"|""} Preset */

/**
 * @typedef {object} MapState
 * @property {[number, number]|null} center longitude, latitude
 * @property {number|null} zoom
 * @property {number} bearing
 * @property {string[]|null} on layers over the base map
 * @property {string[]} off layers of the base map
 * @property {Record<string, number>} opacity
 * @property {Record<string, string>} styles ids of kept styles by layer
 * @property {string} edit
 * @property {string} layer
 * @property {Record<string, Record<string, string[]>>} filters by layer, then field
 * @property {Preset} when
 * @property {string} from
 * @property {string} to
 * @property {string} area
 * @property {string} q
 * @property {boolean} view
 * @property {Selection|null} selected
 * @property {[number, number]|null} at
 * @property {[number, number, number, number]|null} box west, south, east, north; never kept in the address
 * @property {"list"|"layers"} tab
 * @property {string} act
 */

const FIRST = "cases"; // whose filters are meant while no layer is named

export const HOURS = { "24h": 24, "7d": 168, "30d": 720, "90d": 2160 };

/** @returns {MapState} */
export function blank() {
  return {
    center: null,
    zoom: null,
    bearing: 0,
    on: null,
    off: [],
    opacity: {},
    styles: {},
    edit: "",
    layer: "",
    filters: {},
    when: "",
    from: "",
    to: "",
    area: "",
    q: "",
    view: false,
    selected: null,
    at: null,
    box: null,
    tab: "list",
    act: "",
  };
}

/** @param {string|null} text @returns {[number, number]|null} a place on earth, or nothing */
function place(text) {
  const [lon, lat] = (text ?? "").split(",").map(Number);
  return text && Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? [lon, lat] : null;
}

/** @param {string|null} text @returns {[number, number, number, number]|null} */
function box(text) {
  const [west, south, east, north] = (text ?? "").split(",").map(Number);
  return text && west <= east && south <= north && Math.abs(west) <= 180 && Math.abs(north) <= 90
    ? [west, south, east, north]
    : null;
}

/** @param {string} text */
const split = (text) => text.split(",").filter(Boolean);

/**
 * @param {URLSearchParams} query
 * @returns {MapState} whatever makes no sense in the address is left out
 */
export function parse(query) {
  const state = blank();
  state.center = place(query.get("c"));
  state.at = place(query.get("at") ?? (query.has("lon") ? `${query.get("lon")},${query.get("lat")}` : null));
  state.box = box(query.get("bbox"));
  const zoom = Number.parseFloat(query.get("z") ?? "");
  state.zoom = zoom >= 0 && zoom <= 24 ? zoom : null;
  state.bearing = Number.parseFloat(query.get("b") ?? "0") || 0;
  if (query.has("on")) state.on = split(query.get("on") ?? "");
  state.off = split(query.get("off") ?? "");
  for (const name of /** @type {const} */ (["layer", "from", "to", "area", "q", "act", "edit"]))
    state[name] = query.get(name) ?? "";
  const when = query.get("when") ?? "";
  state.when = when in HOURS ? /** @type {Preset} */ (when) : "";
  state.view = query.get("view") === "1";
  state.tab = query.get("tab") === "layers" ? "layers" : "list";
  const [layer, id] = (query.get("sel") ?? "").split(":");
  if (layer && id) state.selected = { layer, id };
  for (const [key, value] of query) readLayerKey(state, key, value);
  return state;
}

/**
 * @param {MapState} state
 * @param {string} key
 * @param {string} value
 */
function readLayerKey(state, key, value) {
  const [kind, first, second] = key.split(".");
  if (kind === "st" && first && /^\d+$/.test(value)) state.styles[first] = value;
  if (kind === "o" && first) {
    const share = Number.parseFloat(value);
    if (share >= 0 && share <= 1) state.opacity[first] = share;
  }
  if (kind !== "f" || !first || !value) return;
  const [layer, field] = second ? [first, second] : [state.layer || FIRST, first];
  (state.filters[layer] ??= {})[field] = split(value);
}

/**
 * The address of a state: keys in a fixed order, nothing that is as it would be anyway.
 * @param {MapState} state
 * @returns {string} a query without "?"
 */
export function serialise(state) {
  const out = new URLSearchParams();
  const put = (/** @type {string} */ key, /** @type {string|false|null} */ value) => value && out.set(key, value);
  put("c", state.center && state.center.map((one) => one.toFixed(5)).join(","));
  put("z", state.zoom !== null && String(Math.round(state.zoom * 100) / 100));
  put("b", Math.round(state.bearing) !== 0 && String(Math.round(state.bearing)));
  if (state.on) out.set("on", state.on.join(","));
  put("off", state.off.join(","));
  for (const [layer, share] of Object.entries(state.opacity)) put(`o.${layer}`, share < 1 && String(share));
  for (const [layer, style] of Object.entries(state.styles)) put(`st.${layer}`, style);
  put("layer", state.layer);
  for (const [layer, fields] of Object.entries(state.filters)) {
    for (const [field, values] of Object.entries(fields)) {
      put(layer === (state.layer || FIRST) ? `f.${field}` : `f.${layer}.${field}`, values.join(","));
    }
  }
  for (const name of /** @type {const} */ (["when", "from", "to", "area", "q"])) put(name, state[name]);
  put("view", state.view && "1");
  put("sel", state.selected && `${state.selected.layer}:${state.selected.id}`);
  put("at", state.at && state.at.map((one) => one.toFixed(6)).join(","));
  put("tab", state.tab === "layers" && "layers");
  put("act", state.act);
  put("edit", state.edit);
  return out.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/**
 * The filter arguments that tiles, list, legend, counts and export of one layer all take: one rule for all of them.
 * A relative range counts from the full minute, so that the addresses of tiles stay the same for a while.
 * @param {MapState} state
 * @param {{id: string, time_field?: string|null}} layer
 * @param {number} [now] milliseconds
 * @returns {URLSearchParams}
 */
export function filterQuery(state, layer, now = Date.now()) {
  const out = new URLSearchParams();
  for (const [field, values] of Object.entries(state.filters[layer.id] ?? {})) {
    if (values.length) out.set(`f.${field}`, values.join(","));
  }
  if (layer.time_field) {
    const minute = Math.floor(now / 60000) * 60000;
    const from = state.when ? new Date(minute - HOURS[state.when] * 3600000).toISOString() : state.from;
    if (from) out.set("from", from);
    if (!state.when && state.to) out.set("to", state.to);
  }
  if (state.area) out.set("area", state.area);
  if (state.q && layer.id === (state.layer || FIRST)) out.set("q", state.q);
  return out;
}

/** The one holder of the state; parts listen to the keys they care for. */
export class Store {
  constructor() {
    this.state = parse(new URLSearchParams(location.search));
    /** What "the last seven days" counts back from; the same for tiles, list and legend until filters change. */
    this.now = Date.now();
    /** @type {{keys: string[], act: (state: MapState, changed: Set<string>) => void}[]} */
    this.listeners = [];
    addEventListener("popstate", () => this.#take(parse(new URLSearchParams(location.search))));
  }

  /**
   * @param {(keyof MapState)[]} keys
   * @param {(state: MapState, changed: Set<string>) => void} act called once for a change of any of the keys
   */
  on(keys, act) {
    this.listeners.push({ keys, act });
  }

  /**
   * Change the state and the address. A step that a person would go back from is pushed; moving the map is not.
   * @param {Partial<MapState>} patch
   * @param {{push?: boolean}} [how]
   */
  set(patch, { push = true } = {}) {
    const next = { ...this.state, ...patch };
    const query = serialise(next);
    const address = location.pathname + (query ? `?${query}` : "");
    if (address !== location.pathname + location.search) {
      if (push) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
    }
    this.#take(next);
  }

  /**
   * The filter arguments of a layer in the present state.
   * @param {{id: string, time_field?: string|null}} layer
   * @returns {URLSearchParams}
   */
  query(layer) {
    return filterQuery(this.state, layer, this.now);
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
    return query;
  }

  /** @param {MapState} next */
  #take(next) {
    const before = this.state;
    this.state = next;
    if (before.when !== next.when) this.now = Date.now();
    const keys = /** @type {(keyof MapState)[]} */ (Object.keys(next));
    /** @type {Set<string>} */
    const changed = new Set(keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(next[key])));
    if (changed.size === 0) return;
    for (const { keys: wanted, act } of this.listeners) if (wanted.some((key) => changed.has(key))) act(next, changed);
  }
}
