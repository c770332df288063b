/**
 * A step that came too late: mine beside what others did, field by field, and what to do about it.
 * @module city/field/conflict
 */
import { fill, h } from "city/map/dom.js";
import { exact } from "city/map/format.js";
import { t } from "words";
import { call } from "city/field/net.js";
import { again } from "city/field/queue.js";
import { FLOW, className, placeName } from "city/field/words.js";

/** @typedef {import("./store.js").Item} Item */

/**
 * @param {Item} one @param {HTMLElement} root @param {() => void} send
 * @param {() => HTMLElement} dropping the form that drops it with a reason
 */
export async function showConflict(one, root, send, dropping) {
  fill(root, h("p", { class: "hint" }, t("Looking at what changed…")));
  const path = `/api/v1/cases/${encodeURIComponent(one.body.number)}`;
  const [now, past] = await Promise.all([call(path), call(`${path}/history`)]);
  if (now.kind !== "ok" || past.kind !== "ok") {
    const words = now.kind === "refused" ? t("The case is no longer in your areas.") : t("What changed can be shown once there is a network.");
    return fill(root, h("p", { class: "alert" }, one.why?.detail ?? ""), h("p", { class: "hint" }, words), now.kind === "refused" ? dropping() : null);
  }
  const allowed = now.body.acts.find((/** @type {any} */ act) => act.act === one.body.move.act);
  const keep = () => again(one.id, (item) => {
    item.body.move.revision = now.body.revision;
    item.seen = { ...item.seen, case: now.body, revision: now.body.revision };
  }).then(send);
  const why = allowed?.blocked?.detail ?? (allowed ? "" : t("From where the case stands now, this step can't be taken."));
  fill(root, h("p", { class: "alert" }, one.why?.detail ?? ""), versus(one, now.body, past.body.items),
    h("button", { type: "button", class: "primary wide", disabled: Boolean(why), onclick: keep }, t("Keep mine, as a new step")),
    why ? h("p", { class: "hint" }, why) : null, dropping());
}

/** @param {Item} one @param {any} now @param {any[]} history */
function versus(one, now, history) {
  const seen = one.seen?.case ?? {};
  const theirs = history.filter((line) => line.kind === "move").at(-1) ?? {};
  const mine = one.body.move;
  const state = (/** @type {any} */ of) => FLOW.states[of.status] ?? of.status ?? "";
  const rows = [
    [t("Status"), state(seen), state(now)],
    [t("Step"), one.label.act, FLOW.acts[theirs.act] ?? theirs.act ?? ""],
    [t("Result"), one.label.result, theirs.answers?.result ? (FLOW.results?.[theirs.answers.result] ?? theirs.answers.result) : ""],
    [t("Note"), mine.note, theirs.note ?? ""],
    [t("By"), t("me"), theirs.actor ?? ""],
    [t("When"), exact(one.made_at), theirs.at ? exact(theirs.at) : ""],
    [t("Photos"), String(one.photos.length), String(now.photos?.length ?? 0)],
    [t("Class"), className(seen), className(now)],
    [t("Place"), placeName(seen), placeName(now)],
    [t("Handled by"), seen.department ?? "", now.department ?? ""],
  ];
  return h("table", { class: "versus" },
    h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, t("Mine")), h("th", { scope: "col" }, t("Theirs")))),
    h("tbody", {}, ...rows.filter(([, left, right]) => left || right).map(([name, left, right]) =>
      h("tr", { class: left === right ? "" : "differs" }, h("th", { scope: "row" }, name), h("td", {}, left || "–"), h("td", {}, right || "–")))));
}
