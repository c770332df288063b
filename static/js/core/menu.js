/** Filled in below. */
export function mount() {}
