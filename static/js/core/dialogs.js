/** Toasts with undo, and questions before acts that can't be undone. */
import { t } from "words";

const SHOWN_MS = 6000;

/**
 * A short word at the bottom of the screen. With `undo`, a button that takes the act back.
 * @param {string} words @param {{undo?: () => void, label?: string, stays?: boolean}} [options]
 * @returns {() => void} takes it away
 */
export function toast(words, { undo, label, stays } = {}) {
  const element = document.createElement("div");
  element.className = "toast";
  const text = document.createElement("span");
  text.textContent = words;
  element.append(text);
  const close = () => element.remove();
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label ?? t("Undo");
    button.addEventListener("click", () => {
      close();
      undo();
    });
    element.append(button);
  }
  document.getElementById("toasts")?.append(element);
  if (!stays) leaveLater(element, close);
  return close;
}

/** Goes after a while, but not under the pointer or the focus. @param {HTMLElement} element @param {() => void} close */
function leaveLater(element, close) {
  const go = () => (element.matches(":hover, :focus-within") ? setTimeout(go, 1000) : close());
  setTimeout(go, SHOWN_MS);
}

/**
 * Asks before an act that can't be undone.
 * @param {{title?: string, words: string, act: string, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, words, act, danger = true }) {
  const dialog = document.createElement("dialog");
  const form = document.createElement("form");
  form.method = "dialog";
  const head = document.createElement("h2");
  head.id = "ask-title";
  head.textContent = title ?? act;
  const text = document.createElement("p");
  text.textContent = words;
  const acts = document.createElement("div");
  acts.className = "acts";
  const no = button(t("Cancel"), "no", "");
  const yes = button(act, "yes", danger ? "danger" : "primary");
  acts.append(no, yes);
  form.append(head, text, acts);
  dialog.append(form);
  dialog.setAttribute("aria-labelledby", "ask-title");
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

/** @param {string} words @param {string} value @param {string} look */
function button(words, value, look) {
  const made = document.createElement("button");
  made.textContent = words;
  made.value = value;
  made.className = look;
  return made;
}
