// @ts-check
import { fetchPart } from "./markup.js";

/** A screen and a half ahead of the reader. */
const AHEAD = "150% 0px";

/** Brings messages that the page does not have when the reader comes near them. */
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
      const first = this.#scroller.querySelector(".message")?.id.slice("message-".length);
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
    const next = /** @type {HTMLElement | null} */ (this.#scroller.querySelector(".further--older"));
    if (focused) (next ?? this.#scroller).focus({ preventScroll: true });
    this.watch();
  }
}
