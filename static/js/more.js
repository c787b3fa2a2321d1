// @ts-check
import { fetchPart } from "./markup.js";

/**
 * Put what a link of the list leads to in its place.
 * @param {HTMLAnchorElement} link
 * @param {(entry: HTMLElement) => void} put  puts an entry where it belongs
 * @returns {Promise<Element | null>}  the link to what follows, where there is more
 */
export async function follow(link, put) {
  if (link.dataset.underway !== undefined) return null;
  link.dataset.underway = "";
  const part = await fetchPart(link.href).catch(() => null);
  if (!part) {
    delete link.dataset.underway; // it can be pressed again
    return null;
  }
  if (!link.isConnected) return null;
  const next = part.querySelector(".more");
  const entries = /** @type {HTMLElement[]} */ ([...part.querySelectorAll(".entry")]);
  const focused = link === document.activeElement;
  const place = new Comment(); // while no link to more stands there, nothing is behind it
  link.replaceWith(place);
  for (const entry of entries) put(entry);
  if (next) place.replaceWith(next);
  else place.remove();
  if (focused) entries[0]?.querySelector("a")?.focus();
  return next;
}
