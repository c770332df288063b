/** Light or dark: switches the page and keeps the choice in this browser. */

/** @returns {"light" | "dark"} what is shown now */
export function shownTheme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/**
 * @param {(theme: "light" | "dark") => void} act called whenever the shown theme changes
 * @returns {() => void} to listen no more
 */
export function onTheme(act) {
  const ending = new AbortController();
  const told = () => act(shownTheme());
  document.addEventListener("city:theme", told, { signal: ending.signal });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", told, { signal: ending.signal });
  return () => ending.abort();
}

/** @param {HTMLElement} button */
export function mount(button) {
  button.addEventListener("click", () => {
    const next = shownTheme() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem("theme", next);
    } catch {
      /* not kept, but shown */
    }
    document.dispatchEvent(new CustomEvent("city:theme", { detail: next }));
  });
}
