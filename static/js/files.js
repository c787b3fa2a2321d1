// @ts-check
import { batches } from "./batches.js";
import { LongPaste } from "./long-paste.js";
import { at, element } from "./markup.js";

const PATIENCE = 60_000;

/** The text files that wait beside the draft. */
export class Files {
  #form;
  #zone;
  #composer;
  #box;
  #text;
  #paste;
  /** Uploads that are under way or wait for their turn: they are made one by one. */
  #left = 0;
  #turn = Promise.resolve();
  /** Why files were refused since the last of them was read. */
  #refused = new Set();
  /** Whether the message is to be sent when all files are there. */
  #sends = false;

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} zone  shown while files are over the page
   * @param {import("./composer.js").Composer} composer
   */
  constructor(form, zone, composer) {
    this.#form = form;
    this.#zone = zone;
    this.#composer = composer;
    this.#box = /** @type {HTMLElement} */ (form.querySelector(".composer__files"));
    this.#text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
    const offer = /** @type {HTMLElement} */ (form.querySelector(".offer-file"));
    this.#paste = new LongPaste(this.#text, offer, (text) => {
      this.take([new File([text], this.#box.dataset.pasted ?? "")]);
    });
    form.addEventListener("submit", (event) => this.#submitted(event), { capture: true });
  }

  /**
   * @param {boolean} over  whether files are over the page
   * @param {File[]} dropped
   */
  drag(over, dropped) {
    this.#zone.hidden = !over;
    if (dropped.length) this.take(dropped);
  }

  /**
   * Bring files to the server, which says what it makes of them.
   * @param {File[]} files
   */
  take(files) {
    this.#left += 1;
    this.#wait();
    this.#turn = this.#turn.then(() => this.#bring(files)).then(() => {
      this.#left -= 1;
      this.#wait();
      if (!this.#left) this.#done();
    });
  }

  /**
   * Offer to make a file of a text that was just pasted into the box.
   * @param {string} text
   */
  offer(text) {
    this.#paste.offer(text);
  }

  /** @param {HTMLButtonElement} button  of the file that is not wanted */
  async remove(button) {
    const items = [...this.#box.querySelectorAll(".files__item")];
    const at = items.findIndex((item) => item.contains(button));
    const response = await this.#post(button.formAction, new FormData());
    if (response?.status === 404) items[at].remove();
    else if (!response?.ok) return this.#composer.refuse(null, this.#box.dataset.failed ?? "");
    else this.#show(await response.text());
    const left = /** @type {NodeListOf<HTMLElement>} */ (this.#box.querySelectorAll(".files__remove"));
    (left[Math.min(at, left.length - 1)] ?? this.#text).focus();
    this.#changed();
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    this.#paste.forget();
    if (!this.#left) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#sends = true;
  }

  #wait() {
    const { reading = "" } = this.#box.dataset;
    this.#box.toggleAttribute("data-busy", this.#left > 0);
    const line = this.#box.querySelector(".files__reading") ?? document.createElement("p");
    line.className = "files__reading";
    line.textContent = reading;
    if (this.#left) this.#box.append(line);
    else line.remove();
  }

  #done() {
    this.#changed();
    const refused = [...this.#refused].join("\n");
    this.#refused.clear();
    if (refused) this.#composer.refuse(null, refused);
    else if (this.#sends) this.#form.requestSubmit();
    this.#sends = false;
  }

  /** @param {File[]} files */
  async #bring(files) {
    const { largest, unreadable = "" } = this.#box.dataset;
    const refuse = (/** @type {string} */ name) => this.#refused.add(unreadable.replace("{name}", () => name));
    for await (const body of batches(files, Number(largest), refuse)) await this.#send(body);
  }

  /** @param {FormData} body */
  async #send(body) {
    const response = await this.#post(at("/files"), body);
    if (response && (response.ok || response.status === 422)) this.#show(await response.text());
    else this.#refused.add(this.#box.dataset.failed ?? "");
  }

  /**
   * @param {string} address
   * @param {FormData} body
   */
  async #post(address, body) {
    const field = /** @type {HTMLInputElement} */ (this.#form.elements.namedItem("conversation"));
    body.set("conversation", field.value);
    const headers = { Accept: "text/vnd.liaochat" };
    const signal = AbortSignal.timeout(PATIENCE);
    return fetch(address, { method: "POST", body, headers, signal }).catch(() => null);
  }

  /** @param {string} html */
  #show(html) {
    const list = element(html);
    // What is on its way with a message still waits for it on the server.
    for (const { id } of this.#composer.sending) {
      list.querySelector(`[value="${id}"]`)?.closest("li")?.remove();
    }
    this.#box.querySelector(".files")?.replaceWith(list);
    for (const sentence of (list.dataset.refused ?? "").split("\n")) if (sentence) this.#refused.add(sentence);
  }

  /** What would be sent is other than before. */
  #changed() {
    this.#text.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
