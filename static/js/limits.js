// @ts-check

/** Marks the messages that the model has no room for, however they came into the page. */
export class Limits {
  #column;
  #divider;
  /** @type {string | null} */
  #first = null;
  #unsent = 0;

  /**
   * @param {HTMLElement} column  the messages
   * @param {string} words  of the line under those that stay behind
   */
  constructor(column, words) {
    this.#column = column;
    this.#divider = column.querySelector(":scope > .limit") ?? document.createElement("p");
    this.#divider.className = "limit";
    this.#divider.textContent = words;
    const next = this.#divider.nextElementSibling;
    this.#first = next?.matches(".message") ? next.id.slice("message-".length) : null;
    this.#unsent = column.querySelectorAll(":scope > .message--unsent").length;
    new MutationObserver(() => this.#mark()).observe(column, { childList: true });
  }

  /**
   * @param {string | null} first  the first message that is sent, null where all are, or none
   * @param {number} unsent
   */
  show(first, unsent) {
    this.#first = first;
    this.#unsent = unsent;
    this.#mark();
  }

  #mark() {
    const messages = [...this.#column.querySelectorAll(":scope > .message:not([data-state='pending'])")];
    const at = messages.findIndex(({ id }) => id === `message-${this.#first}`);
    // One that is not here stands further up, and all that is here is sent; unless what
    // follows is not here and some of this was not sent: then it stands further down.
    const inTheMiddle = this.#column.querySelector(":scope > .further--newer") !== null;
    const allBehind = this.#first === null || (at < 0 && inTheMiddle && messages.some(isUnsent));
    const behind = !this.#unsent ? 0 : allBehind ? messages.length : Math.max(at, 0);
    messages.forEach((message, place) => message.classList.toggle("message--unsent", place < behind));
    const last = messages[behind - 1];
    if (!last) this.#divider.remove();
    else if (last.nextElementSibling !== this.#divider) last.after(this.#divider);
  }
}

/** @param {Element} message */
function isUnsent(message) {
  return message.matches(".message--unsent");
}
