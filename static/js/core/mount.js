/**
 * Mounts modules: `<section data-module="cases/nearby">` loads /static/js/cases/nearby.js and calls its `mount(element)`.
 * `boot` mounts the page; what comes later is mounted with `mountAll(root)`.
 */

const mounted = new WeakSet();

/** @param {HTMLElement} element */
async function mountOne(element) {
  if (mounted.has(element)) return;
  mounted.add(element);
  try {
    const module = await import(`city/${element.dataset.module}.js`);
    await module.mount(element);
    element.dataset.mounted = "yes";
  } catch (error) {
    element.dataset.mounted = "failed";
    console.error(`module ${element.dataset.module}:`, error);
  }
}

/** @param {ParentNode} [root] */
export async function mountAll(root = document) {
  await Promise.all([...root.querySelectorAll("[data-module]")].map(mountOne));
}
