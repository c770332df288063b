/** Numbers as the reader writes them. @module city/planning/numbers */
import { LANG } from "city/map/format.js";

/** @param {number} value @param {number} [digits] */
export const numbers = (value, digits = 0) => new Intl.NumberFormat(LANG, { maximumFractionDigits: digits }).format(value);
