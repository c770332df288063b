/** Copies the text of the element named by `data-copy`. */
import { t } from "words";

/** @param {HTMLButtonElement} button */
export function mount(button) {
  const words = button.textContent;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy ?? "");
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source.textContent ?? "");
      button.textContent = t("Copied");
    } catch {
      getSelection()?.selectAllChildren(source);
      button.textContent = t("Marked: press Ctrl+C");
    }
    setTimeout(() => (button.textContent = words), 2000);
  });
}
