/**
 * The page of one's own prints and shared maps: progress of what is under way, taking away, withdrawing.
 * @module city/printing/shares
 */
import { postJSON, sendJSON } from "http";
import { ask, toast } from "dialogs";
import { t } from "words";
import { progress } from "city/printing/progress.js";

/** @param {HTMLElement} root */
export function mount(root) {
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-going]"))) {
    progress(row, JSON.parse(row.dataset.going ?? "{}"), () => {});
  }
  root.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (button?.dataset.remove) remove(button.dataset.remove, button);
    if (button?.dataset.revoke) revoke(button.dataset.revoke);
  });
}

/** @param {string} key @param {HTMLElement} button */
async function remove(key, button) {
  try {
    await sendJSON("DELETE", `/api/v1/prints/${key}`, undefined);
    button.closest("tr")?.remove();
  } catch (error) {
    toast(/** @type {Error} */ (error).message);
  }
}

/** @param {string} id */
async function revoke(id) {
  const words = t("The other sites show the map no more, at once. It can't be given back under the same address.");
  if (!(await ask({ title: t("Withdraw this map?"), words, act: t("Withdraw") }))) return;
  try {
    await postJSON(`/api/v1/embeds/${id}/revoke`, {});
    location.reload();
  } catch (error) {
    toast(/** @type {Error} */ (error).message);
  }
}
