/**
 * What drawer, list and maps tell the page, and how it leaves what was opened.
 * @module city/map/hooks
 */

/** @typedef {import("city/map/page.js").Page} Page */

/** @param {import("maplibre-gl").Map} map @returns {[number, number, number, number]} west, south, east, north of what is seen */
export const viewBox = (map) => /** @type {[number, number, number, number]} */ (map.getBounds().toArray().flat());

/** What the drawer tells the page. @param {Page} page */
export function drawerHooks(page) {
  return {
    acts: page.acts,
    moment: (/** @type {any} */ layer) => (layer.past ? page.store.state.datetime : ""),
    close: () => {
      leave(page);
    },
    zoom: (/** @type {any} */ feature) => page.camera.flyTo(feature),
    act: (/** @type {string} */ act, /** @type {[number, number]} */ at) =>
      page.store.set({ act, at, selected: null }),
    moved: (/** @type {any} */ layer, /** @type {any} */ feature) => page.acted(layer, feature),
  };
}

/** What the list tells the page. @param {Page} page */
export function listHooks(page) {
  return {
    hover: (/** @type {any} */ feature) => page.marks.hover(feature),
    select: (/** @type {any} */ feature, /** @type {any} */ layer) => {
      page.store.set({ selected: { layer: layer.id, id: String(feature.id) }, at: null, act: "" });
      page.camera.flyTo(feature, true);
    },
    selectArea: (/** @type {any} */ item) => page.store.set({ area: item.code }),
    clear: () => page.clear(),
    viewBox: () => viewBox(page.map),
  };
}

/** What each map tells the page. @param {Page} page */
export function paneHooks(page) {
  return {
    layers: page.layers,
    styles: page.styles,
    pickHooks: (/** @type {import("city/map/store.js").Side} */ view) => ({ ...pickHooks(page), only: (/** @type {string} */ area) => view.set({ area }) }),
    choose: (/** @type {import("city/map/pane.js").Pane} */ pane) => page.compare?.steer(/** @type {"a"|"b"} */ (pane.view.name)),
    failed: (/** @type {any} */ event) => page.banner.mapError(event),
    lostStyle: (/** @type {import("city/map/pane.js").Pane} */ pane, /** @type {any} */ layer) => page.lostStyle(pane, layer),
    legend: (/** @type {import("city/map/pane.js").Pane} */ pane, /** @type {any} */ layer, /** @type {any} */ legend) =>
      pane === page.panes.active && page.tree.show(layer, legend),
    restyled: (/** @type {import("city/map/pane.js").Pane} */ pane) => {
      if (pane === page.panes.active) page.editor?.try();
      if (pane === page.panes.first) page.rows({ quiet: true });
    },
  };
}

/** @param {Page} page */
function pickHooks(page) {
  return {
    busy: () => Boolean(page.store.state.act || page.store.state.edit),
    select: (/** @type {any} */ feature, /** @type {any} */ layer) =>
      page.store.set({ selected: { layer: layer.id, id: String(feature.id) }, at: null }),
    place: (/** @type {any} */ { lng, lat }) => page.store.set({ selected: null, at: [lng, lat] }),
    hover: (/** @type {string|null} */ id, /** @type {any} */ layer) =>
      page.list.light(layer && layer.id === page.list.subjectId() ? id : null),
  };
}

/** Leave what was opened last. @param {Page} page @returns {boolean} whether there was anything to leave */
export function leave(page) {
  if (page.panes.all.map((one) => one.picker?.close()).some(Boolean)) return true;
  if (page.filters.close(true) || page.forms?.escape()) return true;
  if (page.store.state.edit) {
    page.store.set({ edit: "" });
    return true;
  }
  if (!page.store.state.selected && !page.store.state.at) return page.timeBar?.close() || (page.compare?.close() ?? false);
  const { selected } = page.store.state;
  page.store.set({ selected: null, at: null });
  if (selected)
    /** @type {HTMLElement|null} */ (
      document.querySelector(`#panel-list [data-id="${CSS.escape(selected.id)}"] > .row`)
    )?.focus();
  return true;
}
