/** Logging out anywhere wipes what the phone page read for the account; what it still has to send stays. */
import { wipe } from "city/field/store.js";

/** @param {HTMLElement} form */
export function mount(form) {
  form.addEventListener("submit", async (event) => {
    if (form.dataset.wiped) return;
    event.preventDefault();
    form.dataset.wiped = "yes";
    await Promise.race([wipe().catch(() => {}), new Promise((done) => setTimeout(done, 1000))]);
    /** @type {HTMLFormElement} */ (form).submit();
  });
}
