/**
 * A recipe as cards: steps are added, ordered, filled, checked, saved and run; then its account and result are shown.
 * @module city/planning/recipe
 */
import { getJSON, patchJSON, postJSON } from "http";
import { toast } from "dialogs";
import { t } from "words";
import { fill, h, icon } from "city/map/dom.js";
import { account } from "city/planning/account.js";
import { fieldOf, valuesOf } from "city/planning/fields.js";
import { numbers } from "city/planning/numbers.js";
import { result } from "city/planning/result.js";

const LOOK_MS = 700;
const COST_MS = 600; // after the last change
const OPEN = ["waiting", "running"];

/** @param {HTMLElement} root */
export async function mount(root) {
  await new Recipe(root).start();
}

class Recipe {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    const told = JSON.parse(this.part("schema").textContent ?? "{}");
    /** @type {Map<string, any>} */
    this.kinds = new Map(told.steps.map((/** @type {any} */ one) => [one.do, one]));
    this.id = Number(root.dataset.id) || null;
    this.made = 0;
    for (const step of told.recipe?.steps ?? []) this.#card(step);
  }

  /** @param {string} name @returns {any} */
  part(name) {
    return this.root.querySelector(`[data-part="${name}"]`);
  }

  async start() {
    this.part("add").addEventListener("click", () => this.#add());
    for (const [name, act] of Object.entries({ check: () => this.#check(), save: async () => {
      await this.#save();
      toast(t("Saved"));
    }, run: () => this.#run(), cancel: () => this.#cancel() }))
      this.part(name).addEventListener("click", () => this.#do(this.part(name), act));
    this.#counted();
    await this.#do(null, async () => {
      const told = await getJSON("/api/v1/layers");
      this.layers = (told.layers ?? told.items ?? told).map((/** @type {any} */ one) => [one.id, one.title]);
      this.#sources();
      if (this.id) await this.#show();
    });
    this.root.dataset.state = "ready";
  }

  /** Do something; what goes wrong is said beside the buttons. @param {HTMLButtonElement|null} button @param {() => Promise<any>} act */
  async #do(button, act) {
    const problem = this.part("problem");
    problem.hidden = true;
    button?.setAttribute("aria-busy", "true");
    try {
      await act();
    } catch (error) {
      problem.textContent = /** @type {Error} */ (error).message;
      problem.hidden = false;
    } finally {
      button?.removeAttribute("aria-busy");
    }
  }

  #add() {
    const before = this.cards().at(-1);
    const card = this.#card({ do: this.part("kind").value, as: `step_${this.cards().length + 1}`, of: before ? this.#values(before).as : "" });
    /** @type {HTMLElement|null} */ (card.querySelector("[data-field=of]"))?.focus();
    this.#counted();
  }

  /** @returns {HTMLElement[]} */
  cards() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.part("cards").children)];
  }

  /** @param {any} step @returns {HTMLElement} */
  #card(step) {
    const kind = this.kinds.get(step.do);
    const number = ++this.made;
    const made = (/** @type {any} */ field) => fieldOf(field, step[field.name], `step-${number}-${field.name}`);
    const [needed, more] = [true, false].map((is) => kind.fields.filter((/** @type {any} */ one) => one.required === is));
    const act = (/** @type {string} */ words, /** @type {any} */ sign, /** @type {() => void} */ then) => h("button", { type: "button", class: "quiet square", "aria-label": words, title: words, onclick: then }, sign);
    const card = h("li", { class: "card recipe-card", dataset: { do: step.do } },
      h("div", { class: "recipe-card-head" }, h("h2", {}, kind.title),
        act(t("Earlier"), "↑", () => this.#move(card, -1)), act(t("Later"), "↓", () => this.#move(card, 1)), act(t("Remove the step"), icon("close"), () => { card.remove(); this.#counted(); })),
      h("p", { class: "help" }, kind.help),
      h("p", { class: "error", "data-error": "do", hidden: true }),
      h("div", { class: "recipe-fields" }, ...needed.map(made)),
      more.length ? h("details", { open: more.some((/** @type {any} */ one) => one.name in step) }, h("summary", {}, t("More fields")), h("div", { class: "recipe-fields" }, ...more.map(made))) : null);
    this.part("cards").append(card);
    card.addEventListener("change", () => {
      this.#sources();
      this.#expect();
    });
    return card;
  }

  /** @param {HTMLElement} card @param {number} by */
  #move(card, by) {
    const other = by < 0 ? card.previousElementSibling : card.nextElementSibling;
    if (by < 0) other?.before(card);
    else other?.after(card);
    this.#sources();
  }

  /** What it would cost now, a moment after the last change; faults wait for the button. */
  #expect() {
    clearTimeout(this.soon);
    this.soon = setTimeout(async () => {
      const steps = this.steps();
      if (!steps.length) return this.#cost(null);
      const asked = JSON.stringify(steps);
      try {
        const { faults } = await postJSON("/api/v1/recipes/checks", { steps });
        const cost = faults.length ? null : await postJSON("/api/v1/recipes/estimates", { steps });
        if (asked === JSON.stringify(this.steps())) this.#cost(cost);
      } catch {
        this.#cost(null);
      }
      return undefined;
    }, COST_MS);
  }

  /** @param {any} cost what is expected, or null where nobody can tell yet */
  #cost(cost) {
    fill(this.part("cost"), ...(cost ? [
      h("p", { class: "hint" }, t("Some {seconds} s in all.", { seconds: numbers(cost.seconds, 1) })),
      h("ul", { class: "recipe-account" }, ...cost.steps.map((/** @type {any} */ one) => h("li", {}, t("{step}: some {rows} rows, {seconds} s", { step: one.as || t("reading"), rows: numbers(one.rows), seconds: numbers(one.seconds, 1) })))),
    ] : []));
  }

  #counted() {
    this.part("count").textContent = String(this.cards().length);
    this.part("none").hidden = this.cards().length > 0;
    this.#sources();
    this.#expect();
  }

  #sources() {
    const names = this.cards().map((one) => [this.#values(one).as, t("earlier step")]);
    fill(/** @type {Element} */ (this.root.querySelector("#r-sources")), ...[...names, ...(this.layers ?? [])].filter(([id]) => id).map(([id, title]) => h("option", { value: id, label: title })));
  }

  /** @param {HTMLElement} card */
  #values(card) {
    return valuesOf(card, this.kinds.get(card.dataset.do ?? "").fields);
  }

  steps() {
    return this.cards().map((card) => ({ do: card.dataset.do, ...this.#values(card) }));
  }

  /** Faults stand beside their fields; without any the cost is told. @returns {Promise<boolean>} whether it may run */
  async #check() {
    for (const error of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("[data-error]"))) error.hidden = true;
    for (const card of this.cards()) card.classList.remove("is-bad");
    if (!this.cards().length) throw new Error(t("Add a step first."));
    const steps = this.steps();
    const { faults } = await postJSON("/api/v1/recipes/checks", { steps });
    faults.forEach((/** @type {any} */ one) => this.#fault(one));
    this.#cost(null);
    if (faults.length) throw new Error(t("Something is wrong in the steps: see the fields marked."));
    this.#cost(await postJSON("/api/v1/recipes/estimates", { steps }));
    return true;
  }

  /** @param {{step: number, field: string, detail: string}} fault */
  #fault(fault) {
    const card = this.cards()[fault.step];
    const place = /** @type {HTMLElement|null} */ (card?.querySelector(`[data-error="${fault.field}"]`) ?? card?.querySelector("[data-error=do]"));
    if (!card || !place) return;
    card.classList.add("is-bad");
    const details = place.closest("details");
    if (details) details.open = true;
    place.textContent = fault.detail;
    place.hidden = false;
  }

  async #save() {
    await this.#check();
    const body = { title: this.part("title").value.trim(), steps: this.steps() };
    if (this.id) await patchJSON(`/api/v1/recipes/${this.id}`, { ...body, title: body.title || undefined });
    else {
      const made = await postJSON("/api/v1/recipes", { ...body, name: this.part("name").value.trim() });
      this.id = made.id;
      this.part("name").disabled = true;
      history.replaceState(null, "", `/planning/recipes/${made.id}`);
    }
  }

  async #run() {
    await this.#save();
    const run = await postJSON(`/api/v1/recipes/${this.id}/runs`, undefined);
    await this.#watch(run);
  }

  /** @param {any} run one that may be under way */
  async #watch(run) {
    this.run = run;
    const box = this.part("running");
    while (OPEN.includes(this.run.state)) {
      box.hidden = false;
      this.part("progress").value = this.run.progress;
      this.part("step").textContent = this.run.step ? t("At the step {step}", { step: this.run.step }) : t("Waiting");
      await new Promise((done) => setTimeout(done, LOOK_MS));
      this.run = await getJSON(`/api/v1/recipes/${this.id}/runs/${run.id}`);
    }
    box.hidden = true;
    if (this.run.state === "failed") throw new Error(this.run.error?.detail || t("The run failed."));
    if (this.run.state === "cancelled") throw new Error(t("The run was stopped."));
    await this.#show();
  }

  async #cancel() {
    await postJSON(`/api/v1/recipes/${this.id}/runs/${this.run.id}/cancel`, undefined);
  }

  /** The last run, its account and result, and what changed since. */
  async #show() {
    const told = await getJSON(`/api/v1/recipes/${this.id}`);
    const stale = this.part("stale");
    stale.hidden = !told.stale?.length;
    if (told.stale?.length) stale.textContent = t("Stale, run it again: {what} changed.", { what: told.stale.map((/** @type {string} */ one) => (one === "steps" ? t("the steps") : one)).join(", ") });
    const open = told.runs.find((/** @type {any} */ one) => OPEN.includes(one.state));
    if (open) return this.#watch(open);
    const done = told.runs.find((/** @type {any} */ one) => one.state === "done");
    if (done) account(this.part("account"), done);
    if (done && told.layer) await result(this.part("result"), told);
    return undefined;
  }
}
