// @ts-check
import { Limits } from "./limits.js";

const PAUSE = 300;
/** Characters that the server takes in a frame: a larger one closes the socket. */
const MOST = 2_000_000;

/**
 * @typedef {object} Gauge
 * @property {string | null} conversation
 * @property {string | null} first
 * @property {number} unsent
 * @property {string} size
 * @property {string} text
 * @property {boolean} over
 */

/**
 * Keeps what is being written on the server, and shows what would be sent with it. The
 * server is asked once typing pauses, and not again before it has answered.
 */
export class Draft {
  #form;
  #text;
  #listener;
  #gauge;
  #limits;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** What the server has been asked and has not answered, and whether to ask anew then. */
  #asked = "";
  #again = false;
  /** Whether a person wrote here what is not kept yet. */
  #fresh = false;
  /** What this page had kept last: what another one keeps in its place is not ours to forget. */
  #was;

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} column  the messages of the conversation
   * @param {object} listener
   * @param {(frame: object) => void} listener.send
   * @param {(text: string) => void} listener.kept
   */
  constructor(form, column, listener) {
    this.#form = form;
    this.#listener = listener;
    this.#text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
    this.#text.addEventListener("blur", () => this.#flush());
    addEventListener("pagehide", () => this.#flush());
    this.#was = this.#text.defaultValue;
    this.#gauge = /** @type {HTMLElement} */ (form.querySelector(".gauge"));
    this.#limits = new Limits(column, this.#gauge.dataset.divider ?? "");
    const files = form.querySelector(".composer__files");
    if (files) new MutationObserver(() => this.measure()).observe(files, { childList: true, subtree: true });
  }

  /** A person wrote, or sent what they wrote. */
  changed() {
    this.#fresh = true;
    clearTimeout(this.#timer);
    // A long text is not sent at every breath.
    this.#timer = setTimeout(() => this.measure(), PAUSE + this.#text.value.length / 1000);
  }

  /** Ask what would be sent, because something else than the text is new. */
  measure() {
    clearTimeout(this.#timer);
    if (this.#asked) this.#again = true;
    else this.#ask();
  }

  /** A new socket answers nothing that was asked on the old one. */
  renew() {
    if (this.#asked.startsWith("keep:")) this.#fresh = true;
    this.#asked = "";
    this.#again = false;
    if (this.#fresh) this.#ask();
  }

  /** A new chat became a conversation: what was written since belongs to that. */
  moved() {
    this.#listener.send({ type: "draft", conversation: null, text: "", keep: true, was: this.#was });
    this.#was = "";
    this.#asked = "";
    this.changed();
  }

  /** @param {Gauge} gauge */
  received(gauge) {
    const [asked, again] = [this.#asked, this.#again];
    if (gauge.conversation !== this.#conversation) return;
    this.#asked = "";
    this.#again = false;
    if (asked.startsWith("keep:")) this.#listener.kept(asked.slice("keep:".length));
    if (again) this.#ask();
    else this.#show(gauge);
  }

  #flush() {
    if (!this.#fresh) return;
    clearTimeout(this.#timer);
    this.#ask();
  }

  #ask() {
    const [conversation, text, keep] = [this.#conversation, this.#text.value, this.#fresh];
    const system = new FormData(this.#form).get("system") ?? "";
    const was = text ? undefined : this.#was;
    const frame = { type: "draft", conversation, text, keep, system, was };
    if (JSON.stringify(frame).length > MOST) {
      const words = this.#form.dataset.tooLarge ?? "";
      return this.#show({ conversation, first: null, unsent: 0, size: "", text: words, over: true });
    }
    this.#fresh = false;
    this.#asked = `${keep ? "keep:" : "only:"}${text}`;
    if (keep) this.#was = text;
    this.#listener.send(frame);
  }

  /** @param {Gauge} gauge */
  #show({ first, unsent, size, text, over }) {
    const gauge = this.#gauge;
    const parts = { ".gauge__size": size, ".gauge__text": text };
    for (const [part, words] of Object.entries(parts)) {
      const place = gauge.querySelector(part);
      if (place && place.textContent !== words) place.textContent = words;
    }
    gauge.hidden = !size && !text;
    gauge.classList.toggle("gauge--over", over);
    this.#limits.show(first, unsent);
  }

  get #conversation() {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem("conversation")).value || null;
  }
}
