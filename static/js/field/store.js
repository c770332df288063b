/**
 * What the phone keeps: queued items and their photos, snapshots, drafts, points of patrols, and what was dropped.
 * Used by the page and by its worker: no window, no import map.
 * @module city/field/store
 */

/** @typedef {{id: string, receipt: any, type: string, name: string}} PhotoMark */
/**
 * @typedef {{id: string, account: number, kind: "report"|"move", order: number, made_at: string, label: any, body: any,
 *   photos: PhotoMark[], state: "waiting"|"sending"|"sent"|"conflict"|"refused", tries: number, next_at: number,
 *   why: any, receipt: any, sent_at: string|null, seen: any}} Item
 */

const NAME = "city-field";
/** @type {Promise<IDBDatabase>|null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function open() {
  opened ??= new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      const db = asked.result;
      db.createObjectStore("items", { keyPath: "id" }).createIndex("account", "account");
      db.createObjectStore("photos", { keyPath: "id" }).createIndex("item", "item");
      db.createObjectStore("kept", { keyPath: "key" });
      db.createObjectStore("dropped", { keyPath: "at_n", autoIncrement: true });
      db.createObjectStore("points", { keyPath: ["patrol", "number"] });
      db.createObjectStore("patrols", { keyPath: "id" });
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => asked.result.close();
      asked.result.onclose = () => (opened = null);
      done(asked.result);
    };
    asked.onerror = () => fail(asked.error);
  });
  opened.catch(() => (opened = null));
  return opened;
}

/** @template T @param {IDBRequest<T>} asked @returns {Promise<T>} */
const answer = (asked) =>
  new Promise((done, fail) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });

/**
 * One transaction over some stores: whole or not at all, and on the disk before it is said to be done.
 * @template T
 * @param {string[]} names @param {(stores: Record<string, IDBObjectStore>) => Promise<T>|T} act
 * @returns {Promise<T>}
 */
export async function write(names, act) {
  const db = await open();
  const held = db.transaction(names, "readwrite", { durability: "strict" });
  const ended = new Promise((done, fail) => {
    held.oncomplete = () => done(undefined);
    held.onabort = () => fail(held.error ?? new DOMException("aborted", "AbortError"));
  });
  ended.catch(() => {});
  const result = await act(Object.fromEntries(names.map((name) => [name, held.objectStore(name)])));
  await ended;
  return result;
}

/** @param {string} name @param {(store: IDBObjectStore) => IDBRequest<any>} ask @returns {Promise<any>} */
async function read(name, ask) {
  const db = await open();
  return answer(ask(db.transaction(name).objectStore(name)));
}

/** @param {number} account @returns {Promise<Item[]>} in the order they were made */
export async function items(account) {
  /** @type {Item[]} */
  const found = await read("items", (store) => store.index("account").getAll(account));
  return found.sort((one, other) => one.order - other.order);
}

/** @param {string} id @returns {Promise<Item|undefined>} */
export const item = (id) => read("items", (store) => store.get(id));

/** @returns {Promise<Item[]>} of all accounts */
export const allItems = () => read("items", (store) => store.getAll());

/** @param {Item} one */
export const saveItem = (one) => write(["items"], ({ items: store }) => void store.put(one));

/**
 * Put an item and its photos in the queue together. The same item again changes nothing.
 * @param {Item} one @param {{id: string, data: ArrayBuffer, type: string}[]} photos
 */
export function queueItem(one, photos) {
  return write(["items", "photos"], async ({ items: store, photos: files }) => {
    if (await answer(store.get(one.id))) return;
    store.put(one);
    for (const photo of photos) files.put({ ...photo, item: one.id });
  });
}

/** @param {string} id @returns {Promise<{data: ArrayBuffer, type: string}|undefined>} */
export const photo = (id) => read("photos", (store) => store.get(id));

/** @param {Item} one its receipts are all here: the photos are no longer needed */
export function finish(one) {
  return write(["items", "photos"], ({ items: store, photos }) => {
    store.put(one);
    for (const { id } of one.photos) photos.delete(id);
  });
}

/** @param {Item} one @param {string} reason leaves the queue; what it said stays in the log */
export function drop(one, reason) {
  return write(["items", "photos", "dropped"], ({ items: store, photos, dropped }) => {
    dropped.add({ ...one, reason, dropped_at: new Date().toISOString() });
    store.delete(one.id);
    for (const { id } of one.photos) photos.delete(id);
  });
}

/** @param {Item} one @param {PhotoMark} gone @param {string} reason one photo leaves an item; the log tells of it */
export function dropPhoto(one, gone, reason) {
  return write(["items", "photos", "dropped"], ({ items: store, photos, dropped }) => {
    dropped.add({ id: gone.id, account: one.account, label: one.label, kind: "photo", reason, dropped_at: new Date().toISOString() });
    store.put({ ...one, photos: one.photos.filter(({ id }) => id !== gone.id), state: "waiting", next_at: 0 });
    photos.delete(gone.id);
  });
}

/** @param {number} account @returns {Promise<any[]>} */
export const dropped = async (account) =>
  (await read("dropped", (store) => store.getAll())).filter((/** @type {any} */ one) => one.account === account);

/** @param {Item[]} old sent long ago: they leave the list */
export const forget = (old) =>
  write(["items"], ({ items: store }) => {
    for (const { id } of old) store.delete(id);
  });

/** @param {string} key @returns {Promise<any>} */
export const kept = async (key) => (await read("kept", (store) => store.get(key)))?.value;

/** @param {string} key @param {any} value */
export const keep = (key, value) => write(["kept"], ({ kept: store }) => void store.put({ key, value }));

/** Read data of every account go; queued reports, drafts and points stay with who made them. */
export const wipe = () =>
  write(["kept"], async ({ kept: store }) => {
    for (const key of await answer(store.getAllKeys())) if (!String(key).startsWith("draft:")) store.delete(key);
  });

/** @param {any} patrol */
export const savePatrol = (patrol) => write(["patrols"], ({ patrols }) => void patrols.put(patrol));

/** @param {number} account @returns {Promise<any[]>} */
export const patrols = async (account) =>
  (await read("patrols", (store) => store.getAll())).filter((/** @type {any} */ one) => one.account === account);

/** @param {any} point */
export const addPoint = (point) => write(["points"], ({ points }) => void points.put(point));

/** @param {string} patrol @returns {Promise<any[]>} in order */
export const points = (patrol) =>
  read("points", (store) => store.getAll(IDBKeyRange.bound([patrol, 0], [patrol, Infinity])));

/** @param {string} patrol @param {number} upto the server has them up to this number */
export const dropPoints = (patrol, upto) =>
  write(["points"], ({ points: store }) => void store.delete(IDBKeyRange.bound([patrol, 0], [patrol, upto])));

/** @param {string} patrol */
export const forgetPatrol = (patrol) => write(["patrols"], ({ patrols: store }) => void store.delete(patrol));
