/**
 * Mark an emergency event as a point, a line or an area.
 * @module city/map/event_form
 */
import { t } from "words";
import { ClassPicker } from "city/map/class_picker.js";
import { fill, h } from "city/map/dom.js";
import { Drawing } from "city/map/drawing.js";
import { Draft, FormView, Sender } from "city/map/form_kit.js";
import { degrees, distance, surface } from "city/map/format.js";
import { area, length } from "city/map/measure.js";
import { placeWords } from "city/map/place.js";
import { momentOf } from "city/map/time_picker.js";

const FIELDS = ["title", "level", "happened_at", "description"];
const NAMES = { lon: "geometry", lat: "geometry", datum: "geometry", place: "geometry" };

export class EventForm {
  /** @param {import("city/map/forms.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.view = new FormView("event-form");
    this.draft = new Draft("new-event");
    this.sender = new Sender();
    this.drawing = new Drawing(desk.map, { changed: (geometry, finished) => this.#drawn(geometry, finished) });
    this.classes = new ClassPicker(this.view.part("classes"), {
      url: "/api/v1/emergency-classes",
      leavesOnly: false,
      changed: () => this.#keep(),
    });
    this.typed = /** @type {HTMLTextAreaElement} */ (this.view.part("typed"));
    const { form } = this.view;
    for (const one of form.querySelectorAll("[name=shape]")) one.addEventListener("change", () => this.#shape());
    this.view.part("draw-typed").addEventListener("click", () => this.#type());
    this.view.part("redraw").addEventListener("click", () => this.#shape());
    this.view.part("anew").addEventListener("click", () => desk.anew());
    form.addEventListener("input", () => this.#keep());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  /** @param {[number, number]|null} at */
  open(at) {
    const kept = this.draft.load();
    for (const name of FIELDS) if (kept?.[name]) this.view.control(name).value = kept[name];
    this.classes.restore(kept?.class_id ?? null).catch(() => {});
    this.view.part("draft").hidden = !kept;
    const shape = at ? "point" : (kept?.shape ?? "point");
    /** @type {HTMLInputElement} */ (this.view.form.querySelector(`[name=shape][value=${shape}]`)).checked = true;
    this.drawing.begin(shape);
    if (at) this.drawing.type([at]);
    else if (kept?.points?.length) this.drawing.type(kept.points);
  }

  click() {
    // the drawing takes clicks itself
  }

  /** @returns {boolean} */
  escape() {
    return this.drawing.cancel();
  }

  close() {
    clearTimeout(this.wait);
    this.drawing.stop();
  }

  forget() {
    this.draft.clear();
  }

  /** @returns {import("city/map/drawing.js").Shape} */
  #chosenShape() {
    return /** @type {any} */ (new FormData(this.view.form).get("shape") ?? "point");
  }

  #shape() {
    this.view.clearErrors();
    this.drawing.begin(this.#chosenShape());
    this.desk.map.getCanvas().focus();
  }

  #type() {
    this.view.clearErrors();
    const lines = this.typed.value
      .split(/\n+/)
      .map((one) => one.trim())
      .filter(Boolean);
    const points = lines.map(
      (one) =>
        /** @type {[number, number]} */ (
          one
            .split(/[\s,;，；]+/)
            .filter(Boolean)
            .map(Number)
        ),
    );
    const wrong = points.findIndex(
      ([lon, lat, ...rest]) => !(Math.abs(lon) <= 180 && Math.abs(lat) <= 90) || rest.length > 0,
    );
    if (wrong >= 0)
      return this.view.error(
        "geometry",
        t("Line {n} is no longitude and latitude: {text}", { n: wrong + 1, text: lines[wrong] }),
      );
    const problem = this.drawing.type(points);
    if (problem) return this.view.error("geometry", problem);
    const [lons, lats] = [points.map((one) => one[0]), points.map((one) => one[1])];
    this.desk.map.fitBounds([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], {
      padding: 80,
      maxZoom: 17,
    });
    return undefined;
  }

  /**
   * @param {any} geometry
   * @param {boolean} finished
   */
  #drawn(geometry, finished) {
    const points = pointsOf(geometry);
    const how = {
      point: t("Click the place."),
      linestring: t("Click each bend; click the last one again to end. Esc gives up."),
      polygon: t("Click each corner; click the first one again to close. Esc gives up."),
    }[this.#chosenShape()];
    const size =
      geometry?.type === "Polygon" && points.length > 2
        ? t("about {size}", { size: surface(area(points)) })
        : geometry?.type === "LineString" && points.length > 1
          ? t("about {size}", { size: distance(length(points)) })
          : "";
    const last = points.length ? degrees(...points[points.length - 1]) : "";
    this.view.part("how").textContent = [size || last, finished ? t("Drag it or its corners to change it.") : how]
      .filter(Boolean)
      .join(" · ");
    this.view.part("redraw").hidden = !finished;
    if (document.activeElement !== this.typed && this.typed)
      this.typed.value = points.map(([lon, lat]) => degrees(lon, lat)).join("\n");
    if (!finished) return fill(this.view.part("place"));
    clearTimeout(this.wait);
    this.wait = setTimeout(() => this.#say(points), 200);
    return this.#keep();
  }

  /** @param {[number, number][]} points */
  async #say(points) {
    const sum = points.reduce(([x, y], [lon, lat]) => [x + lon, y + lat], [0, 0]);
    const told = await placeWords([sum[0] / points.length, sum[1] / points.length]);
    if (this.drawing.geometry()) fill(this.view.part("place"), h("span", {}, told));
  }

  #keep() {
    if (!this.classes) return;
    const values = Object.fromEntries(FIELDS.map((name) => [name, this.view.control(name).value]));
    const points = this.drawing.done ? pointsOf(this.drawing.geometry()) : [];
    if (!points.length && !this.classes.chosen && !Object.values(values).some(Boolean)) return;
    this.draft.save({ ...values, class_id: this.classes.chosen?.id ?? null, shape: this.#chosenShape(), points });
  }

  async #save() {
    this.view.clearErrors();
    const geometry = this.drawing.done ? this.drawing.geometry() : null;
    const title = this.view.control("title").value.trim();
    if (!geometry) this.view.error("geometry", t("Draw where it is, or type its coordinates."));
    if (!this.classes.chosen) this.view.error("class_id", t("Choose what happened."));
    if (title.length < 2) this.view.error("title", t("Give it a title of two characters or more."));
    if (!geometry || !this.classes.chosen || title.length < 2) return;
    const happened = momentOf(this.view.control("happened_at").value);
    const body = {
      class_id: this.classes.chosen.id,
      title,
      geometry: { type: geometry.type, coordinates: geometry.coordinates },
      description: this.view.control("description").value,
      ...(this.view.control("level").value ? { level: this.view.control("level").value } : {}),
      ...(happened ? { happened_at: happened } : {}),
    };
    await this.view.saving(async () => {
      const made = await this.sender.post("/api/v1/events", body);
      this.draft.clear();
      this.desk.done("events", made.id ?? null);
    }, NAMES);
  }
}

/** @param {any} geometry @returns {[number, number][]} its corners; a ring's last one is left out */
function pointsOf(geometry) {
  if (!geometry) return [];
  if (geometry.type === "Point") return [geometry.coordinates];
  return geometry.type === "Polygon" ? geometry.coordinates[0].slice(0, -1) : geometry.coordinates;
}
