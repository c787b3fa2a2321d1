// @ts-check
/** Options above a text box. The focus stays in the box, which names the one that is meant. */
export class Listbox {
  #text;
  #chosen;
  /** @type {HTMLElement | null} */
  #list = null;

  /**
   * @param {HTMLElement} text  the box
   * @param {(option: HTMLElement) => void} chosen  by mouse or touch
   */
  constructor(text, chosen) {
    this.#text = text;
    this.#chosen = chosen;
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-haspopup", "listbox");
  }

  get isOpen() {
    return this.#list !== null;
  }

  /** @returns {HTMLElement | null} */
  get selected() {
    return this.#list?.querySelector("[aria-selected='true']") ?? null;
  }

  /** @param {HTMLElement} list  with an option at least */
  open(list) {
    if (this.#list) this.#list.replaceWith(list);
    else this.#text.after(list);
    this.#list = list;
    // So the box keeps the focus, and a phone its keyboard.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("mousemove", (event) => this.#select(option(event)));
    list.addEventListener("click", (event) => {
      const clicked = option(event);
      if (clicked) this.#chosen(clicked);
    });
    this.#text.setAttribute("aria-controls", list.id);
    this.#select(list.firstElementChild);
  }

  close() {
    this.#list?.remove();
    this.#list = null;
    this.#text.removeAttribute("aria-controls");
    this.#text.removeAttribute("aria-activedescendant");
  }

  next() {
    this.#reveal(this.selected?.nextElementSibling ?? this.#list?.firstElementChild);
  }

  previous() {
    this.#reveal(this.selected?.previousElementSibling ?? this.#list?.lastElementChild);
  }

  /** @param {Element | null | undefined} one */
  #reveal(one) {
    this.#select(one ?? null);
    one?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Element | null} one */
  #select(one) {
    if (!one) return;
    this.selected?.setAttribute("aria-selected", "false");
    one.setAttribute("aria-selected", "true");
    this.#text.setAttribute("aria-activedescendant", one.id);
  }
}

/**
 * @param {MouseEvent} event
 * @returns {HTMLElement | null}
 */
function option(event) {
  return /** @type {Element} */ (event.target).closest("[role=option]");
}
