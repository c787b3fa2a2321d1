// @ts-check
import { at, element } from "./markup.js";

/** @typedef {{ conversation: string, title: string, trashed: boolean, html: string | null }} Frame */

/** @type {AbortController | undefined} */
let waiting;

/**
 * Show what can be done with the conversation now. A menu that is open is not changed under
 * the hand: it is replaced when it closes.
 * @param {Frame} frame
 */
export function arrange({ conversation, trashed, html }) {
  waiting?.abort();
  waiting = new AbortController();
  const { signal } = waiting;
  const shown = /** @type {HTMLElement} */ (document.querySelector(".menu--conversation"));
  const more = /** @type {HTMLElement} */ (document.querySelector(".topbar__more"));
  const place = () => shown.matches(":popover-open") || shown.replaceWith(element(html ?? ""));
  more.hidden = html === null;
  if (html === null) shown.hidePopover();
  else if (shown.matches(":popover-open")) shown.addEventListener("toggle", place, { signal });
  else place();
  putAway(conversation, trashed, html === null);
}

/**
 * @param {string} conversation
 * @param {boolean} trashed
 * @param {boolean} gone
 */
function putAway(conversation, trashed, gone) {
  const strip = /** @type {HTMLFormElement} */ (document.querySelector(".strip"));
  const composer = /** @type {HTMLElement} */ (document.querySelector(".composer"));
  const words = /** @type {HTMLElement} */ (strip.querySelector("p"));
  document.querySelector(".app")?.toggleAttribute("data-trashed", trashed);
  strip.action = at(`/c/${conversation}/restore`);
  strip.hidden = !trashed;
  composer.hidden = trashed;
  if (!gone) return;
  words.textContent = strip.dataset.gone ?? "";
  strip.querySelector("button")?.remove();
}
