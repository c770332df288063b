/**
 * The star: keeps a layer at hand without loading the page anew. Without scripts the form does the same.
 * @module city/layerbook/star
 */
import { toast } from "dialogs";
import { Problem, send } from "http";

/** @param {HTMLFormElement} form */
export function mount(form) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const keeps = button.value === "1";
    button.disabled = true;
    try {
      await send(`/api/v1/favourites/${form.dataset.layer}`, { method: keeps ? "PUT" : "DELETE" });
      button.value = keeps ? "0" : "1";
      button.setAttribute("aria-pressed", String(keeps));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      toast(error.message);
    } finally {
      button.disabled = false;
      button.focus();
    }
  });
}
