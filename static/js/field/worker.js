// The field page's worker: keeps the page and its modules, one version of them; no answer that holds anybody's data.
// `self.KEPT` stands before this text: {version, files, words, page}.
import { drain } from "/static/js/field/queue.js";

const SHELL = `field-${self.KEPT.version}`;
const GROUND = "field-ground-1"; // the city's own ground: the same for everybody
const GROUND_MAX = 500;
const GROUND_PATH = /^\/(tiles\/(blocks|green|water|roads|buildings)\/|api\/v1\/map\/style\.json)/;
const WAIT_MS = 4000;
const files = new Set(self.KEPT.files);

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("sync", (event) => {
  if (event.tag === "field-send") event.waitUntil(drain({ now: true }).then(mustBeDone));
});
self.addEventListener("message", (event) => {
  if (event.data === "wipe") event.waitUntil(caches.delete(GROUND));
});
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === self.KEPT.page) event.respondWith(page(event.request));
  else if (files.has(url.pathname) || url.pathname === "/i18n/zh.json") event.respondWith(file(event.request, url));
  else if (GROUND_PATH.test(url.pathname)) event.respondWith(ground(event.request));
});

/** A sync that left something behind is asked for again by the browser. */
function mustBeDone(outcome) {
  if (outcome === "later") throw new Error("not all is sent");
}

async function install() {
  const cache = await caches.open(SHELL);
  await cache.addAll([...files, self.KEPT.words].map((one) => new Request(one, { cache: "reload" })));
  const shown = await fetch(self.KEPT.page, { credentials: "same-origin", redirect: "manual" }).catch(() => null);
  if (shown?.ok && shown.headers.has("X-City-Field")) await cache.put(self.KEPT.page, shown);
  await self.skipWaiting();
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith("field-") && name !== SHELL && name !== GROUND);
  const [before] = old;
  const cache = await caches.open(SHELL);
  if (before && !(await cache.match(self.KEPT.page))) {
    const shown = await (await caches.open(before)).match(self.KEPT.page); // better the last page than none
    if (shown) await cache.put(self.KEPT.page, shown);
  }
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The network first, for so long; then the kept page. A way to the login goes through; an error of a server doesn't. */
async function page(request) {
  const cache = await caches.open(SHELL);
  const kept = await cache.match(self.KEPT.page);
  const asked = fetch(request).then(async (answer) => {
    if (answer.ok && answer.headers.has("X-City-Field")) await cache.put(self.KEPT.page, answer.clone());
    return answer;
  });
  if (!kept) return asked;
  asked.catch(() => {});
  const late = new Promise((done) => setTimeout(done, WAIT_MS, null));
  const answer = await Promise.race([asked.catch(() => null), late]);
  const isOurs = answer && (answer.type === "opaqueredirect" || answer.headers.has("X-City-Field"));
  return isOurs ? answer : kept;
}

async function file(request, url) {
  const cache = await caches.open(SHELL);
  return (await cache.match(request, { ignoreSearch: url.pathname !== "/i18n/zh.json" })) ?? fetch(request);
}

async function ground(request) {
  const cache = await caches.open(GROUND);
  try {
    const answer = await fetch(request);
    if (answer.status === 200) {
      await cache.put(request, answer.clone());
      const keys = await cache.keys();
      await Promise.all(keys.slice(0, Math.max(0, keys.length - GROUND_MAX)).map((old) => cache.delete(old)));
    }
    return answer;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) return kept;
    throw error;
  }
}
