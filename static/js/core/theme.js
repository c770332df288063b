/* Runs before the first paint, so it is no module: the chosen theme, kept in this browser. */
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    /* storage may be closed: the system's choice stands */
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
