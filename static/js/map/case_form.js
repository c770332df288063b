/**
 * Log a case where it lies.
 * @module city/map/case_form
 */
import { getJSON, postForm } from "http";
import { t, tn } from "words";
import { ClassPicker } from "city/map/class_picker.js";
import { fill, h } from "city/map/dom.js";
import { Draft, FormView, Sender } from "city/map/form_kit.js";
import { ago, count, distance, named, worded } from "city/map/format.js";
import { Spot } from "city/map/spot.js";

const WORDS = 400; // of the description are enough to compare
const PHOTOS = 12;
const NAMES = { lon: "place", lat: "place", datum: "place", accuracy_m: "place", address_id: "place" };

/** @typedef {{key: string, url: string, thumbnail_url: string, lon: number|null, lat: number|null}} Photo */

export class CaseForm {
  /** @param {import("city/map/forms.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.view = new FormView("case-form");
    this.draft = new Draft("new-case");
    this.sender = new Sender();
    /** @type {Photo[]} */
    this.photos = [];
    this.spot = new Spot(desk.map, this.view, () => this.#changed());
    this.classes = new ClassPicker(this.view.part("classes"), {
      url: "/api/v1/catalogue",
      leavesOnly: true,
      changed: () => this.#changed(),
    });
    this.view.part("anew").addEventListener("click", () => desk.anew());
    this.view
      .part("photo")
      .addEventListener("change", (event) => this.#upload(/** @type {HTMLInputElement} */ (event.target)));
    this.view.form.addEventListener("input", () => this.#keep());
    this.view.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  /** @param {[number, number]|null} at where the form was opened from */
  open(at) {
    const kept = this.draft.load();
    if (kept) this.#restore(kept);
    if (at) this.spot.click({ lng: at[0], lat: at[1] });
    else if (kept?.place) this.spot.set(kept.place, true);
  }

  /** @param {{lng: number, lat: number}} at */
  click(at) {
    this.spot.click(at);
  }

  close() {
    this.spot.remove();
  }

  forget() {
    this.draft.clear();
  }

  /** @returns {boolean} Esc leaves at once: what was typed stays as a draft */
  escape() {
    return false;
  }

  /** @param {any} kept */
  #restore(kept) {
    this.view.control("description").value = kept.description ?? "";
    this.photos = kept.photos ?? [];
    this.#showPhotos();
    this.classes.restore(kept.class_id ?? null).catch(() => {});
    this.view.part("draft").hidden = !(kept.description || kept.class_id || this.photos.length);
  }

  #keep() {
    const description = this.view.control("description").value;
    const class_id = this.classes?.chosen?.id ?? null;
    if (!description && !class_id && !this.photos.length && !this.spot.place) return;
    this.draft.save({ place: this.spot.place, class_id, description, photos: this.photos });
  }

  #changed() {
    this.view.clearErrors();
    this.#keep();
    this.#near();
  }

  /** Cases close by that are like it, the most likely first: perhaps it is known already. */
  async #near() {
    const { place } = this.spot;
    const chosen = this.classes?.chosen;
    const section = this.view.part("near");
    if (!place || !chosen) {
      section.hidden = true;
      return;
    }
    const asked = (this.asked = `${place.lon},${place.lat},${chosen.id}`);
    try {
      const page = await getJSON("/api/v1/cases/duplicates", {
        lon: place.lon,
        lat: place.lat,
        class: chosen.id,
        text: this.view.control("description").value.slice(0, WORDS),
      });
      if (asked !== this.asked) return;
      section.hidden = false;
      if (!page.items.length)
        return fill(
          section,
          h("p", { class: "hint" }, t("Nothing alike was reported near it.")),
        );
      fill(
        section,
        h(
          "p",
          { class: "near-title" },
          tn(
            "{n} case near it is like this: is it this one?",
            "{n} cases near it are like this: is it one of these?",
            page.items.length,
            { n: count(page.items.length) },
          ),
        ),
        h("ul", { class: "near-list" }, ...page.items.map((/** @type {any} */ one) => this.#nearItem(one))),
      );
    } catch {
      section.hidden = true;
    }
  }

  /** @param {any} one */
  #nearItem(one) {
    const show = (/** @type {boolean} */ on) =>
      this.desk.marks.hover(on ? { geometry: { type: "Point", coordinates: [one.lon, one.lat] } } : null);
    return h(
      "li",
      { onmouseenter: () => show(true), onmouseleave: () => show(false) },
      one.thumbnail_url ? h("img", { src: one.thumbnail_url, alt: "", width: 40, height: 40, loading: "lazy" }) : null,
      h(
        "a",
        {
          href: one.url ?? `/cases/${one.number}`,
          target: "_blank",
          rel: "noopener",
          onfocus: () => show(true),
          onblur: () => show(false),
        },
        h("span", { class: "near-what" }, one.description || (one.class ? named(one.class) : one.number)),
        h(
          "span",
          { class: "hint" },
          [one.address ? worded(one.address) : "", ago(one.reported_at), ...one.reasons].filter(Boolean).join(" · "),
        ),
        one.is_likely ? h("span", { class: "tag" }, t("likely")) : null,
      ),
      h("span", { class: "num" }, distance(one.distance_m)),
    );
  }

