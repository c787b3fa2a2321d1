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
  /** Follows the ways to more messages; loaded where there is one.
   * @type {Promise<import("./further.js").Further> | null} */
  #further = null;

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
      if (this.#newer) this.#leap();
      this.toEnd();
    });
    // Who opens something wants to see it, not what it pushes down.
    scroller.addEventListener("click", (event) => {
      if (/** @type {Element} */ (event.target).closest("summary")) this.#atEnd = false;
    });
    this.#begin();
    // Called after layout and before paint: the end never leaves the view, not for one frame.
    const observer = new ResizeObserver(() => this.#stick());
    observer.observe(this.#column);
    observer.observe(scroller);
    this.#stick();
    this.#watchFurther();
  }

  /** A new socket knows nothing of what was asked on the old one. */
  renew() {
    this.#asked = true;
    this.#resync();
  }

  /** What the server needs to know to send what is missing here. */
  get position() {
    // In the middle nothing is missing but what the reader comes near.
    return { last: this.lastId, state: this.lastState, part: this.#newer !== null };
  }

  /** The id of the last message that the server knows, or null. */
  get lastId() {
    return this.#last()?.id.slice("message-".length) ?? null;
  }

  /** The last message of the conversation, as far as this page knows; or null. */
  get head() {
    return this.#newer?.dataset.head ?? this.lastId;
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
   * @param {import("./composer.js").Sent[]} files  those that go along
   */
  draw(clientId, text, files = []) {
    const article = /** @type {HTMLElement} */ (this.#template.content.firstElementChild?.cloneNode(true));
    article.id = `message-${clientId}`;
    const body = article.querySelector(".message__body");
    if (body) body.textContent = text;
    const seen = files.filter(({ image }) => image);
    if (seen.length) body?.before(pendingImages(seen));
    body?.after(...files.filter(({ image }) => !image).map(pendingFile));
    this.#pending.set(clientId, article);
    if (this.#newer) this.#leap();
    this.#column.append(article);
    this.#mark();
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
    this.#mark();
  }

  /** @param {{ after: string | null, html: string[], older: string | null, newer: string | null }} frame */
  replace({ after, html, older, newer }) {
    this.#asked = false;
    const fresh = html.map(element);
    const articles = this.#articles;
    let first = articles.findIndex(({ id }) => id === `message-${after}`) + 1;
    // Of a page that begins with the first of them the one before is not known.
    if (after && !first) first = articles.findIndex(({ id }) => id === fresh[0]?.id);
    if (first < 0) return this.#ask();
    const same = fresh.findIndex((article, at) => !keep(articles[first + at], article));
    const kept = same < 0 ? fresh.length : same;
    const place = this.#focused(articles, first + kept);
    for (const article of articles.slice(first + kept)) {
      this.#versions.delete(article.id.slice("message-".length));
      article.remove();
    }
    this.#newer?.remove();
    this.#column.append(...fresh.slice(kept), ...(newer ? [element(newer)] : []), ...this.#pending.values());
    if (newer) this.#atEnd = false;
    this.#mark();
    if (!after) {
      this.#column.querySelector(".further--older")?.remove();
      if (older) this.#articles[0].before(element(older));
    }
    if (place) this.#refocus(place);
    this.#watchFurther();
  }

  /**
   * Where the conversation ends some things look otherwise, and all of it is laid out; others
   * look otherwise while an answer comes. A rule that asked for that with :has() would be asked
   * again at every word.
   */
  #mark() {
    const articles = this.#articles;
    const last = this.#newer ? null : articles.at(-1);
    for (const one of articles) one.classList.toggle("message--last", one === last);
    const busy = articles.some(({ dataset }) => dataset.state === "running" || dataset.state === "pending");
    this.#column.classList.toggle("transcript__column--busy", busy);
    const welcome = /** @type {HTMLElement | null} */ (this.#column.querySelector(":scope > .welcome"));
    if (welcome) welcome.hidden = articles.length > 0;
  }

  /** A page that was opened at a message begins there, others at the end. */
  #begin() {
    const id = location.hash.slice(1) || `message-${this.#scroller.dataset.begin}`;
    const place = document.getElementById(id);
    if (!place || !this.#column.contains(place)) return;
    this.#atEnd = false;
    place.scrollIntoView();
  }

  /** Go where the conversation ends now, past messages that this page does not have. */
  #leap() {
    for (const one of this.#column.querySelectorAll(":scope > :is(.message, .further)")) one.remove();
    this.#versions.clear();
    history.replaceState(null, "", location.pathname);
    this.renew();
  }

  async #watchFurther() {
    if (!this.#column.querySelector(":scope > .further")) return;
    // Asked whatever was asked before: where nothing was missing then, nothing was answered.
    this.#further ??= import("./further.js").then(({ Further }) => new Further(this.#scroller, () => this.renew()));
    try {
      (await this.#further).watch();
    } catch {
      this.#further = null; // The links lead to pages meanwhile.
    }
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
    const article = this.#articles[at];
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
    this.#heard(body);
  }

  /** @param {{ message: string, version: number, ops: import("./markup.js").Op[] }} frame */
  patch({ message, version, ops }) {
    const body = this.#body(message);
    const shown = this.#versions.get(message) ?? 0;
    if (version <= shown) return;
    if (!body || version !== shown + 1) return this.#ask();
    this.#versions.set(message, version);
    applyOps(body, ops);
    this.#heard(body);
    // Here, and not only before the paint: there the event of the scrolling would need one
    // more frame, with all that belongs to it. Out of sight nothing is laid out.
    if (this.#atEnd && !document.hidden) this.#stick();
  }

  /** What stands for the first word goes when that is here. @param {Element} body */
  #heard(body) {
    body.parentElement?.classList.toggle("message--wordless", !body.firstChild);
  }

  /** @param {{ message: string, state: string, footer: string, thoughts: string }} frame */
  end({ message, state, footer, thoughts }) {
    this.#asked = false;
    this.#versions.delete(message);
    const article = this.wait({ message, footer });
    if (!article) return;
    article.dataset.state = state;
    if (!thoughts) article.querySelector(":scope > .thoughts")?.remove();
    this.#mark();
  }

  /** What stands under an answer is new. @param {{ message: string, footer: string }} frame */
  wait({ message, footer }) {
    const article = this.#message(message);
    article?.querySelector(".message__footer")?.replaceWith(element(footer));
    return article;
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
    if (left < NEAR_THE_END) this.#atEnd = !this.#newer;
    else if (scrollTop < this.#lastTop) this.#atEnd = false;
    this.#lastTop = scrollTop;
    // Even the same value would have its style found anew, and with it a second frame.
    if (this.#jump.hidden !== this.#atEnd) this.#jump.hidden = this.#atEnd;
  }

  /** Once for each gap, however many frames fall into it. */
  #ask() {
    if (this.#asked) return;
    this.#asked = true;
    this.#resync();
  }

  get #articles() {
    return /** @type {HTMLElement[]} */ ([...this.#column.querySelectorAll(":scope > .message")]);
  }

  /** The way to what follows, where this page does not have it. */
  get #newer() {
    return /** @type {HTMLElement | null} */ (this.#column.querySelector(":scope > .further--newer"));
  }

  #last() {
    return this.#articles.filter((one) => one.dataset.state !== "pending").at(-1);
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

/** @param {import("./composer.js").Sent[]} images */
function pendingImages(images) {
  const box = document.createElement("div");
  box.className = "message__images";
  for (const { image, name } of images) {
    const shown = document.createElement("img");
    Object.assign(shown, { className: "image--pending", alt: name, src: image?.src });
    box.append(shown);
  }
  return box;
}

/** @param {{ name: string }} file */
function pendingFile({ name }) {
  const line = document.createElement("p");
  line.className = "file file--pending";
  line.textContent = name;
  return line;
}

/** @param {Element} article */
function steps(article) {
  return /** @type {HTMLButtonElement[]} */ ([...article.querySelectorAll(".versions__step")]);
}
