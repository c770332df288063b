/**
 * The map page put together: state, map, layers, list, tree, filters, drawer, forms, live changes.
 * @module city/map/page
 */
import { getJSON } from "http";
import { t } from "words";
import { baseStyle } from "city/map/basemap.js";
import { Banner } from "city/map/banner.js";
import { CLOSE_ZOOM, Camera } from "city/map/camera.js";
import { Compare } from "city/map/compare.js";
import { addControls } from "city/map/controls.js";
import { Drawer } from "city/map/drawer.js";
import { Filters } from "city/map/filters.js";
import { Forms } from "city/map/forms.js";
import { drawerHooks, leave, listHooks, paneHooks, viewBox } from "city/map/hooks.js";
import { listenKeys } from "city/map/keys.js";
import { Layers } from "city/map/layers.js";
import { RowList } from "city/map/list.js";
import { catchLinks } from "city/map/links.js";
import { Panes } from "city/map/panes.js";
import { bounds } from "city/map/rows.js";
import { Sheet } from "city/map/sheet.js";
import { Store } from "city/map/store.js";
import { StyleEditor } from "city/map/style_editor.js";
import { Styles } from "city/map/styles.js";
import { Tabs } from "city/map/tabs.js";
import { TimeBar } from "city/map/time_bar.js";
import { Tree } from "city/map/tree.js";
import { Watch } from "city/map/watch.js";
import { addShare } from "city/printing/share.js";

/** @param {string} selector @returns {HTMLElement} */
const part = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

/** @param {HTMLElement} stage */
export async function mount(stage) {
  const banner = new Banner(part("[data-part=banner]"));
  try {
    const [city, layers, style] = await Promise.all([getJSON("/api/v1/city"), Layers.load(), baseStyle()]);
    const styles = await Styles.read(JSON.parse(stage.dataset.levels ?? "[]"));
    await new Page(stage, banner, city, layers, style, styles).start();
  } catch (error) {
    banner.failed(/** @type {Error} */ (error), () => location.reload());
    console.warn("map:", error);
  }
}

export class Page {
  /**
   * @param {HTMLElement} stage
   * @param {Banner} banner
   * @param {any} city facts of `/api/v1/city`
   * @param {Layers} layers
   * @param {any} style
   * @param {Styles} styles
   */
  constructor(stage, banner, city, layers, style, styles) {
    this.stage = stage;
    this.banner = banner;
    this.layers = layers;
    this.styles = styles;
    this.store = new Store();
    this.acts = (stage.dataset.acts ?? "").split(",").filter(Boolean);
    const { center, zoom, bearing } = this.store.state;
    const begin = { style, center: center ?? city.center, zoom: zoom ?? 12, bearing };
    this.panes = new Panes(part("[data-part=panes]"), this.store, paneHooks(this), begin);
    /** The first map; a second one looks where it does. */
    this.map = this.panes.first.map;
    /** @type {any} */ (stage).map = this.map; // tests and the console wait for its `idle`
    this.marks = this.panes.marks;
    this.panelSheet = new Sheet(part("#map-panel"), "peek");
    this.drawerSheet = new Sheet(part("#map-drawer"), "half");
    this.camera = new Camera(this.map, part("#map-panel"), part("#map-drawer"));
    if (!center) this.camera.fit(this.store.state.box ?? city.bbox, { animate: false, padding: 24 });
    this.drawer = new Drawer(part("#map-drawer"), part("[data-part=drawer]"), drawerHooks(this));
    this.list = new RowList(part("#panel-list"), this.store, layers, listHooks(this));
    this.tree = new Tree(
      part("[data-part=tree]"),
      this.store,
      layers,
      () => this.panes.active.legends,
      styles,
    );
    this.tabs = new Tabs(part("#map-panel"), this.store);
    this.filters = new Filters(part("[data-part=chips]"), this.store, layers, () => this.clear());
  }

