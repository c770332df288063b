/**
 * What the table of rights knows: rules that are kept, rules that were changed here and not yet saved, and what holds.
 * @module city/layerbook/rules
 */

/** @typedef {"hidden"|"seen"|"export"} Says */
/** @typedef {{target: string, field: string, who: string, says: Says}} Rule */
/** @typedef {{target: string, id: string, title: string, open: Record<string, string>, fields: {name: string, title: string}[]}} LayerRow */
/** @typedef {{target: string, title: string, layers: LayerRow[]}} Group */
/** @typedef {{target: string, theme: string, field: string, open: Record<string, string> | null}} Row */

/** @param {string} target @param {string} field @param {string} who */
const keyOf = (target, field, who) => JSON.stringify([target, field, who]);

export class Rules {
  /** @param {Rule[]} rules */
  constructor(rules) {
    this.take(rules);
    /** @type {Map<string, Says | "">} */
    this.draft = new Map();
  }

  /** What the server keeps. @param {Rule[]} rules */
  take(rules) {
    this.kept = new Map(rules.map((one) => [keyOf(one.target, one.field, one.who), one.says]));
  }

  /** The rule of this very place, as it will be: "" for none. @param {string} target @param {string} field @param {string} who @returns {Says | ""} */
  own(target, field, who) {
    const key = keyOf(target, field, who);
    return this.draft.get(key) ?? this.kept?.get(key) ?? "";
  }

  /** @param {string} target @param {string} field @param {string} who */
  isChanged(target, field, who) {
    return this.draft.has(keyOf(target, field, who));
  }

  /**
   * What holds at a place, and whether its own rule says so. A theme's row shows its own rule only.
   * @param {Row} row @param {string} who
   * @returns {{says: string, isOwn: boolean}}
   */
  holds(row, who) {
    if (row.open?.[who] === "closed") return { says: "closed", isOwn: false };
    const own = this.own(row.target, row.field, who);
    if (own) return { says: own, isOwn: true };
    if (!row.open) return { says: "", isOwn: false };
    if (row.field) return { says: this.holds({ ...row, field: "" }, who).says === "hidden" ? "hidden" : "seen", isOwn: false };
    return { says: this.own(row.theme, "", who) || row.open[who], isOwn: false };
  }

  /** Put a rule into the draft; false where there is nothing to set. @param {Row} row @param {string} who @param {Says | ""} says */
  set(row, who, says) {
    if (row.open?.[who] === "closed") return false;
    const wanted = row.field && says === "export" ? "seen" : says;
    const key = keyOf(row.target, row.field, who);
    if ((this.kept?.get(key) ?? "") === wanted) this.draft.delete(key);
    else this.draft.set(key, wanted);
    return true;
  }

  /** The draft as the API takes it, and what takes it back. */
  changes() {
    const pairs = [...this.draft].map(([key, says]) => {
      const [target, field, who] = JSON.parse(key);
      return [{ target, field, who, says: says || null }, { target, field, who, says: this.kept?.get(key) ?? null }];
    });
    return { items: pairs.map(([after]) => after), before: pairs.map(([, before]) => before) };
  }
}
