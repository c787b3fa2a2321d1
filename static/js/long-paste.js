// @ts-check

/** A long text that was pasted into the box, and the offer to make a file of it. */
export class LongPaste {
  #text;
  #offer;
  #pasted = "";

  /**
   * @param {HTMLTextAreaElement} text
   * @param {HTMLElement} offer
   * @param {(text: string) => void} attach
   */
  constructor(text, offer, attach) {
    this.#text = text;
    this.#offer = offer;
    offer.querySelector("button")?.addEventListener("click", () => this.#taken(attach));
    text.addEventListener("input", () => {
      if (!offer.hidden && this.#place < 0) this.forget();
    });
  }

  /** @param {string} text */
  offer(text) {
    this.#pasted = text.replace(/\r\n?/g, "\n");
    this.#offer.hidden = false;
  }

  forget() {
    this.#offer.hidden = true;
  }

  /** @param {(text: string) => void} attach */
  #taken(attach) {
    const at = this.#place;
    this.forget();
    this.#text.focus();
    if (at < 0) return;
    this.#text.setSelectionRange(at, at + this.#pasted.length);
    // The only way that Undo brings back.
    document.execCommand("delete");
    attach(this.#pasted);
  }

  /** Where in the box the text is; -1 where it is not any more. */
  get #place() {
    return this.#text.value.lastIndexOf(this.#pasted);
  }
}