  async start() {
    const { map, store } = this;
    this.#listenRows();
    this.list.load();
    this.panes.moved = () => this.#moved();
    this.forms = new Forms({
      map,
      drawer: this.drawer,
      store,
      marks: /** @type {any} */ (this.marks),
      stage: this.stage,
      acts: this.acts,
      done: (layer, id) => this.#made(layer, id),
    });
    this.watch = new Watch({ ...this, rows: () => this.rows({ quiet: true }), changed: (layer, id) => this.#changed(layer, id) });
    addControls(part("[data-part=buttons]"), map, {
      say: (words) => this.banner.say(words),
      pick: () => this.#pickCentre(),
      help: () => this.#help(),
    });
    addShare(part("[data-part=buttons]"), this);
    this.compare = new Compare({ buttons: part("[data-part=buttons]"), sides: part("[data-part=sides]"), stage: this.stage }, store, this.panes);
    this.timeBar = new TimeBar({ buttons: part("[data-part=buttons]"), stage: this.stage }, store, this.layers, () => this.panes.all.map((one) => one.map));
    this.#listen();
    catchLinks(store);
    await this.panes.start();
    this.#selected(true);
    this.forms.sync();
    this.#edit();
    await this.#chart();
    this.stage.dataset.state = "ready";
  }

  /** List and chips work while the map is still being drawn. */
  #listenRows() {
    this.store.on(["filters", "when", "from", "to", "datetime", "area", "q", "layer", "view"], () => {
      this.filters.sync();
      this.rows();
      this.watch?.follow();
    });
    part("#map-panel").addEventListener("city:menu", () => this.panelSheet.to("full"));
  }

  #listen() {
    const { store } = this;
    store.on(["on", "off", "styles"], () => {
      this.tree.sync();
      this.watch?.follow();
    });
    store.on(["compare", "side"], () => this.#compared());
    store.on(["edit"], () => this.#edit());
    store.on(["tab"], () => this.#chart());
    store.on(["styles"], () => this.charts?.load());
    store.on(["filters", "when", "from", "to", "datetime", "area", "q", "layer"], () => this.editor?.try());
    store.on(["box"], (state) => {
      if (!state.box) return;
      this.camera.fit(state.box);
      store.set({ box: null }, { push: false });
    });
    store.on(["area"], (state) => this.#flyToArea(state.area));
    store.on(["act"], () => this.forms?.sync());
    store.on(["selected", "at", "act"], () => this.#selected(false));
    store.on(["datetime"], (state) => state.selected && this.#selected(false));
    store.on(["center", "zoom", "bearing"], (state) => this.camera.restore(state));
    listenKeys({
      search: () => part("#search-box").focus(),
      create: () => this.#create(),
      step: (by) => {
        store.set({ tab: "list" });
        this.list.step(by);
      },
      escape: () => leave(this),
      help: () => this.#help(),
      tab: () => this.tabs.next(),
    });
  }

  clear() {
    const layer = this.layers.subject(this.store.state);
    this.store.set({
      filters: { ...this.store.state.filters, [layer?.id ?? ""]: {} },
      when: "",
      from: "",
      to: "",
      area: "",
      q: "",
      view: false,
    });
  }

  /** One map or two, and which of them the panel steers. */
  async #compared() {
    await this.panes.sync();
    this.tree.sync();
    this.watch?.follow();
  }

  /** @param {boolean} first whether the page opens with it: then the map goes there */
  async #selected(first) {
    const { selected, at, act, edit, center, zoom } = this.store.state;
    this.list.mark(selected);
    this.marks.place(act ? null : at);
    this.marks.select(null);
    if (first && at && !center) this.map.jumpTo({ center: at, zoom: zoom ?? CLOSE_ZOOM });
    if (edit && (selected || act)) return this.store.set({ edit: "" }, { push: false });
    if (act || edit) return undefined;
    const layer = selected && this.layers.get(selected.layer);
    if (layer) {
      const feature = await this.drawer.row(layer, selected.id);
      if (!feature) return undefined;
      this.marks.select(feature);
      if (first && !center) this.camera.flyTo(feature);
      else this.camera.reveal(feature);
    } else if (at) this.drawer.place(at);
    else this.drawer.hide();
    return undefined;
  }

  /** Open or close the style editor as the state says. */
  #edit() {
    const { edit, act } = this.store.state;
    if (this.editor?.layer.id === edit) return;
    const was = this.editor;
    this.editor = null;
    was?.close();
    const layer = this.layers.get(edit);
    if (layer && layer.theme !== "base" && !act) {
      const { thematic, legends, view } = this.panes.active;
      this.editor = new StyleEditor({ drawer: this.drawer, styles: this.styles, store: view, thematic, legends }, layer);
      this.editor.open().catch((error) => this.banner.say(error.message));
    } else if (was) {
      this.tree.redraw();
      this.#selected(false);
    }
  }

  /**
   * @param {import("city/map/pane.js").Pane} pane
   * @param {import("city/map/layers.js").LayerInfo} layer
   */
  lostStyle({ view }, layer) {
    const { [layer.id]: _gone, ...rest } = view.state.styles;
    view.set({ styles: rest }, { push: false });
    this.banner.say(t("The style of {layer} is not there, or not for you to see. This is the usual one.", { layer: layer.title }));
  }

  /**
   * A record was moved on in the drawer: its facts, its mark, the list and the counts say so at once.
   * @param {import("city/map/layers.js").LayerInfo} layer
   * @param {any} feature
   */
  async acted(layer, feature) {
    this.#touched(layer, bounds(feature.geometry));
    await this.drawer.row(layer, String(feature.id));
  }

  #moved() {
    const { lng, lat } = this.map.getCenter();
    this.store.set({ center: [lng, lat], zoom: this.map.getZoom(), bearing: this.map.getBearing() }, { push: false });
    if (this.store.state.view) this.rows({ quiet: true });
  }

  /** @param {string} code */
  async #flyToArea(code) {
    if (!code) return;
    const area = (await this.filters.areas.load()).find((one) => one.code === code);
    if (area?.bbox) this.camera.fit(/** @type {any} */ (area.bbox), { padding: 40 });
  }

  #create() {
    if (this.acts[0]) this.store.set({ act: this.acts[0], selected: null });
  }

