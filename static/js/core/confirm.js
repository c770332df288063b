/** A form whose act can't be undone: asks first, in words. `data-ask`: the consequence, `data-do`: the act. */
import { ask } from "dialogs";

/** @param {HTMLFormElement} form */
export function mount(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await ask({ words: form.dataset.ask ?? "", act: form.dataset.do ?? "" })) form.submit();
  });
}
