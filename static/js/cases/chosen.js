/**
 * Which cases are chosen for an act on several: ticked in the list, or taken on the map beyond this page.
 * @module city/cases/chosen
 */
import { t, tn } from "words";

const MOST = 500; // what one bulk act takes

export class Chosen {
  /**
   * @param {HTMLElement} root the queue
   * @param {() => void} changed
   */
  constructor(root, changed) {
    this.root = root;
    this.bar = /** @type {HTMLFormElement|null} */ (root.querySelector("[data-part=bulk]"));
    this.changed = changed;
    /** @type {Set<string>} */
    this.numbers = new Set();
    if (!this.bar) return;
    for (const box of this.#ticks()) if (box.checked) this.numbers.add(box.value); // the browser kept them on going back
    root.addEventListener("change", (event) => this.#ticked(/** @type {HTMLInputElement} */ (event.target)));
    this.#part("none")?.addEventListener("click", () => this.clear());
    this.page = /** @type {HTMLInputElement|null} */ (root.querySelector("[data-part=page]"));
    if (this.page) this.page.hidden = false;
    this.bar.addEventListener("submit", () => this.#fill());
    this.#show();
  }

  /** @returns {boolean} whether this person can act on several at all */
  get may() {
    return Boolean(this.bar);
  }

  /** @param {string[]} numbers add these */
  add(numbers) {
    for (const one of numbers) this.numbers.add(one);
    this.#sync();
  }

  /** @param {string} number */
  toggle(number) {
    if (!this.numbers.delete(number)) this.numbers.add(number);
    this.#sync();
  }

  /** @returns {boolean} whether there was anything to leave */
  clear() {
    const had = this.numbers.size > 0;
    this.numbers.clear();
    this.#sync();
    return had;
  }

  /** @param {HTMLInputElement} box */
  #ticked(box) {
    if (box.name === "number") {
      if (box.checked) this.numbers.add(box.value);
      else this.numbers.delete(box.value);
    } else if (box.dataset.part === "page") {
      for (const one of this.#ticks()) this.numbers[box.checked ? "add" : "delete"](one.value);
    } else if (box.dataset.part !== "all") return;
    this.#sync();
  }

  #sync() {
    for (const one of this.#ticks()) one.checked = this.numbers.has(one.value);
    this.#show();
    this.changed();
  }

  #show() {
    if (!this.bar) return;
    const all = /** @type {HTMLInputElement} */ (this.#part("all"));
    const n = this.numbers.size;
    const told = /** @type {HTMLElement} */ (this.#part("chosen"));
    const words = n ? tn("{n} case chosen", "{n} cases chosen", n) : t("Tick cases to act on several at once.");
    const most = t("at most {n} at a time", { n: MOST });
    told.textContent = n > MOST ? `${words} · ${most}` : words;
    this.bar.classList.toggle("has-some", n > 0 || all.checked);
    const button = /** @type {HTMLButtonElement} */ (this.bar.querySelector("button.primary"));
    button.disabled = (!n && !all.checked) || n > MOST;
    /** @type {HTMLElement} */ (this.#part("none")).hidden = !n;
  }

  /** What was chosen on the map and stands on no row of this page goes along as hidden fields. */
  #fill() {
    for (const old of this.bar?.querySelectorAll("input[data-part=beyond]") ?? []) old.remove();
    const shown = new Set(this.#ticks().map((one) => one.value));
    for (const number of this.numbers) {
      if (shown.has(number)) continue;
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "number", value: number });
      field.dataset.part = "beyond";
      this.bar?.append(field);
    }
    const back = /** @type {HTMLInputElement|null} */ (this.#part("back"));
    if (back) back.value = location.pathname + location.search; // the map as it stands comes back, too
  }

  #ticks() {
    return /** @type {HTMLInputElement[]} */ ([...this.root.querySelectorAll("tbody input[name=number]")]);
  }

  /** @param {string} name @returns {HTMLElement|null} */
  #part(name) {
    return this.bar?.querySelector(`[data-part=${name}]`) ?? null;
  }
}