  #pickCentre() {
    if (this.store.state.act) this.forms?.click(this.map.getCenter());
    else this.panes.active.picker?.at(this.map.project(this.map.getCenter()));
  }

  #help() {
    /** @type {HTMLDialogElement} */ (part("#map-help")).showModal();
  }

  /**
   * A record has been made here: show it, selected, with the list of its layer.
   * @param {string} layerId
   * @param {number|null} id
   */
  #made(layerId, id) {
    const layer = this.layers.get(layerId);
    const selected = id !== null && layer && !layer.floor ? { layer: layerId, id: String(id) } : null;
    this.store.set({
      act: "",
      at: null,
      selected,
      layer: layer ? layerId : this.store.state.layer,
      ...(layer ? this.layers.switched(this.store.state, layer, true) : {}),
    });
    if (layer) this.#touched(layer, null);
  }

  /**
   * This page wrote a row: maps, legends and list say so at once.
   * @param {import("city/map/layers.js").LayerInfo} layer
   * @param {[number, number, number, number]|null} box null: anywhere
   */
  #touched(layer, box) {
    for (const { thematic, legends } of this.panes.all) {
      thematic.touched(layer.id, box);
      legends.count(layer);
    }
    this.rows({ quiet: true });
  }

  /** Read the rows again: for the list, and for the chart where one is open. @param {{quiet?: boolean}} [how] */
  rows(how) {
    this.charts?.load();
    return this.list.load(how);
  }

  /** The first chart loads what draws charts. */
  async #chart() {
    if (this.store.state.tab !== "charts" || this.charting) return;
    this.charting = true;
    const { Charts } = await import("city/charts/panel.js");
    this.charts = new Charts(part("#panel-charts"), {
      store: this.store,
      layers: this.layers,
      styles: this.styles,
      areas: () => this.filters.areas.load(),
      viewBox: () => viewBox(this.map),
      showCell: (cell) => {
        this.marks.cell(cell);
        if (cell) this.camera.reveal(cell);
      },
    });
  }

  /**
   * @param {import("city/map/layers.js").LayerInfo} layer
   * @param {number} id
   */
  #changed(layer, id) {
    const { selected, act } = this.store.state;
    if (!act && selected?.layer === layer.id && selected.id === String(id)) this.drawer.changed(layer, selected.id);
  }
}
