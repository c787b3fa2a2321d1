// @ts-check
import { sends } from "./composer.js";

const MANY_LINES = 40;

/** A template: a dialog that asks for its variables, and holds its text in pieces. */
export class Template {
  #dialog;
  #fields;
  #places;

  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.#dialog = dialog;
    this.#fields = /** @type {HTMLTextAreaElement[]} */ ([...dialog.querySelectorAll("[data-variable]")]);
    this.#places = [...dialog.querySelectorAll("[data-place]")].map((place) => ({
      place: /** @type {HTMLElement} */ (place),
      written: place.textContent,
    }));
  }

  /**
   * Ask for the variables, where there are any.
   * @returns {Promise<string | null>}  the text with them in it; null if nothing is to be inserted
   */
  async ask() {
    if (this.#fields.length && !(await this.#answered())) return null;
    return this.#dialog.querySelector("[data-text]")?.textContent ?? null;
  }

  /** @returns {Promise<boolean>} */
  #answered() {
    this.#dialog.addEventListener("input", (event) => this.#entered(event));
    this.#dialog.addEventListener("keydown", (event) => this.#keyed(event));
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    return new Promise((resolve) => {
      this.#dialog.addEventListener("close", () => {
        this.#dialog.remove();
        resolve(this.#dialog.returnValue === "insert");
      });
    });
  }

  /** @param {Event} event */
  #entered({ target }) {
    const { value, dataset } = /** @type {HTMLTextAreaElement} */ (target);
    for (const { place, written } of this.#places) {
      if (place.dataset.place === dataset.variable) place.textContent = value || written;
    }
  }

  /** Enter goes on to the next field, and behind the last one it inserts.
   * @param {KeyboardEvent} event */
  #keyed(event) {
    const at = this.#fields.findIndex((field) => field === event.target);
    if (at < 0 || !sends(event)) return;
    event.preventDefault();
    if (at + 1 < this.#fields.length && !event.ctrlKey && !event.metaKey) this.#fields[at + 1].focus();
    else this.#dialog.close("insert");
  }
}

/**
 * Put a text where a word stands, so that it can be undone. The browser does that itself
 * where it types the text; but it types line by line, each slower than the one before.
 * @param {HTMLTextAreaElement} box
 * @param {{ from: number, to: number }} place
 * @param {string} text
 */
export function insert(box, { from, to }, text) {
  select(box, from, to);
  const short = text.split("\n", MANY_LINES).length < MANY_LINES;
  if (short && document.execCommand("insertText", false, text)) return;
  const before = box.value;
  put(box, text, from, to);
  const after = box.value;
  const over = new AbortController();
  box.addEventListener("input", () => over.abort(), { signal: over.signal });
  box.addEventListener("keydown", (event) => {
    const undo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    if (!undo || box.value !== after) return;
    event.preventDefault();
    put(box, before.slice(from, to), from, from + text.length);
  }, { signal: over.signal });
}

/**
 * Focus a box, and the part of its text. Behind a dialog that closes, focus alone is not
 * enough: where the caret was is not known at once.
 * @param {HTMLTextAreaElement} box
 * @param {number} from
 * @param {number} to
 */
export function select(box, from, to) {
  box.focus();
  box.setSelectionRange(from, to);
}

/**
 * @param {HTMLTextAreaElement} box
 * @param {string} text
 * @param {number} from
 * @param {number} to
 */
function put(box, text, from, to) {
  box.setRangeText(text, from, to, "end");
  box.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText" }));
}
