/**
 * The public page: a map to click, where one is, what was reported near there already.
 * @module city/channels/report
 */
import { send } from "http";
import { t } from "words";
import { findable } from "city/channels/classes.js";
import { PlaceField } from "city/channels/place.js";

/** @param {HTMLElement} root */
export async function mount(root) {
  const form = /** @type {HTMLFormElement | null} */ (root.querySelector("[data-part=form]"));
  if (!form) return;
  const near = /** @type {HTMLElement} */ (root.querySelector("[data-part=near]"));
  let round = 0;
  const place = new PlaceField(root, async () => {
    const mine = ++round;
    const asked = new FormData();
    asked.set("place", new FormData(form).get("place") ?? "");
    try {
      const answer = await send("/report/near", { method: "POST", body: asked, headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html"); // our own template, escaped by it
      if (mine === round) near.replaceChildren(...page.body.children);
    } catch {
      if (mine === round) near.replaceChildren(); // a hint only: the report goes on without it
    }
  });
  findable(/** @type {HTMLElement} */ (root.querySelector("[data-part=classes]")));
  here(root, place);
  await place.draw();
}

/** @param {HTMLElement} root @param {PlaceField} place */
function here(root, place) {
  const button = /** @type {HTMLButtonElement} */ (root.querySelector("[data-part=here]"));
  if (!navigator.geolocation || !window.isSecureContext) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    place.said.textContent = t("Looking for where you are …");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => place.choose([coords.longitude, coords.latitude], "", t("Your place, to about {n} m.", { n: Math.round(coords.accuracy) })),
      () => { place.said.textContent = t("This device can't tell where it is. Click the place on the map."); },
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  });
}
