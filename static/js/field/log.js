/**
 * Log a case in four taps: class, photo, its shutter, send; the place is taken by itself.
 * @module city/field/log
 */
import { t } from "words";
import { Doubles } from "city/field/doubles.js";
import { draftOf, keepDraft } from "city/field/drafts.js";
import { Photos } from "city/field/photos.js";
import { PlaceCard } from "city/field/place_card.js";
import { ClassCard } from "city/field/class_card.js";
import { enqueue, newId } from "city/field/queue.js";
import { me, onSession } from "city/field/session.js";
import { said } from "city/field/said.js";

export class Log {
  /** @param {HTMLElement} root @param {() => void} send something is in the queue */
  constructor(root, send) {
    this.root = root;
    this.send = send;
    this.id = newId();
    this.account = 0;
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (root.querySelector(`[data-part=${name}]`));
    this.doubles = new Doubles(part("doubles"));
    this.place = new PlaceCard(part("place"), () => this.#changed());
    this.kind = new ClassCard(part("class"), () => this.#changed());
    this.photos = new Photos(part("photos"), (spot) => {
      if (spot) this.place.offer(spot);
      this.#changed();
    }, part("camera"));
    this.note = /** @type {HTMLTextAreaElement} */ (part("note"));
    this.note.addEventListener("input", () => this.#changed());
    this.button = /** @type {HTMLButtonElement} */ (part("send"));
    this.lacks = part("lacks");
    this.button.addEventListener("click", () => this.#finish());
    onSession(() => this.#begin());
    this.#begin();
  }

  async #begin() {
    const account = me()?.account_id ?? 0;
    this.kind.refresh();
    if (account === this.account) return;
    this.account = account;
    const draft = account ? await draftOf(account) : null;
    if (draft && this.account === account) this.#restore(draft);
  }

  /** @param {any} draft */
  #restore(draft) {
    this.id = draft.id;
    this.note.value = draft.note;
    this.photos.set(draft.photos);
    if (draft.class_id) this.kind.choose(draft.class_id);
    if (draft.place) this.place.set(draft.place);
  }

  #changed() {
    const place = this.place.value;
    this.doubles.look(this.kind.value, place);
    const lacks = [place ? "" : t("the place"), this.kind.value ? "" : t("the class")].filter(Boolean);
    this.lacks.textContent = lacks.length ? t("Still needed: {what}", { what: lacks.join(", ") }) : "";
    if (!this.account) return;
    const begun = this.kind.value || this.photos.list.length || this.note.value;
    const draft = { id: this.id, note: this.note.value, photos: this.photos.list, class_id: this.kind.value?.id ?? null, place: place?.byHand ? place : null };
    keepDraft(this.account, begun ? draft : null).catch(full);
  }

  async #finish() {
    const place = this.place.value;
    const kind = this.kind.value;
    if (!place || !kind || !this.account) {
      this.#changed();
      if (!this.account) said(t("Log in once on this phone before you report."));
      return;
    }
    if (this.button.disabled) return;
    this.button.disabled = true;
    const body = {
      case: {
        class_id: kind.id, lon: place.lon, lat: place.lat, accuracy_m: place.accuracy_m, located_by: place.located_by,
        description: this.note.value.trim(),
      },
    };
    const label = { class: kind, note: body.case.description, lon: place.lon, lat: place.lat };
    try {
      await enqueue({ id: this.id, account: this.account, kind: "report", label, body }, this.photos.list);
    } catch (error) {
      full(error);
      this.button.disabled = false;
      return;
    }
    await keepDraft(this.account, null).catch(() => {});
    this.#clear();
    said(t("Kept on this phone; it is sent as soon as there is a network."));
    this.send();
  }

  #clear() {
    this.id = newId();
    this.note.value = "";
    this.photos.set([]);
    this.kind.clear();
    this.place.clear();
    this.button.disabled = false;
    this.doubles.look(null, null);
    this.lacks.textContent = "";
    /** @type {HTMLElement} */ (this.root.parentElement).scrollTop = 0;
  }
}

/** @param {any} error */
export function full(error) {
  const isFull = error?.name === "QuotaExceededError";
  said(isFull
    ? t("This phone's storage is full: nothing was lost, but this could not be kept. Free some space and press send again.")
    : t("This could not be kept on the phone. It stands here as you typed it; press send again."), true);
}
