/**
 * What was begun and not sent: kept on the phone as it is typed, by account.
 * @module city/field/drafts
 */
import { keep, kept } from "city/field/store.js";

/** @param {number} account @returns {Promise<any>} */
export const draftOf = (account) => kept(`draft:${account}`);

/** @param {number} account @param {any} draft null: it was sent */
export const keepDraft = (account, draft) => keep(`draft:${account}`, draft);
