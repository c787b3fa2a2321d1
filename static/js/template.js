// @ts-check
import { sends } from "./composer.js";

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
 * Put a text where a word stands, as if it were typed: so it can be undone.
 * @param {HTMLTextAreaElement} box
 * @param {{ from: number, to: number }} place
 * @param {string} text
 */
export function insert(box, { from, to }, text) {
  box.focus();
  box.setSelectionRange(from, to);
  if (document.execCommand("insertText", false, text)) return;
  box.setRangeText(text, from, to, "end");
  box.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
