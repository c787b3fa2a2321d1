// @ts-check
/** What the page says about itself: to the ear in one live region, to the eye in a strip. */

const GRACE = 1200;
const COPIED_FOR = 1600;

export class Status {
  #region;
  #strip;
  #what;
  #when;
  #retry;
  #listener;
  #sentence = "";
  #grace = 0;
  #clock = 0;

  /**
   * @param {HTMLElement} region
   * @param {HTMLElement} strip
   * @param {object} listener
   * @param {() => void} listener.retry
   * @param {() => void} listener.left  the strip goes, and the focus was in it
   */
  constructor(region, strip, listener) {
    this.#region = region;
    this.#strip = strip;
    this.#what = /** @type {HTMLElement} */ (strip.querySelector(".connection__what"));
    this.#when = /** @type {HTMLElement} */ (strip.querySelector(".connection__when"));
    this.#retry = /** @type {HTMLButtonElement} */ (strip.querySelector("button"));
    this.#retry.addEventListener("click", listener.retry);
    this.#listener = listener;
  }

  /** @param {string} key  the name of a text of the live region */
  say(key) {
    this.#region.textContent = this.#region.dataset[key] ?? "";
  }

  /**
   * @param {import("./connection.js").ConnectionState} state
   * @param {number} until  when the next try comes, or 0
   */
  connection(state, until) {
    clearInterval(this.#clock);
    if (state === "open") return this.#connected();
    if (state !== "trying") this.#sentence = this.#text(state === "waiting" ? "reconnecting" : state);
    const out = state === "signedOut";
    this.#retry.hidden = out;
    for (const link of this.#strip.querySelectorAll("a")) link.hidden = out !== link.matches("[data-sign-in]");
    this.#when.textContent = state === "trying" ? this.#text("now") : "";
    if (until) this.#count(until);
    // A socket that is back within a second was never gone.
    if (until || state === "trying") this.#grace ||= setTimeout(() => this.#show(), GRACE);
    if (!this.#strip.hidden || state === "signedOut" || state === "crowded") this.#show();
  }

  /**
   * Copy what belongs to a Copy button: the code above which it stands, or the answer.
   * @param {HTMLElement} button
   */
  async copied(button) {
    const code = button.closest(".code")?.querySelector("code");
    const shown = code ?? button.closest(".message")?.querySelector(".message__body");
    if (!(shown instanceof HTMLElement)) return;
    await copy(shown);
    this.say("copied");
    const label = button.querySelector("span") ?? button;
    const before = label.textContent;
    if (button.classList.contains("is-copied")) return;
    button.classList.add("is-copied");
    label.textContent = this.#region.dataset.copied ?? before;
    setTimeout(() => {
      button.classList.remove("is-copied");
      label.textContent = before;
    }, COPIED_FOR);
  }

  #show() {
    if (!this.#strip.hidden && this.#what.textContent === this.#sentence) return;
    this.#strip.hidden = false;
    this.#what.textContent = this.#sentence;
    this.#region.textContent = this.#sentence;
  }

  #connected() {
    clearTimeout(this.#grace);
    this.#grace = 0;
    if (this.#strip.hidden) return;
    if (this.#strip.contains(document.activeElement)) this.#listener.left();
    this.#region.textContent = this.#text("back");
    this.#strip.hidden = true;
  }

  /** @param {number} until */
  #count(until) {
    const tick = () => {
      const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
      this.#when.textContent = this.#text("wait").replace("{seconds}", String(seconds));
    };
    tick();
    this.#clock = setInterval(tick, 1000);
  }

  /** @param {string} key */
  #text(key) {
    return this.#strip.dataset[key] ?? "";
  }
}

/**
 * Copy what an element shows, also where the page is not served over HTTPS. A selection
 * leaves out what is not meant to be selected, such as the heads of code.
 * @param {HTMLElement} shown
 */
async function copy(shown) {
  const selection = /** @type {Selection} */ (getSelection());
  const before = selection.rangeCount ? selection.getRangeAt(0) : null;
  selection.selectAllChildren(shown);
  const text = selection.toString();
  if (!navigator.clipboard) document.execCommand("copy");
  selection.removeAllRanges();
  if (before) selection.addRange(before);
  await navigator.clipboard?.writeText(text.trimEnd());
}
