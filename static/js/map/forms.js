/**
 * The forms that open over the map: which one is open, where clicks go, and leaving without losing anything.
 * @module city/map/forms
 */
import { CaseForm } from "city/map/case_form.js";
import { EventForm } from "city/map/event_form.js";
import { ResidentForm } from "city/map/resident_form.js";

/**
 * What a form needs of the page.
 * @typedef {object} Desk
 * @property {import("maplibre-gl").Map} map
 * @property {import("city/map/marks.js").Marks} marks
 * @property {(layer: string, id: number|null) => void} done a record has been made
 * @property {() => void} anew throw the draft away and open an empty form
 */

/**
 * @typedef {object} Form
 * @property {import("city/map/form_kit.js").FormView} view
 * @property {(at: [number, number]|null) => void} open
 * @property {(at: {lng: number, lat: number}, point?: {x: number, y: number}) => void} click
 * @property {() => boolean} escape whether it had a step of its own to leave
 * @property {() => void} close
 * @property {() => void} forget throw the draft away
 */

const FORMS = /** @type {Record<string, new (desk: Desk) => Form>} */ ({
  "new-case": CaseForm,
  "new-event": EventForm,
  "new-resident": ResidentForm,
});

export class Forms {
  /**
   * @param {{map: import("maplibre-gl").Map, drawer: import("city/map/drawer.js").Drawer, store: import("city/map/store.js").Side,
   *   marks: import("city/map/marks.js").Marks, stage: HTMLElement, acts: string[], done: (layer: string, id: number|null) => void}} given
   */
  constructor(given) {
    this.given = given;
    /** @type {Form|null} */
    this.form = null;
    this.act = "";
    given.map.on("click", (event) => this.form?.click(event.lngLat, event.point));
  }

  /** Open or close as the state says. */
  sync() {
    const { store, acts, stage } = this.given;
    const { act } = store.state;
    if (act === this.act) return;
    this.#close();
    if (!act) return;
    if (!acts.includes(act) || !(act in FORMS)) return store.set({ act: "" }, { push: false });
    this.act = act;
    stage.dataset.act = act;
    this.#open(store.state.at);
    return undefined;
  }

  /** @param {{lng: number, lat: number}} at */
  click(at) {
    this.form?.click(at, this.given.map.project(/** @type {any} */ (at)));
  }

  /** @returns {boolean} whether a form was open */
  escape() {
    if (!this.form) return false;
    if (!this.form.escape()) this.given.store.set({ act: "", at: null });
    return true;
  }

  /** @param {[number, number]|null} at */
  #open(at) {
    const { drawer, map, marks, done } = this.given;
    const anew = () => {
      this.form?.forget();
      this.form?.close();
      this.#open(null);
    };
    this.form = new FORMS[this.act]({ map, marks, done, anew });
    const { view } = this.form;
    drawer.show(...view.nodes);
    view.part("leave").addEventListener("click", () => this.given.store.set({ act: "", at: null }));
    this.form.open(at);
    view.part("title").focus({ preventScroll: true });
  }

  #close() {
    if (!this.form) return;
    this.form.close();
    this.form = null;
    this.act = "";
    delete this.given.stage.dataset.act;
    this.given.marks.hover(null);
  }
}
