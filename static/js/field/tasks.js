/**
 * Tasks to verify and to check: where, until when, and the result with photo, note and place. Works from what was taken along.
 * @module city/field/tasks
 */
import { fill, h } from "city/map/dom.js";
import { ago, distance } from "city/map/format.js";
import { t } from "words";
import { here, metres, onFix } from "city/field/here.js";
import { full } from "city/field/log.js";
import { Photos } from "city/field/photos.js";
import { enqueue, newId, onChange } from "city/field/queue.js";
import { said } from "city/field/said.js";
import { me, onSession, taken } from "city/field/session.js";
import * as store from "city/field/store.js";
import { className, placeName } from "city/field/words.js";

const KNOWN = new Set(["choice", "photos", "text"]);

export class Tasks {
  /** @param {HTMLElement} root @param {() => void} send @param {(n: number) => void} count */
  constructor(root, send, count) {
    this.list = /** @type {HTMLElement} */ (root.querySelector("[data-part=list]"));
    this.send = send;
    this.count = count;
    this.open = 0;
    onSession(() => this.show());
    onChange(() => this.show());
    onFix(() => this.open || this.show());
  }

  async show() {
    const account = me()?.account_id ?? 0;
    const done = new Set((await store.items(account)).filter((one) => one.kind === "move" && one.state !== "refused").map((one) => one.seen?.task));
    const waiting = (taken()?.tasks ?? []).filter((/** @type {any} */ one) => !done.has(one.id));
    this.count(waiting.length);
    if (this.open && waiting.some((/** @type {any} */ one) => one.id === this.open)) return; // a form is being filled in
    this.open = 0;
    if (!taken()) return fill(this.list, h("p", { class: "empty" }, t("Your tasks are not on this phone yet: open this page once with a network.")));
    if (!waiting.length) return fill(this.list, h("p", { class: "empty" }, t("No task waits for you.")));
    fill(this.list, ...sorted(waiting).map((one) => this.#card(one)));
  }

  /** @param {any} task */
  #card(task) {
    const one = task.case;
    const fix = here();
    const far = fix ? distance(metres([fix.lon, fix.lat], [one.lon, one.lat])) : "";
    const due = task.due_at ? h("span", { class: `clock ${Date.parse(task.due_at) < Date.now() ? "overdue" : "on_time"}` }, ago(task.due_at)) : null;
    const body = h("div");
    const card = h("article", { class: "field-card", dataset: { task: task.id } },
      h("header", {}, h("h2", {}, `${task.words} · ${className(one)}`), due),
      one.description ? h("p", {}, one.description) : null,
      h("p", { class: "hint" }, [placeName(one), far, one.number].filter(Boolean).join(" · ")), body);
    const begin = h("button", { type: "button", class: "wide", onclick: () => this.#form(task, body) }, t("Give the result"));
    body.append(begin);
    return card;
  }

  /** @param {any} task @param {HTMLElement} body */
  #form(task, body) {
    const act = task.acts.find((/** @type {any} */ one) => one.tone === "main") ?? task.acts[0];
    if (!act) return fill(body, h("p", { class: "hint" }, t("The server offers no step here now.")));
    this.open = task.id;
    new StepForm(task, act, body, this).show();
  }

  close() {
    this.open = 0;
    this.show();
  }
}

/** The nearest first where the place is known, else what is due first. @param {any[]} tasks @returns {any[]} */
function sorted(tasks) {
  const fix = here();
  if (!fix) return tasks;
  const far = (/** @type {any} */ one) => metres([fix.lon, fix.lat], [one.case.lon, one.case.lat]);
  return [...tasks].sort((one, other) => far(one) - far(other));
}

class StepForm {
  /** @param {any} task @param {any} act @param {HTMLElement} body @param {Tasks} tasks */
  constructor(task, act, body, tasks) {
    this.task = task;
    this.act = act;
    this.body = body;
    this.tasks = tasks;
    this.id = newId();
    /** @type {Record<string, string>} */
    this.answers = {};
    /** @type {Photos|null} */
    this.photos = null;
    this.error = h("p", { class: "alert", role: "alert", hidden: true });
  }

  show() {
    const others = this.task.acts.filter((/** @type {any} */ one) => one.act !== this.act.act && one.form.every((/** @type {any} */ field) => KNOWN.has(field.kind)));
    fill(this.body, ...this.act.form.map((/** @type {any} */ field) => this.#field(field)), this.error,
      h("button", { type: "button", class: "primary wide", onclick: (/** @type {any} */ event) => this.#finish(event.target) }, t("Send")),
      others.length ? h("details", {}, h("summary", {}, t("Another step")), h("div", { class: "acts" }, ...others.map((/** @type {any} */ one) =>
        h("button", { type: "button", onclick: () => new StepForm(this.task, one, this.body, this.tasks).show() }, one.words)))) : null,
      h("button", { type: "button", class: "quiet wide", onclick: () => this.tasks.close() }, t("Close")));
  }

  /** @param {any} field */
  #field(field) {
    const name = `${this.task.id}-${field.name}`;
    if (field.kind === "choice") return this.#choice(field);
    if (field.kind === "photos") {
      const box = h("div");
      this.photos = new Photos(box, () => {});
      return box;
    }
    return h("div", { class: "field" }, h("label", { for: name }, field.words),
      h("textarea", { id: name, rows: 2, oninput: (/** @type {any} */ event) => (this.answers[field.name] = event.target.value) }));
  }

  /** @param {any} field */
  #choice(field) {
    const press = (/** @type {any} */ event, /** @type {string} */ value) => {
      for (const one of event.target.parentElement.children) one.setAttribute("aria-pressed", String(one === event.target));
      this.answers[field.name] = value;
    };
    return h("div", { class: "field", role: "group", "aria-label": field.words }, h("strong", {}, field.words),
      h("div", { class: "results" }, ...field.choices.map((/** @type {any} */ one) =>
        h("button", { type: "button", "aria-pressed": "false", onclick: (/** @type {any} */ event) => press(event, one.value) }, one.words))));
  }

  /** @param {HTMLButtonElement} button */
  async #finish(button) {
    const lacking = this.act.form.find((/** @type {any} */ one) => one.required && !(this.answers[one.name] ?? "").trim() && one.kind !== "photos");
    if (lacking) {
      this.error.textContent = t("Still needed: {what}", { what: lacking.words });
      this.error.hidden = false;
      return;
    }
    const { task, act } = this;
    button.disabled = true;
    const fix = here();
    const { note = "", ...answers } = this.answers;
    const move = { act: act.act, answers, note: note.trim(), revision: task.revision, lon: fix?.lon ?? null, lat: fix?.lat ?? null };
    const given = {
      id: this.id, account: me()?.account_id ?? 0, kind: /** @type {"move"} */ ("move"), body: { number: task.case.number, move },
      label: { class: task.case.class, act: act.words, note: move.note, number: task.case.number, result: chosen(act, answers) },
      seen: { task: task.id, case: task.case, revision: task.revision, as_of: taken()?.as_of },
    };
    try {
      await enqueue(given, this.photos?.list ?? []);
    } catch (error) {
      button.disabled = false;
      return full(error);
    }
    said(t("Kept on this phone; it is sent as soon as there is a network."));
    this.tasks.close();
    this.tasks.send();
  }
}

/** @param {any} act @param {Record<string, string>} answers the words of what was chosen */
function chosen(act, answers) {
  const field = act.form.find((/** @type {any} */ one) => one.kind === "choice");
  return field?.choices.find((/** @type {any} */ one) => one.value === answers[field.name])?.words ?? "";
}

