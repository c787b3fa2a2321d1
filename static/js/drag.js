// @ts-check

/**
 * Let an entry of the list be dropped on a folder, or among the dates: out of all folders.
 * The server says to all pages where it stands then.
 * @param {HTMLElement} nav
 * @param {HTMLElement} entry
 */
export function drag(nav, entry) {
  const ended = new AbortController();
  const { signal } = ended;
  /** @type {HTMLElement | null} */
  let over = null;

  /** @param {HTMLElement | null} place */
  function enter(place) {
    over?.classList.remove("takes");
    over = place;
    over?.classList.add("takes");
  }

  nav.classList.add("sidebar--dragging");
  signal.addEventListener("abort", () => {
    enter(null);
    nav.classList.remove("sidebar--dragging");
  });
  nav.addEventListener("dragover", (event) => {
    const place = /** @type {Element} */ (event.target).closest("[data-folder]");
    enter(place instanceof HTMLElement && !place.contains(entry) ? place : null);
    if (over) event.preventDefault(); // says that it may be dropped here
  }, { signal });
  nav.addEventListener("drop", (event) => {
    event.preventDefault();
    if (over) move(entry, over.dataset.folder ?? "");
    ended.abort();
  }, { signal });
  document.addEventListener("dragend", () => ended.abort(), { signal });
}

/**
 * @param {HTMLElement} entry
 * @param {string} folder
 */
async function move(entry, folder) {
  const { href } = /** @type {HTMLAnchorElement} */ (entry.querySelector("a"));
  try {
    // Done is answered with a way to the page, which is not gone: this one follows by itself.
    const answer = await fetch(`${href}/move`, { method: "POST", body: new URLSearchParams({ folder }), redirect: "manual" });
    if (answer.type !== "opaqueredirect") location.reload();
  } catch {
    // Without a connection nothing was moved, and nothing seems so.
  }
}
