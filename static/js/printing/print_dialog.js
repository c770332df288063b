/**
 * The print dialog beside the map: paper, scale, title, language; the sheet's frame on the map; progress and the file.
 * @module city/printing/print_dialog
 */
import { getJSON, newKey, postJSON } from "http";
import { t, tn } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { LANG } from "city/map/format.js";
import { progress } from "city/printing/progress.js";

const FRAME = "own-print-frame"; // "own-": a change of theme leaves it on the map
const SETTLE_MS = 150;

/** @param {string} id @param {string} words @param {HTMLElement} input */
const field = (id, words, input) => h("div", { class: "field" }, h("label", { for: id }, words), input);

/** @param {string} id @param {[string, string][]} options @param {string} chosen */
function select(id, options, chosen) {
  return /** @type {HTMLSelectElement} */ (
    h("select", { id }, ...options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)))
  );
}

/** West, south, east, north, no farther than the earth reaches. @param {number[]} box */
const onEarth = (box) => box.map((edge, at) => Math.max(-1, Math.min(1, edge / (at % 2 ? 85 : 180))) * (at % 2 ? 85 : 180));

/**
 * What the map shows beside the dialog: west, south, east, north.
 * @param {import("maplibre-gl").Map} map
 */
function shownBox(map) {
  const { clientWidth, clientHeight } = map.getContainer();
  const { right } = map.getPadding();
  const corners = [0, clientWidth - (right ?? 0)].flatMap((x) => [0, clientHeight].map((y) => map.unproject([x, y])));
  const lons = corners.map((one) => one.lng);
  const lats = corners.map((one) => one.lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

export class PrintDialog {
  /** @param {import("city/printing/share.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {HTMLDialogElement|null} */
    this.dialog = null;
    this.follow = () => this.#later();
    this.timer = 0;
    this.round = 0;
  }

  open() {
    if (this.dialog) return;
    this.#build();
    document.body.append(/** @type {any} */ (this.dialog));
    /** @type {any} */ (this.dialog).show();
    this.title.focus();
    this.desk.map.on("moveend", this.follow);
    this.#room(true);
    this.#sync();
  }

  close() {
    this.desk.map.off("moveend", this.follow);
    this.#drawFrame(null);
    this.#room(false);
    this.stop?.();
    this.dialog?.remove();
    this.dialog = null;
    /** @type {HTMLElement|null} */ (document.querySelector(".share-menu summary"))?.focus();
  }

  #build() {
    const change = { onchange: () => this.#sync() };
    this.title = /** @type {HTMLInputElement} */ (h("input", { id: "print-title", maxlength: 120, autocomplete: "off" }));
    this.subtitle = /** @type {HTMLInputElement} */ (h("input", { id: "print-subtitle", maxlength: 200, autocomplete: "off" }));
    this.paper = select("print-paper", [["A4", "A4"], ["A3", "A3"]], "A4");
    this.turn = select("print-turn", [["landscape", t("Landscape")], ["portrait", t("Portrait")]], "landscape");
    const scales = [500, 1000, 2000, 5000, 10000, 20000, 25000, 50000, 100000];
    const told = /** @type {[string, string][]} */ (scales.map((one) => [String(one), `1 : ${one.toLocaleString("en")}`]));
    this.scale = select("print-scale", [["", t("What the map shows")], ...told], "");
    this.lang = select("print-lang", [["zh", "中文"], ["en", "English"]], LANG);
    const levels = JSON.parse(this.desk.stage.dataset.levels ?? "[]");
    const areas = /** @type {[string, string][]} */ (
      levels.map((/** @type {any} */ one) => [`area:${one.level}`, t("A page for each: {unit}", { unit: one.title })])
    );
    this.what = select(
      "print-what",
      [["", t("One sheet")], ...areas, ["cell", t("A page for each unit cell")], ["duty", t("A page for each duty cell")]],
      "",
    );
    this.note = h("p", { class: "hint", role: "status" });
    this.problem = h("p", { class: "alert", role: "alert", hidden: true });
    this.acts = h("div", { class: "acts" });
    this.going = h("div", { class: "print-going" });
    const form = h(
      "form",
      { class: "form", onsubmit: (/** @type {Event} */ event) => this.#print(event), ...change },
      field("print-title", t("Title"), this.title),
      field("print-subtitle", t("Line under it"), this.subtitle),
      field("print-what", t("What"), this.what),
      h("div", { class: "print-two" }, field("print-paper", t("Paper"), this.paper), field("print-turn", t("Orientation"), this.turn)),
      h("div", { class: "print-two" }, field("print-scale", t("Scale"), this.scale), field("print-lang", t("Language"), this.lang)),
      this.note,
      this.problem,
      this.acts,
      this.going,
    );
    this.dialog = /** @type {HTMLDialogElement} */ (
      h(
        "dialog",
        { class: "print-dialog", "aria-labelledby": "print-head", onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event) },
        h(
          "div",
          { class: "print-head" },
          h("h2", { id: "print-head" }, t("Print this map")),
          h("button", { type: "button", class: "quiet square", "aria-label": t("Close"), onclick: () => this.close() }, icon("close")),
        ),
        form,
      )
    );
    this.#ready();
  }

  #ready() {
    fill(this.acts, h("button", { class: "primary" }, t("Make the PDF")));
  }

  /** The middle of the map moves out from under the dialog, and back. @param {boolean} isOpen */
  #room(isOpen) {
    if (matchMedia("(max-width: 768px)").matches) return;
    this.desk.map.setPadding({ top: 0, bottom: 0, left: 0, right: isOpen ? 400 : 0 });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    event.stopPropagation(); // the map's keys are not meant here
    if (event.key === "Escape") this.close();
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#sync(), SETTLE_MS);
  }

  /** What is asked for, as the API takes it. */
  #asked() {
    const { lng, lat } = this.desk.map.getCenter();
    const atlas = this.#atlas();
    return {
      query: location.search.slice(1),
      paper: this.paper.value,
      orientation: this.turn.value,
      scale: this.scale.value ? Number(this.scale.value) : null,
      center: this.scale.value ? [lng, lat] : null,
      box: this.scale.value ? null : onEarth(shownBox(this.desk.map)),
      title: this.title.value,
      subtitle: this.subtitle.value,
      lang: this.lang.value,
      ...(atlas ? { atlas } : {}),
    };
  }

  #atlas() {
    if (!this.what.value) return null;
    const [by, level] = this.what.value.split(":");
    return { by, ...(level ? { level } : {}), ...(this.desk.store.state.area ? { area: this.desk.store.state.area } : {}) };
  }

  /** The frame on the map, or how many pages the atlas has. */
  async #sync() {
    const round = ++this.round;
    const asked = this.#asked();
    const atlas = this.#atlas();
    this.problem.hidden = true;
    try {
      const found = atlas
        ? await getJSON("/api/v1/prints/pages", atlas)
        : await getJSON("/api/v1/prints/frame", {
            paper: asked.paper,
            orientation: asked.orientation,
            scale: asked.scale,
            center: asked.center?.join(","),
            box: asked.box?.join(","),
          });
      if (round !== this.round || !this.dialog) return;
      this.#drawFrame(atlas ? null : found.outline);
      this.note.textContent = atlas
        ? tn("{n} page, beside overview and index. The worker makes it; you can go on working.", "{n} pages, beside overview and index. The worker makes them; you can go on working.", found.pages)
        : this.#scaleWords(found.scale, Boolean(asked.scale));
    } catch (error) {
      if (round === this.round && this.dialog) this.#told(/** @type {Error} */ (error));
    }
  }

  /** @param {number} scale @param {boolean} isChosen */
  #scaleWords(scale, isChosen) {
    const told = { scale: scale.toLocaleString("en") };
    return isChosen
      ? t("1 : {scale}. The frame on the map is what the sheet will show; north is up.", told)
      : t("1 : {scale}. The sheet shows all that the map shows, and a little around it; north is up.", told);
  }

  /** @param {Error} error */
  #told(error) {
    this.#drawFrame(null);
    this.note.textContent = "";
    this.problem.textContent = error.message;
    this.problem.hidden = false;
  }

  /** @param {any} outline a GeoJSON polygon, or nothing */
  #drawFrame(outline) {
    const { map } = this.desk;
    const data = outline ?? { type: "FeatureCollection", features: [] };
    const source = /** @type {any} */ (map.getSource(FRAME));
    if (source) return source.setData(data);
    if (!outline) return undefined;
    map.addSource(FRAME, { type: "geojson", data });
    map.addLayer({ id: FRAME, type: "line", source: FRAME, paint: { "line-color": "#b3261e", "line-width": 2, "line-dasharray": [3, 2] } });
    return undefined;
  }

  /** @param {Event} event */
  async #print(event) {
    event.preventDefault();
    this.problem.hidden = true;
    fill(this.acts);
    try {
      const made = await postJSON("/api/v1/prints", this.#asked(), { key: newKey() });
      this.stop = progress(this.going, made, () => this.#ready());
    } catch (error) {
      this.#ready();
      this.#told(/** @type {Error} */ (error));
    }
  }
}
