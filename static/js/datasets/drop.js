/**
 * Where files come in: dropped anywhere on the page, or chosen; one at a time, with what goes on said in words.
 * @module city/datasets/drop
 */
import { t } from "words";
import { fill, h } from "city/map/dom.js";
import { send, settled } from "city/datasets/upload.js";

export class Drop {
  /**
   * @param {HTMLElement} root the place in the panel
   * @param {HTMLElement} veil shown over the map while a file hovers
   * @param {{begun: () => void, done: (upload: any) => void}} hooks
   */
  constructor(root, veil, { begun, done }) {
    this.root = root;
    this.veil = veil;
    this.begun = begun;
    this.done = done;
    this.work = /** @type {HTMLElement} */ (root.querySelector("[data-part=work]"));
    this.problem = /** @type {HTMLElement} */ (root.querySelector("[data-part=problem]"));
    this.file = /** @type {HTMLInputElement} */ (root.querySelector("[data-part=file]"));
    this.file.addEventListener("change", () => {
      const chosen = this.file.files?.[0];
      this.file.value = "";
      if (chosen) this.take(chosen);
    });
    this.#listen();
  }

  #listen() {
    const holdsFile = (/** @type {DragEvent} */ event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    addEventListener("dragover", (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      this.#hover(true);
    });
    addEventListener("dragleave", (event) => event.relatedTarget === null && this.#hover(false));
    addEventListener("drop", (event) => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      this.#hover(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 1) this.#say(t("One file at a time: pack the parts of a Shapefile into a ZIP."));
      else if (files[0]) this.take(files[0]);
    });
  }

  /** @param {boolean} is */
  #hover(is) {
    this.veil.hidden = !is;
    this.root.classList.toggle("is-over", is);
  }

  /** @param {File} file */
  async take(file) {
    if (this.stop) return this.#say(t("Another file is still on its way."));
    this.problem.hidden = true;
    const most = Number(this.root.dataset.maxMb);
    if (file.size > most * 2 ** 20) return this.#say(t("The file is larger than {n} MB, the most that is taken.", { n: most }), file.name);
    this.begun();
    this.stop = new AbortController();
    try {
      this.#bar(t("Sending {name}", { name: file.name }), 0);
      const upload = await send(file, (share) => this.#bar(share < 1 ? t("Sending {name}", { name: file.name }) : t("Examining {name}", { name: file.name }), share < 1 ? share : null), this.stop.signal);
      this.done(await settled(upload, (share) => this.#bar(t("Examining {name}", { name: file.name }), share), this.stop.signal));
    } catch (error) {
      const problem = /** @type {any} */ (error);
      if (problem.name !== "AbortError") this.#say(problem.message, file.name);
    } finally {
      this.stop = undefined;
      this.work.hidden = true;
    }
  }

  /** @param {string} words @param {number|null} share null: nobody knows how far */
  #bar(words, share) {
    this.work.hidden = false;
    const bar = h("progress", { max: 1, "aria-label": words, ...(share === null ? {} : { value: share }) });
    fill(this.work, h("span", { class: "drop-words" }, words), bar,
      h("button", { type: "button", class: "quiet", onclick: () => this.stop?.abort() }, t("Stop")));
  }

  /** @param {string} words @param {string} [name] */
  #say(words, name) {
    this.problem.hidden = false;
    fill(this.problem, name ? h("strong", {}, name) : null, name ? " " : null, words);
  }
}
