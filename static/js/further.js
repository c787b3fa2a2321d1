// @ts-check
import { fetchPart } from "./markup.js";

/** A screen and a half ahead of the reader. */
const AHEAD = "150% 0px";

/**
 * Screens of messages that stay on either side of the reader. A browser looks at all that it
 * has drawn, in every frame: a page that kept what was read would scroll worse and worse.
 */
const KEPT = 12;

/** Brings messages that the page does not have when the reader comes near, and lets go of far ones. */
export class Further {
  #scroller;
  #newer;
  #observer;

  /**
   * @param {HTMLElement} scroller
   * @param {() => void} newer  asks the server for what follows
   */
  constructor(scroller, newer) {
    this.#scroller = scroller;
    this.#newer = newer;
    this.#observer = new IntersectionObserver(
      (seen) => seen.forEach(({ isIntersecting, target }) => isIntersecting && this.#follow(target)),
      { root: scroller, rootMargin: AHEAD },
    );
    scroller.addEventListener("click", (event) => {
      const link = /** @type {Element} */ (event.target).closest(".further");
      // One that could not be followed is a link like others.
      if (!link || link.matches("[data-failed]")) return;
      event.preventDefault();
      this.#follow(link);
    });
  }

  /** Look again where the ways to more messages are. */
  watch() {
    this.#letGoAbove();
    this.#observe();
  }

  #observe() {
    this.#observer.disconnect();
    for (const link of this.#scroller.querySelectorAll(".further")) this.#observer.observe(link);
  }

  /** @param {Element} link */
  #follow(link) {
    if (link.matches(".further--newer")) this.#newer();
    else this.#older(/** @type {HTMLAnchorElement} */ (link));
  }

  /** @param {HTMLAnchorElement} link */
  async #older(link) {
    if (link.ariaBusy) return;
    link.ariaBusy = "true";
    try {
      const first = idOf(this.#articles[0]);
      const address = `${link.pathname}/older?before=${first}`;
      this.#put(link, await fetchPart(address, { cache: "no-store" }));
    } catch {
      link.ariaBusy = null;
      link.dataset.failed = "";
    }
  }

  /**
   * Put what came in the place of the link; what the reader looks at does not move. Where
   * the message below the link stands tells how far: to ask more of them costs a layout each.
   * @param {HTMLElement} link
   * @param {HTMLElement} part
   */
  #put(link, part) {
    if (!link.isConnected) return;
    const focused = document.activeElement === link;
    const stands = link.nextElementSibling;
    const top = stands?.getBoundingClientRect().top ?? 0;
    link.replaceWith(...part.childNodes);
    if (stands) this.#scroller.scrollTop += stands.getBoundingClientRect().top - top;
    if (focused) (this.#link("older") ?? this.#scroller).focus({ preventScroll: true });
    this.#letGoBelow();
    this.#observe();
  }

  /** Called when something came, and the reader may be far behind what they began with. */
  #letGoAbove() {
    const articles = this.#articles;
    const { top, height } = this.#scroller.getBoundingClientRect();
    const at = articles.findIndex((one) => one.getBoundingClientRect().bottom > top - height * KEPT);
    const far = articles.slice(0, at);
    const older = this.#link("older");
    if (at < 1 || older?.ariaBusy || [older, ...far].some(isHeld)) return;
    const next = articles[at];
    const stood = next.getBoundingClientRect().top;
    for (const one of far) one.remove();
    next.before(this.#wayTo("older", older, far[at - 1]));
    this.#scroller.scrollTop += next.getBoundingClientRect().top - stood;
  }

  /** Called when older messages came, and the reader goes up. */
  #letGoBelow() {
    const articles = this.#articles;
    const { bottom, height } = this.#scroller.getBoundingClientRect();
    const at = articles.findIndex((one) => one.getBoundingClientRect().top > bottom + height * KEPT);
    const far = articles.slice(at);
    const head = far[far.length - 1];
    // What is being written stays: the page tells by it when it has ended.
    const written = head?.matches("[data-state=running], [data-state=pending]");
    const newer = this.#link("newer");
    if (at < 1 || written || [...far, newer].some(isHeld)) return;
    for (const one of far) one.remove();
    const way = this.#wayTo("newer", newer, far[0]);
    if (!newer) way.dataset.head = idOf(head);
    articles[at - 1].after(way);
  }

  /**
   * @param {"older" | "newer"} way
   * @param {HTMLAnchorElement | null} link  the one that is there
   * @param {HTMLElement} article  the nearest of those that it leads to
   */
  #wayTo(way, link, article) {
    const made = link ?? document.createElement("a");
    made.className = `further further--${way}`;
    made.textContent = this.#scroller.dataset[way] ?? "";
    made.href = `${location.pathname}?at=${idOf(article)}#${article.id}`;
    return made;
  }

  get #articles() {
    return /** @type {HTMLElement[]} */ ([...this.#scroller.querySelectorAll(".message")]);
  }

  /** @param {"older" | "newer"} way */
  #link(way) {
    return /** @type {HTMLAnchorElement | null} */ (this.#scroller.querySelector(`.further--${way}`));
  }
}

/** @param {HTMLElement} article */
function idOf(article) {
  return article.id.slice("message-".length);
}

/**
 * Whether a person has something in hand there: the focus, a selection, words not sent yet.
 * @param {HTMLElement | null} part  a message, or the way to more of them
 */
function isHeld(part) {
  if (!part) return false;
  const selection = getSelection();
  return (
    part.contains(document.activeElement) ||
    (selection && !selection.isCollapsed && selection.containsNode(part, true)) ||
    part.querySelector(":popover-open") !== null ||
    [...part.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue)
  );
}
