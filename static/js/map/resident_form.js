/**
 * Register a resident: pick the building on the map or by its address, then the dwelling, then the person.
 * What is typed about a person is kept in this form only, never in the browser's storage.
 * @module city/map/resident_form
 */
import { getJSON } from "http";
import { t, tn } from "words";
import { fill, h } from "city/map/dom.js";
import { FormView, Sender } from "city/map/form_kit.js";
import { count, named, worded } from "city/map/format.js";
import { Spot } from "city/map/spot.js";

const NAMES = { lon: "place", lat: "place", building_id: "place", room: "dwelling_id", floor: "dwelling_id" };
const PERSON = ["name", "sex", "number", "birth_on", "phone", "kind", "from_on"];
const AROUND_DEGREES = 0.0003; // some thirty metres

export class ResidentForm {
  /** @param {import("city/map/forms.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.view = new FormView("resident-form");
    this.sender = new Sender();
    this.adder = new Sender();
    /** @type {number|null} */
    this.building = null;
    this.spot = new Spot(desk.map, this.view, (place, told) => {
      if (!told && place) this.#find([place.lon, place.lat]);
    });
    this.view.part("add-dwelling").addEventListener("click", () => this.#add());
    this.view.form.addEventListener("change", (event) => this.#picked(/** @type {HTMLInputElement} */ (event.target)));
    this.view.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    this.view.control("from_on").value = new Date().toISOString().slice(0, 10);
  }

  /** @param {[number, number]|null} at */
  open(at) {
    if (at) this.click({ lng: at[0], lat: at[1] });
    else this.desk.map.easeTo({ zoom: Math.max(this.desk.map.getZoom(), 16) });
  }

  /** @param {{lng: number, lat: number}} at */
  click(at) {
    this.spot.click(at);
  }

  /** @returns {boolean} */
  escape() {
    return false;
  }

  close() {
    this.spot.remove();
    this.desk.marks.select(null);
  }

  forget() {
    // nothing is kept
  }

  /**
   * The building at a place: the one that holds it, else the nearest within some thirty metres.
   * @param {[number, number]} at
   */
  async #find(at) {
    const round = (this.round = (this.round ?? 0) + 1);
    this.view.clearErrors();
    try {
      const bbox = [at[0] - AROUND_DEGREES, at[1] - AROUND_DEGREES, at[0] + AROUND_DEGREES, at[1] + AROUND_DEGREES]
        .map((one) => one.toFixed(6))
        .join(",");
      const page = await getJSON("/api/v1/layers/buildings/features", { bbox, limit: 60 });
      if (round !== this.round) return;
      const nearest = page.features
        .map((/** @type {any} */ one) => ({ one, away: away(at, one.geometry) }))
        .sort((/** @type {any} */ a, /** @type {any} */ b) => a.away - b.away)[0];
      if (nearest) await this.#choose(nearest.one);
      else this.#none();
    } catch (error) {
      if (round === this.round) this.view.problem(error, NAMES);
    }
  }

