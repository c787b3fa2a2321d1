// @ts-check
import { at, element, fetchPart } from "./markup.js";

const PATIENCE = 10_000;

/** The model and its auth code or key: forms whose answer is the new settings. */
export class Session {
  #root;
  #note;
  #enter;
  #changed;
  #settled = Promise.resolve();

  /**
   * @param {HTMLElement} root
   * @param {object} parts  what the chosen model says elsewhere on the page
   * @param {HTMLElement} parts.note
   * @param {HTMLElement} parts.enter  the way to the auth code
   * @param {boolean} parts.chosen  whether a model was chosen while this was on its way
   * @param {() => void} changed  called when something was chosen or entered
   */
  constructor(root, { note, enter, chosen }, changed) {
    this.#root = root;
    this.#changed = changed;
    this.#note = note;
    this.#enter = enter;
    this.#listen();
    if (chosen) this.#find("select")?.dispatchEvent(new Event("change"));
    if (this.#find(":popover-open")) this.#opened();
  }

  /** Until the server knows what was chosen here, a message would go to the model before. */
  get settled() {
    return this.#settled;
  }

  #opened() {
    this.#code?.focus();
    this.#weigh();
  }

  #listen() {
    this.#root.addEventListener("submit", (event) => {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.target);
      const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
      this.#inTurn(() => this.#submit(form, body));
    });
    this.#find("[popover]")?.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "open") this.#opened();
    });
    this.#find("select")?.addEventListener("change", (event) => {
      /** @type {HTMLSelectElement} */ (event.currentTarget).form?.requestSubmit();
    });
  }

  /** Ask what is left on the code. Where it cannot be had, what stands there stays. */
  async #weigh() {
    if (!this.#find(".panel__balance")) return;
    const told = await fetchPart(at("/session/balance"), { signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
    if (told) this.#find(".panel__balance")?.replaceWith(told);
  }

  /**
   * @param {HTMLFormElement} form
   * @param {URLSearchParams} body
   */
  async #submit(form, body) {
    const headers = { Accept: "text/vnd.liaochat" };
    try {
      const response = await fetch(form.action, { method: "POST", body, headers, signal: AbortSignal.timeout(PATIENCE) });
      if (!response.ok && response.status !== 422) throw new Error(response.statusText);
      this.#replace(element(await response.text()), form.action);
      if (!("refused" in this.#root.dataset)) this.#changed();
    } catch {
      // The ordinary request shows what is wrong, as it would without a script.
      if (form.isConnected) form.submit();
      else location.reload();
    }
  }

  /** Show what is offered now. Where it cannot be had, what stands there stays. */
  renew() {
    this.#inTurn(async () => {
      const signal = AbortSignal.timeout(PATIENCE);
      const next = await fetchPart(at("/session"), { signal }).catch(() => null);
      if (next) this.#replace(next, "");
    });
  }

  /**
   * Ask one after the other: of two answers the first may come last, and is not true any more.
   * @param {() => Promise<void>} ask
   */
  #inTurn(ask) {
    this.#settled = this.#settled.then(ask);
  }

  /**
   * @param {HTMLElement} next
   * @param {string} action  of the form whose answer it is
   */
  #replace(next, action) {
    const focused = document.activeElement;
    const inside = this.#root.contains(focused);
    const panel = this.#find("[popover]");
    // A code that is being entered while a slow answer to something else comes. The form may
    // have been replaced since it was sent, so that it is known by its address.
    const open = panel?.matches(":popover-open") && !action.includes("/auth-code");
    const entered = this.#code?.value ?? "";
    const before = this.#provider;
    this.#root.replaceWith(next);
    this.#root = next;
    this.#listen();
    // What was meant for one provider is not for the next one.
    const entering = open && this.#provider === before;
    if (entering && this.#code) this.#code.value = entered;
    this.#note.textContent = next.dataset.note ?? "";
    this.#enter.hidden = !("missing" in next.dataset);
    if (entering || "refused" in next.dataset) {
      this.#find("[popover]")?.showPopover();
      this.#code?.focus(); // at once: what is typed before the popover says so would be lost
    } else if (inside) this.#find(focused?.matches("select") ? "select" : "[popovertarget]")?.focus();
  }

  get #provider() {
    return /** @type {HTMLInputElement | null} */ (this.#find("input[name=provider]"))?.value;
  }

  get #code() {
    return /** @type {HTMLInputElement | null} */ (this.#find("input[name=auth_code]"));
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement | null} */ (this.#root.querySelector(selector));
  }
}
