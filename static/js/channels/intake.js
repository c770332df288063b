/**
 * The phone desk: while a call is taken down, what is known of the number and the place stands beside it.
 * @module city/channels/intake
 */
import { send } from "http";
import { t } from "words";
import { Finder } from "city/map/finder.js";
import { worded } from "city/map/format.js";
import { findable } from "city/channels/classes.js";
import { PlaceField } from "city/channels/place.js";

const WAIT_MS = 350;

/** @param {HTMLElement} root */
export async function mount(root) {
  const form = /** @type {HTMLFormElement} */ (root.querySelector("[data-part=form]"));
  const found = /** @type {HTMLElement} */ (root.querySelector("[data-part=found]"));
  let timer = 0;
  let round = 0;
  const look = () => {
    clearTimeout(timer);
    timer = window.setTimeout(async () => {
      const mine = ++round;
      try {
        const answer = await send("/intake/look", { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } });
        const part = await answer.text();
        if (mine !== round) return;
        const page = new DOMParser().parseFromString(part, "text/html"); // our own template, escaped by it
        found.replaceChildren(...page.body.children);
      } catch (error) {
        if (mine === round) found.firstElementChild?.setAttribute("data-stale", /** @type {Error} */ (error).message);
      }
    }, WAIT_MS);
  };
  const place = new PlaceField(root, look);
  findable(/** @type {HTMLElement} */ (root.querySelector("[data-part=classes]")));
  finder(root, form, place);
  const asked = ["phone", "class_id", "description"];
  form.addEventListener("change", (event) => asked.includes(/** @type {HTMLInputElement} */ (event.target).name) && look());
  if (/** @type {HTMLInputElement} */ (form.querySelector("#phone")).value) look(); // typed before this was here
  await place.draw();
}

/** @param {HTMLElement} root @param {HTMLFormElement} form @param {PlaceField} place */
function finder(root, form, place) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector("#address"));
  const list = document.createElement("ul");
  Object.assign(list, { id: "address-found", className: "finder-found", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", t("Found"));
  input.parentElement?.classList.add("finder");
  input.parentElement?.append(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) input.setAttribute(name, value);
  new Finder(input, list, {
    choose: (one) => place.choose([one.lon, one.lat], one.kind === "address" ? one.id : "", t("Chosen: {place}", { place: worded(one) })),
    near: () => {
      const { lng, lat } = place.map?.getCenter() ?? { lng: Number(place.box.dataset.lon), lat: Number(place.box.dataset.lat) };
      return { lng, lat };
    },
  });
}
