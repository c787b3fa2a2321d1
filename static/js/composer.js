// @ts-check
import { at } from "./markup.js";

const touch = matchMedia("(hover: none) and (pointer: coarse)");

/** @typedef {{ id: string, name: string, image: HTMLImageElement | null }} Sent */

/** Where a message is written: its draft is kept until the server has it. */
export class Composer {
  #form;
  #listener;
  #text;
  #alert;
  #send;
  #stop;
  /** @type {{ clientId: string, text: string, files: Element[] } | null} */
  #underway = null;
  /** The id under which the text in the box may already have arrived.
   * @type {string | null} */
  #sentAs = null;
  /** @type {string | null} */
  #running = null;
  /** What a slash offers is loaded when one is first typed.
   * @type {"no" | "loading" | "yes"} */
  #prompts = "no";
  /** Whether Enter waits for them. */
  #entered = false;

  /**
   * @param {HTMLFormElement} form
   * @param {object} listener
   * @param {(clientId: string, text: string, files: Sent[]) => void} listener.send
   * @param {(message: string) => void} listener.stop
   * @param {() => void} listener.changed
   */
  constructor(form, listener) {
    this.#form = form;
    this.#listener = listener;
    this.#text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
    this.#alert = /** @type {HTMLElement} */ (form.querySelector("[role=alert]"));
    this.#send = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
    this.#stop = /** @type {HTMLButtonElement} */ (form.querySelector(".send--stop"));
    // They stand in one place: the second click of a double click is meant for neither.
    for (const button of [this.#send, this.#stop]) {
      button.addEventListener("click", (event) => {
        if (event.detail < 2) return;
        event.preventDefault();
        event.stopImmediatePropagation();
      });
    }
    form.addEventListener("submit", (event) => this.#submitted(event));
    this.#text.addEventListener("input", () => this.#typed());
    this.#text.addEventListener("keydown", (event) => this.#keyed(event));
    this.#stop.addEventListener("click", () => this.#stopped());
    this.#restore();
    if (!touch.matches) this.focus();
  }

  focus() {
    this.#text.focus();
  }

  /** @param {string} text */
  fill(text) {
    this.#text.value = text;
    this.#text.focus();
    this.#typed();
  }

  /**
   * Which answer is being written, if any: while one is, there is Stop in place of Send.
   * @param {string | null} message
   */
  answering(message) {
    this.#running = message;
    const hadFocus = document.activeElement === this.#stop || this.#stop.disabled;
    this.#send.hidden = message !== null;
    this.#stop.hidden = message === null;
    this.#stop.disabled = false;
    if (hadFocus && !message) this.#text.focus();
  }

  /** @param {string} clientId */
  accept(clientId) {
    if (this.#underway?.clientId !== clientId) return;
    this.#underway = null;
    this.#send.disabled = false;
    if (!this.#text.value) sessionStorage.removeItem(this.#key);
  }

  /**
   * Say why, and give the text back.
   * @param {string | null} clientId
   * @param {string} sentence
   */
  refuse(clientId, sentence) {
    const refused = this.#underway;
    if (refused && refused.clientId === clientId) {
      this.#underway = null;
      this.#send.disabled = false;
      const since = this.#text.value.trim();
      this.#files?.prepend(...refused.files);
      this.fill(since ? `${refused.text}\n\n${since}` : refused.text);
    }
    this.#alert.textContent = sentence;
  }

  /** What a message was refused for may be mended now. */
  mended() {
    if (!this.#alert.textContent) return;
    this.#alert.textContent = "";
    this.#text.focus();
  }

  /** The server keeps this text, too. @param {string} text */
  saved(text) {
    const kept = this.#kept;
    if (kept?.text === text) sessionStorage.setItem(this.#key, JSON.stringify({ ...kept, safe: Date.now() }));
  }

  /** This was sent from another page. @param {string} text */
  forget(text) {
    if (this.#underway || this.#text.value !== text) return;
    sessionStorage.removeItem(this.#key);
    this.#text.value = "";
    this.#renew();
    this.#grow();
  }

  /** Whether something is written here that the server may not have. */
  get unsaved() {
    const kept = this.#kept;
    return Boolean(kept && !kept.sent && !kept.safe);
  }

  get #kept() {
    return JSON.parse(sessionStorage.getItem(this.#key) ?? "null");
  }

  /** The sentence for a message that no frame can carry. */
  get tooLarge() {
    return this.#form.dataset.tooLarge ?? "";
  }

  /**
   * The conversation has an address now; without a script the form would need it too.
   * @param {string} conversation
   */
  belongTo(conversation) {
    const draft = sessionStorage.getItem(this.#key);
    sessionStorage.removeItem(this.#key);
    this.#field("conversation").value = conversation;
    if (draft) sessionStorage.setItem(this.#key, draft);
  }

  get #key() {
    return `draft:${this.#field("conversation").value}`;
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem(name));
  }

  /** A text whose acceptance was not seen comes back under its id, and is paid once. */
  #restore() {
    const drawn = this.#text.value;
    const kept = this.#kept;
    // What the server kept when this page was asked for, and had no more, was sent from another.
    const safe = kept?.safe < performance.timeOrigin;
    if (kept && (kept.sent || !safe || drawn)) {
      this.#sentAs = kept.sent ? kept.clientId : null;
      if (kept.sent && !this.#field("conversation").value) this.#follow(kept.clientId);
      this.#field("client_id").value = kept.clientId;
      this.#text.value = kept.text;
    }
    this.#grow();
  }

  /** A reload right after a new chat's first message: go where that went. @param {string} clientId */
  async #follow(clientId) {
    const answer = await fetch(at(`/sent/${clientId}`), { cache: "no-store" });
    if (answer.status !== 200 || this.#sentAs !== clientId) return;
    sessionStorage.removeItem(this.#key);
    location.replace(at(await answer.text()));
  }

  #typed() {
    if (this.#alert.textContent) this.#alert.textContent = "";
    if (this.#sentAs === this.#field("client_id").value) this.#renew();
    this.#keep();
    this.#grow();
    this.#listener.changed();
    this.#entered = false;
    if (this.#prompts === "no" && /^\//m.test(this.#text.value)) this.#loadPrompts();
  }

  async #loadPrompts() {
    this.#prompts = "loading";
    try {
      const { Prompts } = await import("./prompts.js");
      this.#prompts = "yes";
      new Prompts(this.#text, this.#entered);
    } catch {
      this.#prompts = "no";
      if (this.#entered) this.#form.requestSubmit();
    }
  }

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    if (!sends(event)) return;
    event.preventDefault();
    if (this.#prompts === "loading") this.#entered = true;
    else this.#form.requestSubmit();
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    event.preventDefault();
    const text = this.#text.value;
    const files = [...(this.#files?.children ?? [])];
    if ((!text.trim() && !files.length) || this.#running || this.#underway) return;
    const clientId = this.#field("client_id").value;
    this.#alert.textContent = "";
    this.#keep(true);
    this.#underway = { clientId, text, files };
    this.#send.disabled = true;
    this.#renew();
    this.#text.value = "";
    this.#grow();
    this.#listener.changed();
    for (const file of files) file.remove();
    this.#listener.send(clientId, text, files.map(described));
  }

  /** The files that are on their way with a message. */
  get sending() {
    return (this.#underway?.files ?? []).map(described);
  }

  /** The list of the files that wait beside the draft. */
  get #files() {
    return this.#form.querySelector(".files");
  }

  #stopped() {
    if (!this.#running) return;
    this.#stop.disabled = true;
    this.#listener.stop(this.#running);
  }

  #renew() {
    this.#field("client_id").value = uuid();
  }

  #keep(sent = false) {
    const text = this.#text.value;
    const clientId = this.#field("client_id").value;
    if (text) sessionStorage.setItem(this.#key, JSON.stringify({ clientId, text, sent }));
    else if (!this.#underway) sessionStorage.removeItem(this.#key);
  }

  /** For browsers that do not size the box by its content themselves. */
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#text.rows = 1;
    while (this.#text.rows < 12 && this.#text.scrollHeight > this.#text.clientHeight) this.#text.rows += 1;
  }
}

/**
 * @param {Element} item
 * @returns {Sent}
 */
function described(item) {
  const id = item.querySelector("input")?.value ?? "";
  const name = item.querySelector(".files__name")?.textContent ?? "";
  return { id, name, image: item.querySelector("img") };
}

/**
 * Whether a key that is pressed in a text box sends the text.
 * @param {KeyboardEvent} event
 */
export function sends(event) {
  const plain = !event.shiftKey && !event.altKey && !touch.matches;
  const enter = event.key === "Enter" && (plain || event.ctrlKey || event.metaKey);
  return enter && !event.isComposing && event.keyCode !== 229;
}

/** crypto.randomUUID is missing where a team serves the page over plain HTTP. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
