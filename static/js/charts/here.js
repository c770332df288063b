/**
 * What is chosen on the map, as keys of bars: the values of the selected row, the areas and the cell of a place.
 * @module city/charts/here
 */
import { getJSON } from "http";
import { reverse } from "city/map/place.js";
import { bounds } from "city/map/rows.js";
import { dayOf } from "city/map/time_picker.js";

export class Here {
  /**
   * @param {{store: import("city/map/store.js").Side}} desk
   * @param {() => void} changed
   */
  constructor(desk, changed) {
    this.desk = desk;
    this.changed = changed;
    this.layer = "";
    /** @type {Record<string, any>} */
    this.row = {};
    /** @type {string[]} */
    this.codes = [];
    this.cell = "";
    this.round = 0;
  }

  /** Look at what is selected or pinned now. */
  async look() {
    const { selected, at, tab } = this.desk.store.state;
    const round = ++this.round;
    const feature = selected && tab === "charts" ? await getJSON(`/api/v1/layers/${selected.layer}/features/${selected.id}`).catch(() => null) : null;
    const box = feature && bounds(feature.geometry);
    const spot = at ?? (box ? /** @type {[number, number]} */ ([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]) : null);
    const place = spot && tab === "charts" ? await reverse(spot).catch(() => null) : null;
    if (round !== this.round) return;
    this.layer = selected?.layer ?? "";
    this.row = feature?.properties ?? {};
    this.codes = (place?.areas ?? []).map((/** @type {any} */ one) => one.code);
    this.cell = place?.unit_cell?.code ?? "";
    this.changed();
  }

  /**
   * @param {import("city/map/layers.js").LayerInfo} layer
   * @param {string} by
   * @param {import("city/charts/choosing.js").Tally} told
   * @returns {Set<string>} of the bars that hold what is chosen
   */
  keys(layer, by, told) {
    if (by === "cell") return new Set([this.cell].filter(Boolean));
    if (by.startsWith("area:")) return new Set(this.codes);
    const given = layer.id === this.layer ? this.row[by === "day" ? (layer.time_field ?? "") : by.slice("field:".length)] : null;
    if (given === undefined || given === null) return new Set();
    const day = by === "day" ? dayOf(String(given)) : "";
    const holds = (/** @type {import("city/charts/choosing.js").Bar} */ one) => {
      if (told.kind === "numbers") return one.least !== null && one.least <= given && given <= Number(one.most);
      return day ? one.key <= day && day <= (one.until ?? one.key) : one.key === String(given);
    };
    return new Set(told.bars.filter(holds).map((one) => one.key));
  }
}
