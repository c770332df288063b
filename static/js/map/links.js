/**
 * Links to the map from anywhere on this page (search results, a menu) change its state instead of loading it anew.
 * @module city/map/links
 */
import { parse } from "city/map/state.js";

const CLOSE_ZOOM = 17;

/** @param {import("city/map/store.js").Side} store */
export function catchLinks(store) {
  document.addEventListener("city:go", (event) => {
    const address = new URL(/** @type {CustomEvent} */ (event).detail, location.origin);
    if (address.pathname !== "/map") return;
    event.preventDefault();
    /** @type {HTMLElement|null} */ (document.activeElement)?.blur(); // the search box closes its list
    store.set(patchOf(address.searchParams));
  });
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("a[href]");
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || !link)
      return;
    const address = new URL(/** @type {HTMLAnchorElement} */ (link).href);
    if (address.origin !== location.origin || address.pathname !== "/map" || link.closest(".rail")) return;
    event.preventDefault();
    link.closest("details[open]")?.removeAttribute("open");
    store.set(patchOf(address.searchParams));
  });
}

/**
 * Only what the link names changes; a link to a thing or place leaves an open form.
 * @param {URLSearchParams} query
 * @returns {Partial<import("city/map/state.js").MapState>}
 */
export function patchOf(query) {
  const whole = parse(query);
  const named = /** @type {Record<string, string>} */ ({
    c: "center",
    z: "zoom",
    b: "bearing",
    sel: "selected",
    lon: "at",
    bbox: "box",
  });
  /** @type {Record<string, any>} */
  const patch = {};
  for (const key of query.keys()) {
    const name = key.startsWith("f.") ? "filters" : key.startsWith("o.") ? "opacity" : key.startsWith("st.") ? "styles" : (named[key] ?? key);
    if (name in whole) patch[name] = /** @type {any} */ (whole)[name];
  }
  if (patch.selected) Object.assign(patch, { at: null, act: "" });
  if (patch.at && !patch.act) Object.assign(patch, { selected: null });
  if (patch.at && !patch.box && !patch.center) Object.assign(patch, { center: patch.at, zoom: CLOSE_ZOOM });
  return patch;
}
