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
  #timer = 0;

  /**
   * @param {HTMLElement} region
   * @param {HTMLElement} strip
   * @param {() => void} retry
   */
  constructor(region, strip, retry) {
    this.#region = region;
    this.#strip = strip;
    this.#what = /** @type {HTMLElement} */ (strip.querySelector(".connection__what"));
    this.#when = /** @type {HTMLElement} */ (strip.querySelector(".connection__when"));
    this.#retry = /** @type {HTMLButtonElement} */ (strip.querySelector("button"));
    this.#retry.addEventListener("click", retry);
  }

  /** @param {string} key  the name of a text of the live region */
  say(key) {
    this.#region.textContent = this.#region.dataset[key] ?? "";
  }

  /**
   * @param {import("./connection.js").ConnectionState} state
   * @param {number} until
   */
  connection(state, until) {
    clearInterval(this.#timer);
    if (state === "open") return this.#close();
    if (state === "trying") {
      this.#when.textContent = this.#text("now");
      return;
    }
    const sentence = this.#text(state === "waiting" ? "reconnecting" : state);
    this.#retry.hidden = state === "signedOut";
    const show = () => {
      if (until) this.#count(until);
      else this.#when.textContent = "";
      if (this.#what.textContent === sentence && !this.#strip.hidden) return;
      this.#what.textContent = sentence;
      this.#region.textContent = sentence;
      this.#strip.hidden = false;
    };
    // A socket that is back within a second was never gone.
    if (this.#strip.hidden && state === "waiting") this.#timer = setTimeout(show, GRACE);
    else show();
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

  #close() {
    if (!this.#strip.hidden) this.#region.textContent = this.#text("back");
    this.#strip.hidden = true;
  }

  /** @param {number} until */
  #count(until) {
    const tick = () => {
      const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
      this.#when.textContent = this.#text("wait").replace("{seconds}", String(seconds));
    };
    tick();
    clearInterval(this.#timer);
    this.#timer = setInterval(tick, 1000);
  }

  /** @param {string} key */
  #text(key) {
    return this.#strip.dataset[key] ?? "";
  }
}

/**
 * Copy what an element shows, also where the page is not served over HTTPS.
 * @param {HTMLElement} shown
 */
async function copy(shown) {
  const text = shown.matches("pre, code") ? shown.textContent : shown.innerText;
  if (navigator.clipboard) return navigator.clipboard.writeText((text ?? "").trim());
  getSelection()?.selectAllChildren(shown);
  document.execCommand("copy");
  getSelection()?.removeAllRanges();
}
