// @ts-check
import { sends } from "./composer.js";
import { Listbox } from "./listbox.js";
import { at, fetchPart } from "./markup.js";
import { Template, insert, select } from "./template.js";

const LONGEST = 80;
const PATIENCE = 10_000;

/** The templates that a "/" at the beginning of a line offers. What matches none is plain text. */
export class Prompts {
  #text;
  #menu;
  /** The word whose options are on their way, and whether Enter waits for them. */
  #asked = { word: /** @type {string | null} */ (null), enter: false };
  /** Whether a text is on its way: until it is there, no key sends the word. */
  #choosing = false;
  /** Whether this word was declined, or is what was inserted. */
  #declined = false;
  /** A beginning of this word that matches nothing, so that no more of it will.
   * @type {string | null} */
  #nothing = null;

  /**
   * @param {HTMLTextAreaElement} text
   * @param {boolean} enter  whether Enter was pressed before this was here
   */
  constructor(text, enter) {
    this.#text = text;
    this.#menu = new Listbox(text, (option) => this.#choose(option));
    text.addEventListener("input", (event) => this.#typed(/** @type {InputEvent} */ (event)));
    // Before the composer, for which Enter means to send.
    text.addEventListener("keydown", (event) => this.#keyed(event), { capture: true });
    text.addEventListener("blur", () => this.#menu.close());
    document.addEventListener("selectionchange", () => {
      if (this.#menu.isOpen && !this.#place) this.#menu.close();
    });
    this.#offer(enter);
  }

  /** The line up to the caret, where it is a slash and what may be a name. */
  get #place() {
    const { value, selectionStart: to, selectionEnd } = this.#text;
    const from = to && value.lastIndexOf("\n", to - 1) + 1;
    const open = to === selectionEnd && to > from && to - from <= LONGEST && value[from] === "/";
    return open ? { from, to, word: value.slice(from + 1, to) } : null;
  }

  /** @param {InputEvent} event */
  #typed({ inputType }) {
    // A path that is pasted, or a word that comes back, asks for nothing.
    this.#declined ||= /^(history|insertFrom)/.test(inputType ?? "");
    this.#offer();
  }

  async #offer(enter = false) {
    const word = this.#place?.word ?? null;
    const asked = (this.#asked = { word, enter });
    if (word === null) {
      this.#declined = false;
      this.#nothing = null;
    }
    const known = this.#nothing !== null && word?.startsWith(this.#nothing);
    const asks = word !== null && !this.#declined && !known;
    const list = asks ? await load(at(`/prompts/menu?q=${encodeURIComponent(word)}`)) : null;
    if (this.#asked !== asked) return;
    this.#asked = { word: null, enter: false };
    if (list && !list.firstElementChild) this.#nothing = word;
    if (list?.firstElementChild && document.activeElement === this.#text) this.#menu.open(list);
    else this.#menu.close();
    if (asked.enter && this.#menu.isOpen) this.#choose(this.#menu.selected);
    else if (asked.enter) this.#text.form?.requestSubmit();
  }

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    if (event.isComposing || event.keyCode === 229) return;
    const early = sends(event) && (this.#choosing || this.#asked.word !== null);
    if (early) this.#asked.enter = true;
    if (!early && !this.#pressed(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean}  whether the key was for the menu
   */
  #pressed({ key, shiftKey, ctrlKey, altKey, metaKey }) {
    if (shiftKey || ctrlKey || altKey || metaKey || !this.#menu.isOpen) return false;
    if (key === "ArrowDown") this.#menu.next();
    else if (key === "ArrowUp") this.#menu.previous();
    else if (key === "Enter" || key === "Tab") this.#choose(this.#menu.selected);
    else if (key === "Escape") {
      this.#declined = true;
      this.#menu.close();
    } else return false;
    return true;
  }

  /** @param {HTMLElement | null} option */
  async #choose(option) {
    const place = this.#place;
    if (!option || !place || this.#choosing) return;
    this.#choosing = true;
    const dialog = await load(option.dataset.address ?? "");
    const text = dialog && (await new Template(/** @type {HTMLDialogElement} */ (dialog)).ask());
    this.#choosing = false;
    if (!text) return dialog && select(this.#text, place.to, place.to);
    this.#declined = true;
    this.#menu.close();
    insert(this.#text, place, text);
  }
}

/**
 * Ask for a part of a page; null where it cannot be had.
 * @param {string} address
 */
function load(address) {
  return fetchPart(address, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
}