  /** @param {HTMLInputElement} input */
  async #upload(input) {
    const files = [...(input.files ?? [])].slice(0, PHOTOS - this.photos.length);
    input.value = "";
    this.view.clearErrors();
    const button = this.view.part("photo-button");
    button.setAttribute("aria-busy", "true");
    for (const file of files) {
      try {
        const data = new FormData();
        data.append("photo", file);
        const photo = await postForm("/api/v1/photos", data);
        this.photos.push(photo);
        this.#offer(photo);
      } catch (error) {
        this.view.error("photo_keys", `${file.name}: ${/** @type {Error} */ (error).message}`);
      }
    }
    button.removeAttribute("aria-busy");
    this.#showPhotos();
    this.#keep();
  }

  #showPhotos() {
    fill(
      this.view.part("photos"),
      ...this.photos.map((photo, at) => {
        const drop = () => {
          this.photos.splice(at, 1);
          this.#showPhotos();
          this.#keep();
        };
        return h(
          "figure",
          { class: "photo" },
          h("img", { src: photo.thumbnail_url, alt: t("Photo {n}", { n: at + 1 }), width: 72, height: 72 }),
          h(
            "button",
            {
              type: "button",
              class: "photo-drop",
              "aria-label": t("Take photo {n} away", { n: at + 1 }),
              onclick: drop,
            },
            "×",
          ),
        );
      }),
    );
  }

  /** @param {Photo} photo its position is offered, never taken unasked */
  #offer(photo) {
    const note = this.view.part("photo-place");
    if (photo.lon === null || photo.lat === null || photo.lon === undefined || photo.lat === undefined) return;
    const [lon, lat] = [Number(photo.lon), Number(photo.lat)];
    const take = () => {
      note.hidden = true;
      this.spot.set({ lon, lat, located_by: "gnss", accuracy_m: null, address_id: null }, true);
    };
    fill(
      note,
      t("The photo knows where it was taken."),
      " ",
      h("button", { type: "button", class: "link-button", onclick: take }, t("Put the pin there")),
    );
    note.hidden = false;
  }

  async #save() {
    this.view.clearErrors();
    const { place } = this.spot;
    if (!place) this.view.error("place", t("Say where it lies: click the map, use your position or find the address."));
    if (!this.classes.chosen) this.view.error("class_id", t("Choose what it is."));
    if (!place || !this.classes.chosen) return;
    const body = {
      class_id: this.classes.chosen.id,
      lon: place.lon,
      lat: place.lat,
      located_by: place.located_by,
      accuracy_m: place.accuracy_m,
      address_id: place.address_id,
      description: this.view.control("description").value,
      photo_keys: this.photos.map((one) => one.key),
    };
    await this.view.saving(async () => {
      const made = await this.sender.post("/api/v1/cases", body);
      this.draft.clear();
      this.desk.done("cases", made.id ?? null);
    }, NAMES);
  }
}