  #none() {
    this.building = null;
    this.desk.marks.select(null);
    this.view.part("dwellings-field").hidden = true;
    this.view.part("person").hidden = true;
    this.view.error("place", t("There is no building here. Click one, or find its address."));
  }

  /** @param {any} feature a building */
  async #choose(feature) {
    this.building = Number(feature.id);
    this.desk.marks.select(feature);
    this.view.part("dwellings-field").hidden = false;
    await this.#dwellings(null);
  }

  /** @param {number|null} chosen */
  async #dwellings(chosen) {
    const holder = this.view.part("dwellings");
    fill(holder, h("span", { class: "skeleton-line" }));
    const page = await getJSON(`/api/v1/buildings/${this.building}/dwellings`);
    const { building } = page;
    const floors = new Map();
    for (const one of page.items) floors.set(one.floor, [...(floors.get(one.floor) ?? []), one]);
    fill(
      holder,
      h(
        "p",
        { class: "building-words" },
        h(
          "strong",
          {},
          worded({ text_zh: building?.address_zh, text_en: building?.address_en }) ||
            named(building ?? {}) ||
            t("Building {id}", { id: this.building }),
        ),
        " ",
        h(
          "span",
          { class: "hint" },
          tn("{n} dwelling", "{n} dwellings", page.items.length, { n: count(page.items.length) }),
        ),
      ),
      ...[...floors].map(([floor, items]) => this.#floor(floor, items, chosen)),
    );
    /** @type {HTMLDetailsElement} */ (this.view.part("new-dwelling")).open = page.items.length === 0;
    this.view.part("person").hidden = chosen === null;
  }

  /**
   * @param {number|null} floor
   * @param {any[]} items
   * @param {number|null} chosen
   */
  #floor(floor, items, chosen) {
    return h(
      "div",
      { class: "floor" },
      h("span", { class: "floor-name num" }, floor === null ? t("no floor") : t("Floor {n}", { n: floor })),
      h(
        "div",
        { class: "floor-rooms" },
        ...items.map((one) =>
          h(
            "label",
            { class: "room" },
            h("input", { type: "radio", name: "dwelling_id", value: one.id, checked: one.id === chosen }),
            h(
              "span",
              {
                title: one.residents
                  ? tn("{n} person lives here", "{n} people live here", one.residents, { n: one.residents })
                  : t("Nobody is registered here"),
              },
              [one.entrance, one.room].filter(Boolean).join("-"),
              one.residents ? h("small", {}, count(one.residents)) : null,
            ),
          ),
        ),
      ),
    );
  }

  /** @param {HTMLInputElement} control */
  #picked(control) {
    if (control.name !== "dwelling_id") return;
    this.view.clearErrors();
    this.view.part("person").hidden = false;
    this.view.control("name").focus();
  }

  async #add() {
    this.view.clearErrors();
    const room = this.view.control("room").value.trim();
    const floor = this.view.control("floor").value;
    if (!room) return this.view.error("dwelling_id", t("Give the room's number."));
    try {
      const made = await this.adder.post("/api/v1/dwellings", {
        building_id: this.building,
        room,
        floor: floor === "" ? null : Number(floor),
      });
      await this.#dwellings(made.id);
      this.view.control("name").focus();
    } catch (error) {
      this.view.problem(error, NAMES);
    }
    return undefined;
  }

  async #save() {
    this.view.clearErrors();
    const data = new FormData(this.view.form);
    const dwelling = Number(data.get("dwelling_id"));
    if (!this.building) return this.view.error("place", t("Click a building on the map, or find its address."));
    if (!dwelling) return this.view.error("dwelling_id", t("Choose the dwelling."));
    const body = Object.fromEntries(PERSON.map((name) => [name, String(data.get(name) ?? "").trim() || null]));
    if (!body.name) return this.view.error("name", t("Give the name."));
    if (!body.from_on) return this.view.error("from_on", t("Since which day?"));
    await this.view.saving(async () => {
      await this.sender.post("/api/v1/residents", { ...body, dwelling_id: dwelling });
      this.desk.done("residents", null);
    }, NAMES);
    return undefined;
  }
}

/**
 * How far a point lies from an outline, in degrees of latitude; 0 inside. Good enough to choose the nearest.
 * @param {[number, number]} at
 * @param {any} geometry
 */
function away([x, y], geometry) {
  const ring = geometry.type === "MultiPolygon" ? geometry.coordinates[0][0] : geometry.coordinates[0];
  const squeeze = Math.cos((y * Math.PI) / 180);
  let inside = false;
  let least = Infinity;
  for (let at = 0; at + 1 < ring.length; at += 1) {
    const [[x1, y1], [x2, y2]] = [ring[at], ring[at + 1]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    const [dx, dy] = [(x2 - x1) * squeeze, y2 - y1];
    const share = Math.min(1, Math.max(0, ((x - x1) * squeeze * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
    least = Math.min(least, Math.hypot((x - x1) * squeeze - share * dx, y - y1 - share * dy));
  }
  return inside ? 0 : least;
}
