// @ts-check
import { fetchPart } from "./markup.js";

const DEBOUNCE = 150;

/** The search: what is found while one types stands in place of the list. */
export class Search {
  #form;
  #field;
  #results;
  #region;
  #fetching = new AbortController();
  #timer = 0;
  /** What the results that are shown were searched with. */
  #shown = "";

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} results  where what is found is put
   * @param {HTMLElement} region  the live region that says how many were found
   */
  constructor(form, results, region) {
    this.#form = form;
    this.#field = /** @type {HTMLInputElement} */ (form.querySelector("input"));
    this.#results = results;
    this.#region = region;
    form.addEventListener("input", () => this.#typed());
    form.addEventListener("keydown", (event) => this.#pressed(event));
    results.addEventListener("keydown", (event) => this.#pressed(event));
    results.addEventListener("click", (event) => this.#clicked(event));
    results.addEventListener("submit", (event) => remember(/** @type {HTMLFormElement} */ (event.target)));
    this.#typed();
  }

  #typed() {
    clearTimeout(this.#timer);
    if (!this.#query) return this.#close();
    if (this.#query === this.#shown) return;
    this.#timer = setTimeout(() => this.#search(), DEBOUNCE);
  }

  get #query() {
    return this.#field.value.trim();
  }

  /** The latest wins: what was asked before is not waited for. */
  async #search() {
    const query = this.#query;
    const part = await this.#fetch(`${this.#form.action}?${new URLSearchParams({ q: query })}`);
    if (!part) return;
    this.#shown = query;
    const at = this.#stops.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    this.#results.replaceChildren(part);
    if (at > 0) (this.#stops[at] ?? this.#field).focus();
    this.#results.scrollTop = 0;
    this.#results.hidden = false;
    this.#region.textContent = [...part.querySelectorAll(".results__count, .results__remark")]
      .map((one) => one.textContent).join(". ");
  }

  #close() {
    this.#fetching.abort();
    this.#shown = "";
    this.#results.hidden = true;
    this.#results.replaceChildren();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && (this.#field.value || !this.#results.hidden)) {
      event.preventDefault();
      this.#field.value = "";
      this.#close();
      this.#field.focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || this.#results.hidden) return;
    const stops = this.#stops;
    const at = stops.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    event.preventDefault();
    stops[Math.min(Math.max(at + step, 0), stops.length - 1)].focus();
  }

  /** The field, and what can be chosen under it. */
  get #stops() {
    return /** @type {HTMLElement[]} */ ([this.#field, ...this.#results.querySelectorAll("a, button")]);
  }

  /** @param {MouseEvent} event */
  async #clicked(event) {
    const link = /** @type {Element} */ (event.target).closest(".results__more");
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const part = await this.#fetch(link.href);
    if (!part || !link.isConnected) return;
    const focused = link === document.activeElement;
    link.replaceWith(part);
    if (focused) part.querySelector("a")?.focus();
  }

  /**
   * Give a part, or null where another one is wanted by now.
   * @param {string} address
   */
  async #fetch(address) {
    this.#fetching.abort();
    this.#fetching = new AbortController();
    const { signal } = this.#fetching;
    try {
      const part = await fetchPart(address, { signal });
      return signal.aborted ? null : part;
    } catch {
      if (!signal.aborted) this.#failed();
      return null;
    }
  }

  #failed() {
    const sentence = document.createElement("p");
    sentence.className = "results__remark";
    sentence.textContent = this.#region.textContent = this.#form.dataset.failed ?? "";
    this.#shown = "";
    this.#results.replaceChildren(sentence);
    this.#results.hidden = false;
  }
}

/**
 * Keep what was found in a message for the page that shows it.
 * @param {HTMLFormElement} form
 */
function remember(form) {
  const words = new Set([...form.querySelectorAll("mark")].map((mark) => mark.textContent ?? ""));
  const message = form.action.split("/").at(-2);
  sessionStorage.setItem("found", JSON.stringify({ message, words: [...words] }));
}
