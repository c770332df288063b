/**
 * Choosing photos on the phone: taken with the camera or chosen, shown small, kept whole until they are received.
 * @module city/field/photos
 */
import { h, icon } from "city/map/dom.js";
import { t } from "words";
import { placeOf } from "city/field/exif.js";
import { newId } from "city/field/queue.js";

/** @typedef {{id: string, data: ArrayBuffer, type: string, name: string}} Photo */
const MOST = 12;

export class Photos {
  /**
   * @param {HTMLElement} box @param {(place: [number, number]|null) => void} changed the place of the newest photo
   * @param {HTMLElement} [door] where the camera's button goes, if not into the box
   */
  constructor(box, changed, door) {
    /** @type {Photo[]} */
    this.list = [];
    this.changed = changed;
    this.strip = h("div", { class: "field-photos" });
    const input = h("input", {
      type: "file", accept: "image/*", capture: "environment", multiple: true, class: "hidden", "aria-label": t("Take a photo"),
      onchange: (/** @type {any} */ event) => this.#take(event.target),
    });
    this.said = h("p", { class: "hint", role: "status", hidden: true });
    const camera = h("label", { class: "button wide field-photo" }, input, icon("photo"), h("span", {}, t("Take a photo")));
    box.replaceChildren(...(door ? [] : [camera]), this.strip, this.said);
    door?.append(camera);
  }

  /** @param {HTMLInputElement} input */
  async #take(input) {
    let place = null;
    for (const file of [...(input.files ?? [])].slice(0, MOST - this.list.length)) {
      const data = await file.arrayBuffer();
      this.list.push({ id: newId(), data, type: file.type || "image/jpeg", name: file.name });
      place = placeOf(data) ?? place;
    }
    input.value = "";
    this.#show();
    this.changed(place);
  }

  /** @param {Photo[]} list from a draft */
  set(list) {
    this.list = [...list];
    this.#show();
  }

  #show() {
    for (const old of this.strip.querySelectorAll("img")) URL.revokeObjectURL(old.src);
    this.strip.replaceChildren(...this.list.map((one, index) => this.#small(one, index)));
    this.said.hidden = this.list.length < MOST;
    this.said.textContent = this.list.length >= MOST ? t("A case takes {limit} photos at a time.", { limit: MOST }) : "";
  }

  /** @param {Photo} one @param {number} index */
  #small(one, index) {
    const src = URL.createObjectURL(new Blob([one.data], { type: one.type }));
    const away = () => {
      this.list = this.list.filter(({ id }) => id !== one.id);
      this.#show();
      this.changed(null);
    };
    return h("figure", {}, h("img", { src, alt: t("Photo {n}", { n: index + 1 }) }),
      h("button", { type: "button", class: "square", "aria-label": t("Take photo {n} away", { n: index + 1 }), onclick: away }, icon("close")));
  }
}
