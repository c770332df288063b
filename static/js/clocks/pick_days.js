/**
 * Clicking days of the year fills the form that changes days: one click for one day, with Shift up to a last one.
 * The form's own date fields are the way by keyboard; what they hold is shown in the year. `data-into`: the form.
 */

/** @param {HTMLElement} year */
export function mount(year) {
  const form = /** @type {HTMLFormElement} */ (document.querySelector(year.dataset.into ?? ""));
  const [first, last] = ["from", "to"].map((name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)));
  const days = /** @type {HTMLElement[]} */ ([...year.querySelectorAll("[data-day]")]);

  const show = () => {
    const until = last.value || first.value;
    for (const day of days) {
      const on = day.dataset.day ?? "";
      day.classList.toggle("is-picked", first.value !== "" && first.value <= on && on <= until);
    }
  };

  year.addEventListener("click", (event) => {
    const day = /** @type {HTMLElement} */ (event.target).closest?.("[data-day]");
    const on = /** @type {HTMLElement | null} */ (day)?.dataset.day;
    if (!on) return;
    if (event.shiftKey && first.value) {
      [first.value, last.value] = on < first.value ? [on, last.value || first.value] : [first.value, on];
    } else {
      first.value = on;
      last.value = "";
    }
    show();
  });
  year.addEventListener("mousedown", (event) => {
    if (event.shiftKey) event.preventDefault(); // or the browser selects text
  });
  form.addEventListener("input", show);
  show();
}
