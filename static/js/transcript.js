// @ts-check
import { applyOps, element, replaceBlocks, sameBlocks } from "./markup.js";

const NEAR_THE_END = 48;

/** The messages of one conversation, and where in them the reader is. */
export class Transcript {
  #scroller;
  #column;
  #jump;
  #template;
  #resync;
  /** The version of each running answer that is shown.
   * @type {Map<string, number>} */
  #versions = new Map();
  /** Messages drawn here that the server has not accepted yet, by client id.
   * @type {Map<string, HTMLElement>} */
  #pending = new Map();
  #atEnd = true;
  #lastTop = 0;
  #asked = false;

  /**
   * @param {HTMLElement} scroller
   * @param {object} parts
   * @param {HTMLButtonElement} parts.jump
   * @param {HTMLTemplateElement} parts.template  of a pending message
   * @param {() => void} parts.resync  asks the server for what is missing here
   */
  constructor(scroller, { jump, template, resync }) {
    this.#scroller = scroller;
    this.#column = /** @type {HTMLElement} */ (scroller.firstElementChild);
    this.#jump = jump;
    this.#template = template;
    this.#resync = resync;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    jump.addEventListener("click", () => {
      scroller.focus({ preventScroll: true });
      this.toEnd();
    });
    // Called after layout and before paint: the end never leaves the view, not for one frame.
    const observer = new ResizeObserver(() => this.#stick());
    observer.observe(this.#column);
    observer.observe(scroller);
    this.#stick();
  }

  /** A new socket knows nothing of what was asked on the old one. */
  renew() {
    this.#asked = true;
    this.#resync();
  }

  /** What the server needs to know to send what is missing here. */
  get position() {
    return { last: this.lastId, state: this.lastState };
  }

  /** The id of the last message that the server knows, or null. */
  get lastId() {
    return this.#last()?.id.slice("message-".length) ?? null;
  }

  /** The state of the last message that the server knows, or null. */
  get lastState() {
    return this.#last()?.dataset.state ?? null;
  }

  /** The id of the answer that is being written, or null. */
  get running() {
    return this.lastState === "running" ? this.lastId : null;
  }

  /**
   * Show what the reader has just sent, before the server has it.
   * @param {string} clientId
   * @param {string} text
   */
  draw(clientId, text) {
    const article = /** @type {HTMLElement} */ (this.#template.content.firstElementChild?.cloneNode(true));
    article.id = `message-${clientId}`;
    const body = article.querySelector(".message__body");
    if (body) body.textContent = text;
    this.#pending.set(clientId, article);
    this.#column.append(article);
    this.toEnd();
  }

  /** The server has it; the message itself follows. @param {string} clientId */
  accept(clientId) {
    this.#pending.delete(clientId);
  }

  /** The server does not want it. @param {string} clientId */
  withdraw(clientId) {
    this.#pending.get(clientId)?.remove();
    this.#pending.delete(clientId);
  }

  /** @param {{ after: string | null, html: string[] }} frame */
  replace({ after, html }) {
    this.#asked = false;
    const stands = after === null ? null : this.#message(after);
    if (after !== null && !stands) return this.#ask();
    const articles = /** @type {HTMLElement[]} */ ([...this.#column.querySelectorAll(":scope > .message")]);
    const first = stands ? articles.indexOf(stands) + 1 : 0;
    const fresh = html.map(element);
    const same = fresh.findIndex((article, at) => !keep(articles[first + at], article));
    const kept = same < 0 ? fresh.length : same;
    const place = this.#focused(articles, first + kept);
    for (const article of articles.slice(first + kept)) {
      this.#versions.delete(article.id.slice("message-".length));
      article.remove();
    }
    this.#column.append(...fresh.slice(kept), ...this.#pending.values());
    if (place) this.#refocus(place);
  }

  /**
   * Where the focus is, if that goes away: the how-manieth message, which control, how high.
   * @param {HTMLElement[]} articles
   * @param {number} from  the first of them that goes
   */
  #focused(articles, from) {
    const focused = document.activeElement;
    const at = articles.findIndex((article) => article.contains(focused));
    if (!focused || at < from) return null;
    const step = steps(articles[at]).findIndex((one) => one === focused);
    return { at, step, top: focused.getBoundingClientRect().top };
  }

  /**
   * Who steps through the versions of a message goes on from where they are, and the
   * control stays under the pointer.
   * @param {{ at: number, step: number, top: number }} place
   */
  #refocus({ at, step, top }) {
    const article = this.#column.querySelectorAll(":scope > .message")[at];
    const all = article && step >= 0 ? steps(article) : [];
    const control = [all[step], ...all].find((one) => one && !one.disabled);
    if (!control) return this.#scroller.focus({ preventScroll: true });
    this.#atEnd = false;
    this.#scroller.scrollTop += (all[step] ?? control).getBoundingClientRect().top - top;
    control.focus({ preventScroll: true });
    this.#scrolled();
  }

  /** @param {{ message: string, version: number, html: string }} frame */
  snapshot({ message, version, html }) {
    this.#asked = false;
    const body = this.#body(message);
    if (!body) return this.#ask();
    this.#versions.set(message, version);
    replaceBlocks(body, html);
  }

  /** @param {{ message: string, version: number, ops: import("./markup.js").Op[] }} frame */
  patch({ message, version, ops }) {
    const body = this.#body(message);
    const shown = this.#versions.get(message) ?? 0;
    if (version <= shown) return;
    if (!body || version !== shown + 1) return this.#ask();
    this.#versions.set(message, version);
    applyOps(body, ops);
  }

  /** @param {{ message: string, state: string, footer: string }} frame */
  end({ message, state, footer }) {
    this.#asked = false;
    const article = this.#message(message);
    this.#versions.delete(message);
    if (!article) return;
    article.dataset.state = state;
    article.querySelector(".message__footer")?.replaceWith(element(footer));
  }

  toEnd() {
    this.#atEnd = true;
    this.#stick();
  }

  #stick() {
    if (this.#atEnd) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#scrolled();
  }

  /** Only going up leaves the end; that more text came below does not. */
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const left = scrollHeight - scrollTop - clientHeight;
    if (left < NEAR_THE_END) this.#atEnd = true;
    else if (scrollTop < this.#lastTop) this.#atEnd = false;
    this.#lastTop = scrollTop;
    this.#jump.hidden = this.#atEnd;
  }

  /** Once for each gap, however many frames fall into it. */
  #ask() {
    if (this.#asked) return;
    this.#asked = true;
    this.#resync();
  }

  /** @returns {HTMLElement | undefined} */
  #last() {
    const known = this.#column.querySelectorAll(":scope > .message:not([data-state='pending'])");
    return /** @type {HTMLElement | undefined} */ ([...known].at(-1));
  }

  /** @param {string} id */
  #message(id) {
    return document.getElementById(`message-${id}`);
  }

  /** @param {string} id */
  #body(id) {
    return this.#message(id)?.querySelector(".message__body") ?? null;
  }
}

/**
 * What stands and is not new stays, and with it a selection and the height of the page;
 * but what can be done with it may be new.
 * @param {HTMLElement | undefined} old
 * @param {HTMLElement} fresh
 * @returns {boolean}  whether the old one stays
 */
function keep(old, fresh) {
  const { state } = fresh.dataset;
  if (old?.id !== fresh.id || old.dataset.state !== state || state === "running") return false;
  const [shown, wanted] = [old, fresh].map((one) => one.querySelector(".message__body"));
  if (!shown || !wanted || !sameBlocks(shown, wanted)) return false;
  const [before, after] = [old, fresh].map((one) => one.querySelector(".message__footer"));
  if (after && !before?.querySelector(":popover-open")) before?.replaceWith(after);
  return true;
}

/** @param {Element} article */
function steps(article) {
  return /** @type {HTMLButtonElement[]} */ ([...article.querySelectorAll(".versions__step")]);
}
