// @ts-check
/**
 * The socket: opened again whenever it closes, until the server says that it is over.
 *
 * @typedef {Record<string, any> & { type: string }} Frame
 * @typedef {"open" | "waiting" | "trying" | "offline" | "signedOut" | "crowded"} ConnectionState
 * @typedef {object} Listener
 * @property {() => void} opened  before anything that waited is sent
 * @property {(frame: Frame) => void} received
 * @property {(state: ConnectionState, until: number) => void} changed  `until`: when the next try comes
 * @property {(key: string) => void} tooLarge  the server takes no frame of that size
 */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const PATIENCE = 10_000;
const RESTARTING = 1012;
const TOO_LARGE = 1009;
const TOO_MANY_FRAMES = 1008;
const SIGNED_OUT = 4401;
const GONE = 4404;
const TOO_MANY_PAGES = 4429;

export class Connection {
  #url;
  #door;
  #listener;
  /** @type {WebSocket | null} */
  #socket = null;
  /** What the server has not answered yet, by its key: sent again on the next socket.
   * @type {Map<string, Frame>} */
  #unanswered = new Map();
  #failures = 0;
  #timer = 0;
  #ended = false;

  /**
   * @param {string} path
   * @param {Listener} listener
   * @param {string} door  a page that is not there once the socket may not be opened any more
   */
  constructor(path, listener, door = "/") {
    this.#door = door;
    this.#url = new URL(path, location.href);
    this.#url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.#listener = listener;
    addEventListener("online", () => this.retry());
    // A socket that has lost its network looks open for minutes; a new one tells at once.
    addEventListener("offline", () => this.retry());
    addEventListener("pageshow", (event) => event.persisted && this.retry());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && !this.#socket) this.retry();
    });
  }

  /** Connect now, and not when the wait is over; an open socket is given up for a new one. */
  retry() {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#drop();
    if (this.#failures) this.#listener.changed("trying", 0);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    let opened = false;
    this.#timer = setTimeout(() => socket.close(), PATIENCE);
    socket.onopen = () => {
      opened = true;
      clearTimeout(this.#timer);
      this.#opened();
    };
    socket.onmessage = (event) => this.#listener.received(JSON.parse(event.data));
    socket.onclose = (event) => this.#closed(event.code, opened);
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * Send a frame that is worth nothing later; without a socket it is dropped.
   * @param {Frame} frame
   * @returns {boolean}  whether it left
   */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /**
   * Send a frame that must arrive: again on every new socket until it is settled.
   * @param {string} key
   * @param {Frame} frame
   */
  deliver(key, frame) {
    this.#unanswered.set(key, frame);
    this.send(frame);
  }

  /** @param {string} key */
  settle(key) {
    this.#unanswered.delete(key);
  }

  #opened() {
    this.#failures = 0;
    this.#listener.changed("open", 0);
    this.#listener.opened();
    for (const frame of this.#unanswered.values()) this.send(frame);
  }

  /**
   * @param {number} code
   * @param {boolean} wasOpen
   */
  async #closed(code, wasOpen) {
    const socket = this.#socket;
    if (code === TOO_LARGE) this.#giveUpUnanswered();
    // A refused handshake does not tell the page why; an ordinary request does.
    if (code === SIGNED_OUT || code === GONE || (!wasOpen && (await isShut(this.#door)))) {
      this.#ended = true;
      this.#drop();
      this.#listener.changed("signedOut", 0);
      return;
    }
    if (this.#socket !== socket) return;
    this.#socket = null;
    if (code === TOO_MANY_PAGES) {
      this.#listener.changed("crowded", 0);
      return;
    }
    this.#failures += 1;
    clearTimeout(this.#timer);
    const wait = this.#wait(code);
    this.#timer = setTimeout(() => this.retry(), wait);
    this.#listener.changed(navigator.onLine ? "waiting" : "offline", Date.now() + wait);
  }

  /** Twice as long after each failure, and scattered, so that not all pages come at once.
   * @param {number} code */
  #wait(code) {
    const exponent = code === TOO_MANY_FRAMES ? Math.max(this.#failures, 4) : this.#failures;
    const most = code === RESTARTING ? 1500 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** exponent);
    return most / 2 + (Math.random() * most) / 2;
  }

  #giveUpUnanswered() {
    const keys = [...this.#unanswered.keys()];
    this.#unanswered.clear();
    for (const key of keys) this.#listener.tooLarge(key);
  }

  #drop() {
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }
}

/** @param {string} door */
async function isShut(door) {
  try {
    const { status } = await fetch(door, { method: "HEAD", cache: "no-store" });
    return status === 401 || status === 404;
  } catch {
    return false;
  }
}
