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
 *   datetime=                the past moment that is shown;  past=7d  the stretch of time that the time bar plays
 *   area=310106  q=          code prefix of an area; words looked for in the rows
 *   view=1                   the list keeps to what the map shows
 *   sel=cases:17             the selected row;  at=lon,lat (or lon= lat=)  a marked place
 *   bbox=w,s,e,n             where to go once, when a link comes from elsewhere
 *   tab=layers|charts        what the panel shows; absent: the list;  by=field:kind  what the chart counts by
 *   cell=310106001001        a unit cell chosen in a chart, outlined on the map
 *   act=new-case             what is being made
 *   cmp=swipe|beside         two maps: one under a divider, or side by side;  cut=50  where the divider stands, per cent
 *   b.on= b.f.<field>= …     what the second map shows, in the same words;  side=b  the panel steers the second map
 *   same=0                   each map has classes of its own, though both show the same numbers
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
 * @property {string} datetime ISO moment; "": as it is now
 * @property {""|"24h"|"7d"|"30d"|"12m"} past
 * @property {string} area
 * @property {string} q
 * @property {boolean} view
 * @property {Selection|null} selected
 * @property {[number, number]|null} at
 * @property {[number, number, number, number]|null} box west, south, east, north; never kept in the address
 * @property {"list"|"layers"|"charts"} tab
 * @property {string} by what the chart counts by: field:<name>, day, area:<level>, cell
 * @property {string} cell code of a unit cell
 * @property {string} act
 * @property {""|"swipe"|"beside"} compare
 * @property {"a"|"b"} side the map that the panel steers
 * @property {number} cut per cent of the map's width
 * @property {boolean} same whether the second map takes the classes of the first
 * @property {Record<string, any>|null} second what the second map shows: the keys in `PANE`
 */

/** What each of two maps has of its own. */
export const PANE = /** @type {const} */ (["on", "off", "opacity", "styles", "layer", "filters", "when", "from", "to", "datetime", "area", "q"]);
const SECOND = "b.";

const FIRST = "cases"; // whose filters are meant while no layer is named

/** Hours that the time bar goes back. */
export const PAST = { "24h": 24, "7d": 168, "30d": 720, "12m": 8760 };
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
    datetime: "",
    past: "",
    area: "",
    q: "",
    view: false,
    selected: null,
    at: null,
    box: null,
    tab: "list",
    by: "",
    cell: "",
    act: "",
    compare: "",
    side: "a",
    cut: 50,
    same: true,
    second: null,
  };
}

/** @param {MapState} state @returns {Record<string, any>} what one map shows */
export const paneOf = (state) => Object.fromEntries(PANE.map((key) => [key, state[key]]));

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
  for (const name of /** @type {const} */ (["layer", "from", "to", "area", "q", "act", "edit", "by", "cell"]))
    state[name] = query.get(name) ?? "";
  const when = query.get("when") ?? "";
  state.when = when in HOURS ? /** @type {Preset} */ (when) : "";
  const moment = Date.parse(query.get("datetime") ?? "");
  if (moment < Date.now()) state.datetime = new Date(moment).toISOString();
  const past = query.get("past") ?? "";
  state.past = past in PAST ? /** @type {MapState["past"]} */ (past) : state.datetime && "7d";
  state.view = query.get("view") === "1";
  const tab = query.get("tab");
  state.tab = tab === "layers" || tab === "charts" ? tab : "list";
  const [layer, id] = (query.get("sel") ?? "").split(":");
  if (layer && id) state.selected = { layer, id };
  for (const [key, value] of query) readLayerKey(state, key, value);
  readCompared(state, query);
  return state;
}

/**
 * @param {MapState} state
 * @param {URLSearchParams} query
 */
function readCompared(state, query) {
  const compare = query.get("cmp");
  if (compare !== "swipe" && compare !== "beside") return;
  const cut = Number.parseFloat(query.get("cut") ?? "");
  const own = [...query].filter(([key]) => key.startsWith(SECOND)).map(([key, value]) => [key.slice(SECOND.length), value]);
  Object.assign(state, {
    compare,
    side: query.get("side") === "b" ? "b" : "a",
    cut: cut >= 0 && cut <= 100 ? cut : 50,
    same: query.get("same") !== "0",
    second: paneOf(parse(new URLSearchParams(own))),
  });
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
  for (const name of /** @type {const} */ (["when", "from", "to", "datetime", "past", "area", "q"])) put(name, state[name]);
  put("view", state.view && "1");
  put("sel", state.selected && `${state.selected.layer}:${state.selected.id}`);
  put("at", state.at && state.at.map((one) => one.toFixed(6)).join(","));
  put("tab", state.tab !== "list" && state.tab);
  put("by", state.by);
  put("cell", state.cell);
  put("act", state.act);
  put("edit", state.edit);
  if (state.compare) putCompared(out, state);
  return out.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/**
 * @param {URLSearchParams} out
 * @param {MapState} state
 */
function putCompared(out, state) {
  out.set("cmp", state.compare);
  if (state.side === "b") out.set("side", "b");
  if (state.compare === "swipe" && Math.round(state.cut) !== 50) out.set("cut", String(Math.round(state.cut)));
  if (!state.same) out.set("same", "0");
  for (const [key, value] of new URLSearchParams(serialise({ ...blank(), ...state.second }))) out.set(SECOND + key, value);
}

/**
 * The filter arguments that tiles, list, legend, counts and export of one layer all take: one rule for all of them.
 * A relative range counts from the full minute, so that the addresses of tiles stay the same for a while.
 * A layer that keeps its past is asked for as it stood at the shown moment, from which relative ranges count then.
 * @param {MapState} state
 * @param {{id: string, time_field?: string|null, past?: boolean}} layer
 * @param {number} [now] milliseconds
 * @returns {URLSearchParams}
 */
export function filterQuery(state, layer, now = Date.now()) {
  const out = new URLSearchParams();
  for (const [field, values] of Object.entries(state.filters[layer.id] ?? {})) {
    if (values.length) out.set(`f.${field}`, values.join(","));
  }
  if (layer.time_field) {
    const minute = Math.floor((Date.parse(state.datetime) || now) / 60000) * 60000;
    const from = state.when ? new Date(minute - HOURS[state.when] * 3600000).toISOString() : state.from;
    if (from) out.set("from", from);
    if (!state.when && state.to) out.set("to", state.to);
  }
  if (state.datetime && layer.past) out.set("datetime", state.datetime);
  if (state.area) out.set("area", state.area);
  if (state.q && layer.id === (state.layer || FIRST)) out.set("q", state.q);
  return out;
}
