/** Loaded by every page: mounts its modules. Nothing imports this file, so that it runs once. */
import { mountAll } from "city/core/mount.js";

await mountAll();
document.documentElement.dataset.ready = "yes";
