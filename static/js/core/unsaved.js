/** A form that warns before what was typed is lost by leaving the page. */

/** @param {HTMLFormElement} form */
export function mount(form) {
  let isDirty = false;
  form.addEventListener("input", () => (isDirty = true));
  form.addEventListener("submit", () => (isDirty = false));
  addEventListener("beforeunload", (event) => {
    if (isDirty) event.preventDefault();
  });
}
