// @ts-check
import { fetchPart } from "./markup.js";

/** What models say to themselves before they answer: folded, and read when somebody unfolds it. */
export class Thoughts {
  #resync;
  /** How many code points of the thoughts of a running answer are shown.
   * @type {WeakMap<Element, number>} */
  #shown = new WeakMap();

  /** @param {() => void} resync  asks the server for what is missing here */
  constructor(resync) {
    this.#resync = resync;
  }

  /** More of them came. @param {{ message: string, offset: number, text: string }} frame */
  add({ message, offset, text }) {
    const part = find(message);
    if (!part) return;
    const place = /** @type {HTMLElement} */ (part.querySelector(".thoughts__text"));
    let fresh = text;
    if (!offset) {
      // What is shown of them already stays, and with it a selection.
      const shown = place.textContent ?? "";
      if (text.startsWith(shown)) fresh = text.slice(shown.length);
      else place.textContent = "";
    } else if (this.#shown.get(part) !== offset) return this.#resync();
    place.append(fresh);
    this.#shown.set(part, offset + [...text].length);
    part.hidden = false;
    part.parentElement?.classList.add("message--thoughtful");
  }

  /** The answer is over. @param {{ message: string, thoughts: string }} frame */
  end({ message, thoughts }) {
    const label = find(message)?.querySelector(".thoughts__label");
    if (label) label.textContent = thoughts;
  }

  /** Somebody unfolds them: those of an answer that is over have to be brought.
   * @param {HTMLDetailsElement} part */
  async open(part) {
    const link = /** @type {HTMLAnchorElement | null} */ (part.querySelector(".thoughts__read"));
    if (!link || !part.open) return;
    try {
      const brought = await fetchPart(link.href);
      part.querySelector(".thoughts__text")?.replaceWith(brought);
    } catch {
      // The link leads to them meanwhile.
    }
  }
}

/** @param {string} message */
function find(message) {
  return /** @type {HTMLElement | null | undefined} */ (
    document.getElementById(`message-${message}`)?.querySelector(".thoughts")
  );
}
