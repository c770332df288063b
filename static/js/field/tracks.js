/**
 * Points of patrols on their way to the server, in batches; they leave the phone once the server counts them.
 * @module city/field/tracks
 */
import { call } from "./net.js";
import * as store from "./store.js";

const BATCH = 300;

/** @param {any} session @returns {Promise<"done"|"later">} */
export async function sendTracks(session) {
  for (const patrol of await store.patrols(session.account_id)) {
    if ((await sendTrack(patrol, session)) === "later") return "later";
  }
  return "done";
}

/** @param {any} patrol @param {any} session @returns {Promise<"done"|"later">} */
async function sendTrack(patrol, session) {
  for (;;) {
    const waiting = await store.points(patrol.id);
    const batch = waiting.slice(0, BATCH);
    const isLast = waiting.length <= BATCH;
    if (!batch.length && !patrol.ended_at) return "done";
    const json = {
      patrol: patrol.id, started_at: patrol.started_at, sent_at: new Date().toISOString(),
      ended_at: isLast ? patrol.ended_at : null,
      points: batch.map(({ number, at, lon, lat, accuracy_m }) => ({ number, at, lon, lat, accuracy_m })),
    };
    const outcome = await call("/api/v1/field/tracks", { json, csrf: session.csrf });
    if (outcome.kind !== "ok" || outcome.body.patrol !== patrol.id) {
      patrol.why = outcome.kind === "ok" ? null : { status: outcome.status, code: outcome.code, detail: outcome.detail };
      await store.savePatrol(patrol);
      return outcome.kind === "refused" ? "done" : "later";
    }
    await store.dropPoints(patrol.id, outcome.body.upto);
    Object.assign(patrol, { told: outcome.body, why: null });
    if (isLast && patrol.ended_at) return store.forgetPatrol(patrol.id).then(() => "done");
    await save(patrol);
    if (isLast) return "done";
  }
}

/** The page may have ended the patrol meanwhile: only what the server told is written. @param {any} patrol */
async function save(patrol) {
  await store.write(["patrols"], ({ patrols }) => {
    const asked = patrols.get(patrol.id);
    asked.onsuccess = () => {
      if (asked.result) patrols.put({ ...asked.result, told: patrol.told, why: null });
    };
  });
}
