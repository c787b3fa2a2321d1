// @ts-check
import { copyField } from "./copy.js";
import { element } from "./markup.js";

/** The links of a conversation, in a dialog above it. The page at the same address has them, too. */
export class SharePanel {
  #dialog = document.createElement("dialog");

  constructor() {
    this.#dialog.className = "dialog";
    this.#dialog.addEventListener("submit", (event) => this.#submitted(event));
    this.#dialog.addEventListener("click", (event) => this.#clicked(event));
    this.#dialog.addEventListener("close", () => this.#dialog.remove());
  }

  /** @param {string} address  where the links are; one goes there if they cannot be shown here */
  async open(address) {
    try {
      const [html] = await Promise.all([part(address), style()]);
      document.body.append(this.#dialog);
      this.#show(html);
      this.#dialog.showModal();
    } catch {
      location.assign(address);
    }
  }

  /** @param {SubmitEvent} event */
  async #submitted(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.method === "dialog") return;
    event.preventDefault();
    // So a double click makes one link.
    if ("underway" in form.dataset) return;
    form.dataset.underway = "";
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    try {
      this.#show(await part(form.action, { method: "POST", body }));
      (this.#first("[role=alert]") ?? this.#first("[data-copy-link]") ?? this.#first(".share__title"))?.focus();
    } catch {
      // The ordinary request shows what is wrong, as it would without a script.
      form.submit();
    }
  }

  /** @param {string} html */
  #show(html) {
    this.#dialog.replaceChildren(element(html));
    this.#dialog.setAttribute("aria-labelledby", "share-title");
  }

  /** @param {MouseEvent} event */
  async #clicked(event) {
    const button = /** @type {Element} */ (event.target).closest("[data-copy-link]");
    if (event.target === this.#dialog) this.#dialog.close();
    if (!(button instanceof HTMLElement)) return;
    await copyField(button);
  }

  /** @param {string} selector @returns {HTMLElement | null} */
  #first(selector) {
    return this.#dialog.querySelector(selector);
  }
}

/**
 * @param {string} address
 * @param {RequestInit} [request]
 */
async function part(address, request = {}) {
  const response = await fetch(address, { ...request, headers: { Accept: "text/vnd.liaochat" } });
  if (!response.ok && response.status !== 409 && response.status !== 422) throw new Error(response.statusText);
  return response.text();
}

/** Load the dialog's style, once, and wait for it. */
function style() {
  const href = new URL("../css/pages/shared.css", import.meta.url).href;
  if (document.querySelector(`link[href="${href}"]`)) return null;
  const link = document.createElement("link");
  return new Promise((loaded) => {
    link.rel = "stylesheet";
    link.href = href;
    link.onload = link.onerror = loaded;
    document.head.append(link);
  });
}
