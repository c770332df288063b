/** "as of 14:05" in the top bar: when this page was read, and whether it still hears of changes. */
import { onState } from "live";
import { t, timeZone } from "words";

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });

/** @param {HTMLElement} element */
export function mount(element) {
  let readAt = new Date();
  let state = "off";
  const show = () => {
    const time = clock.format(readAt);
    element.classList.toggle("stale", state === "stale" || !navigator.onLine);
    if (!navigator.onLine) element.textContent = t("offline · as of {time}", { time });
    else if (state === "stale") element.textContent = t("stale · as of {time}", { time });
    else if (state === "live") element.textContent = t("live · {time}", { time });
    else element.textContent = t("as of {time}", { time });
  };
  onState((next) => {
    if (next === "live") readAt = new Date();
    state = next;
    show();
  });
  setInterval(() => {
    if (state !== "live" || !navigator.onLine) return;
    readAt = new Date();
    show();
  }, 10000);
  addEventListener("online", show);
  addEventListener("offline", show);
}
