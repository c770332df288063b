/**
 * The next steps of a case as buttons and forms, made from what `/api/v1/cases/<number>` says: the same as on its page.
 * @module city/cases/act_form
 */
import { getJSON, newKey, postForm, postJSON } from "http";
import { t } from "words";
import { fill, h } from "city/map/dom.js";

const PHOTOS_MAX = 12;

/** @typedef {{name: string, kind: string, words: string, required: boolean, choices: {value: string, words: string}[]}} Field */
/** @typedef {{act: string, words: string, tone: string, asks: boolean, can_undo: boolean, blocked: {code: string, detail: string}|null, form: Field[]}} Step */

/**
 * @param {HTMLElement} root filled with the steps open to this person; stays empty where there is none
 * @param {string} number of the case
 * @param {() => void} done called when the case has been moved
 */
export async function showSteps(root, number, done) {
  const address = `/api/v1/cases/${encodeURIComponent(number)}`;
  try {
    const told = await getJSON(address);
    if (root.isConnected) steps(root, address, told, done);
  } catch (error) {
    fill(root, h("p", { class: "hint" }, /** @type {Error} */ (error).message));
  }
}

/**
 * @param {HTMLElement} root
 * @param {string} address
 * @param {any} told
 * @param {() => void} done
 */
function steps(root, address, told, done) {
  if (!told.acts.length) return fill(root);
  return fill(root, h("h3", {}, t("Next step")), h("div", { class: "steps" }, ...told.acts.map((/** @type {Step} */ step) => item(address, told, step, done))));
}

/**
 * @param {string} address
 * @param {any} told
 * @param {Step} step
 * @param {() => void} done
 */
function item(address, told, step, done) {
  if (step.blocked)
    return h("p", { class: "step blocked" }, h("span", { class: "button", "aria-disabled": "true" }, step.words), " ", h("span", { class: "hint" }, step.blocked.detail));
  const form = stepForm(address, told, step, done);
  if (!step.form.length) return form;
  const tone = { main: " primary", danger: " danger" }[step.tone] ?? "";
  return h("details", { class: "step" },
    h("summary", { class: `button${tone}` }, step.words, step.asks ? " " : null, step.asks ? h("span", { class: "hint" }, t("needs approval")) : null), form);
}

/**
 * @param {string} address
 * @param {any} told
 * @param {Step} step
 * @param {() => void} done
 */
function stepForm(address, told, step, done) {
  const problem = h("p", { class: "alert", role: "alert", hidden: true });
  const button = h("button", { class: "primary" }, step.asks ? t("Ask for it") : step.words);
  const key = newKey(); // the same for every try: a step sent twice is done once
  const form = /** @type {HTMLFormElement} */ (h("form", { class: "form step-form", novalidate: true },
    ...step.form.map((one) => field(one, step, told)), problem, button));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    /** @type {HTMLButtonElement} */ (button).disabled = true;
    problem.hidden = true;
    try {
      const answers = await answersOf(form, step);
      await postJSON(`${address}/moves`, { act: step.act, revision: told.revision, answers }, { key });
      done();
    } catch (error) {
      const { code, message, field: wrong } = /** @type {any} */ (error);
      const asked = step.form.find((one) => one.name === wrong);
      const missing = code === "workflow.answer_missing" && asked; // said with the words of the form
      problem.textContent = missing ? t("Please give: {name}", { name: asked.words }) : message;
      problem.hidden = false;
      if (wrong) /** @type {HTMLElement|null} */ (form.querySelector(`[name="${CSS.escape(wrong)}"]`))?.focus();
    }
    /** @type {HTMLButtonElement} */ (button).disabled = false;
  });
  return form;
}

/**
 * Photos are taken in one by one first; those that went through are not sent again when the step is tried once more.
 * @param {HTMLFormElement} form
 * @param {Step} step
 */
async function answersOf(form, step) {
  /** @type {Record<string, any>} */
  const answers = {};
  for (const one of step.form) {
    const input = /** @type {any} */ (form.elements.namedItem(one.name));
    if (one.kind === "photos") answers[one.name] = await photoKeys(input);
    else if (input?.value) answers[one.name] = input.value;
  }
  return answers;
}

/** @type {WeakMap<File, string>} */
const taken = new WeakMap();

/** @param {HTMLInputElement} input */
async function photoKeys(input) {
  const files = [...(input.files ?? [])].slice(0, PHOTOS_MAX);
  for (const file of files) {
    if (taken.has(file)) continue;
    const data = new FormData();
    data.append("photo", file);
    taken.set(file, (await postForm("/api/v1/photos", data)).key);
  }
  return files.map((one) => taken.get(one));
}

/**
 * @param {Field} one
 * @param {Step} step
 * @param {any} told
 */
function field(one, step, told) {
  const id = `drawer-${step.act}-${one.name}`;
  const hint = one.required ? null : h("span", { class: "hint" }, t("if you like"));
  return h("div", { class: "field" }, h("label", { for: id }, one.words, " ", hint), input(one, id, told));
}

/**
 * @param {Field} one
 * @param {string} id
 * @param {any} told
 */
function input(one, id, told) {
  const marks = { id, name: one.name, required: one.required };
  const chosen = one.kind === "department" ? (told.department ?? "") : "";
  if (one.choices.length) return select(marks, one.choices, chosen);
  if (one.kind === "department") return h("input", { ...marks, value: chosen, maxlength: 200 });
  if (one.kind === "photos") return h("input", { ...marks, type: "file", accept: "image/*", multiple: true });
  if (one.kind === "text") return h("textarea", { ...marks, maxlength: 4000, rows: 2 });
  return h("input", { ...marks, type: one.kind === "date" ? "date" : "text" });
}

/**
 * @param {Record<string, any>} marks
 * @param {Field["choices"]} choices
 * @param {string} chosen kept even where it is none of the choices: a record may hold an older name
 */
function select(marks, choices, chosen) {
  const all = chosen && !choices.some((one) => one.value === chosen) ? [...choices, { value: chosen, words: chosen }] : choices;
  return h(
    "select",
    marks,
    h("option", { value: "" }, t("Choose")),
    ...all.map((one) => h("option", { value: one.value, selected: one.value === chosen }, one.words)),
  );
}
