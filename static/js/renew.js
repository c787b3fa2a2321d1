// @ts-check
import { at, fetchPart } from "./markup.js";

/**
 * Put the lists at the side as they are now in the place of those that are shown. What was
 * open or loaded is so again; the focus and the entries in sight stay where they are.
 * @param {HTMLElement} shown
 */
export async function renew(shown) {
  const fresh = await fetchPart(at("/lists"), { cache: "no-store" });
  for (const pages of all(shown, "[data-pages]")) {
    const folder = pages.dataset.folder ?? "";
    const same = fresh.querySelector(`[data-pages][data-folder="${CSS.escape(folder)}"]`);
    if (!same || (pages instanceof HTMLDetailsElement && !pages.open)) continue;
    if (same instanceof HTMLDetailsElement) same.open = true;
    await fill(/** @type {HTMLElement} */ (same), all(pages, ".entry").length);
  }
  const focus = address(document.activeElement);
  const place = anchor(shown);
  shown.replaceChildren(...fresh.childNodes);
  shown.dataset.version = fresh.dataset.version;
  const stays = place && shown.querySelector(place.address);
  if (stays) shown.scrollTop += stays.getBoundingClientRect().top - place.top;
  const focused = focus && shown.querySelector(focus);
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
}

/**
 * Load as many entries as there were, or all that there are.
 * @param {HTMLElement} pages
 * @param {number} count
 */
async function fill(pages, count) {
  let link = more(pages);
  while (link && all(pages, ".entry").length < count) {
    const next = await fetchPart(link.href, { cache: "no-store" });
    link.replaceWith(...next.querySelectorAll(".more"));
    for (const group of all(next, ".group")) {
      const known = pages.querySelector(`.group[data-group="${CSS.escape(group.dataset.group ?? "")}"]`);
      if (known) known.querySelector(".group__list")?.append(...all(group, ".entry"));
      else all(pages, ".group").at(-1)?.after(group);
    }
    link = more(pages);
  }
}

/**
 * Where in the lists an element is, as a selector that finds its like among others.
 * @param {Element | null} one
 */
function address(one) {
  const [entry, folder] = [one?.closest(".entry"), one?.closest(".folder")];
  if (entry instanceof HTMLElement) return `.entry[data-conversation="${entry.dataset.conversation}"] a`;
  return folder instanceof HTMLElement ? `.folder[data-folder="${folder.dataset.folder}"] summary` : null;
}

/**
 * The first entry in sight, and how high it stands; null where the list begins in sight.
 * @param {HTMLElement} shown
 */
function anchor(shown) {
  if (!shown.scrollTop) return null;
  const edge = shown.getBoundingClientRect().top;
  const first = all(shown, ".entry").find((one) => one.getBoundingClientRect().bottom > edge);
  const link = first?.querySelector("a") ?? null;
  return link && { address: address(link) ?? "", top: link.getBoundingClientRect().top };
}

/** @param {HTMLElement} pages */
function more(pages) {
  return /** @type {HTMLAnchorElement | null} */ (pages.querySelector(".more"));
}

/**
 * @param {Element} within
 * @param {string} selector
 */
function all(within, selector) {
  return /** @type {HTMLElement[]} */ ([...within.querySelectorAll(selector)]);
}
