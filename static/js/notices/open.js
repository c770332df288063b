/**
 * A notice that is opened is read: told to the server while the browser already goes there.
 * @module city/notices/open
 */
/** @param {HTMLAnchorElement} link with data-id */
export function mount(link) {
  const read = () => {
    const key = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
    fetch("/api/v1/notices/read", {
      method: "POST", keepalive: true, credentials: "same-origin", body: JSON.stringify({ ids: [Number(link.dataset.id)] }),
      headers: { "Content-Type": "application/json", "X-CSRFToken": key },
    }).then(() => dispatchEvent(new Event("notices-read")), () => {});
  };
  link.addEventListener("click", read);
  link.addEventListener("auxclick", (event) => event.button === 1 && read());
}
