// @ts-check
/**
 * The way to the server: opened again whenever it closes, until the server says that it is
 * over. It is a socket, or where none gets through, events (`events.js`).
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
const AT_ONCE = 200;
/** How long a server that said that it restarts is taken to be about to come back. */
const RESTART = 60_000;
const LONGEST_WAIT_FOR_RESTART = 1500;
/** After so long a socket may have been lost without a word, as in a laptop's sleep. */
const ASLEEP = 30_000;
/** How long no socket is tried after none got through; and where a tab keeps when that ends. */
const BY_EVENTS_FOR = 600_000;
const BY_EVENTS = "liaochat-by-events";
const LOST = 1006;
const RESTARTING = 1012;
const TOO_LARGE = 1009;
const TOO_MANY_FRAMES = 1008;
const SIGNED_OUT = 4401;
const GONE = 4404;
const TOO_MANY_PAGES = 4429;

export class Connection {
  #path;
  #door;
  #listener;
  /** @type {WebSocket | import("./events.js").EventWire | null} */
  #wire = null;
  /** How often in a row a socket could not be used although the server answers. */
  #strikes = 0;
  /** What the server has not answered yet, by its key: sent again on the next wire.
   * @type {Map<string, Frame>} */
  #unanswered = new Map();
  #failures = 0;
  #backBy = 0;
  #hiddenAt = 0;
  #timer = 0;
  #ended = false;

  /**
   * @param {string} path
   * @param {Listener} listener
   * @param {string} door  a page that is not there once the socket may not be opened any more
   */
  constructor(path, listener, door) {
    this.#path = path;
    this.#door = door;
    this.#listener = listener;
    addEventListener("online", () => this.retry());
    // A socket that has lost its network looks open for minutes; a new one tells at once.
    addEventListener("offline", () => this.retry());
    addEventListener("pageshow", (event) => event.persisted && this.retry());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#hiddenAt = Date.now();
      else if (!this.#wire || Date.now() - this.#hiddenAt > ASLEEP) this.retry();
    });
  }

  /** Connect now, and not when the wait is over; an open wire is given up for a new one. */
  async retry() {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#drop();
    if (this.#failures) this.#listener.changed("trying", 0);
    if (!byEvents()) {
      const url = new URL(this.#path, location.href);
      url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
      return this.#use(new WebSocket(url));
    }
    try {
      const { EventWire } = await import("./events.js");
      this.#use(new EventWire(this.#path.replace(/socket$/, "events")));
    } catch {
      this.#closed(LOST, 0);
    }
  }

  get open() {
    return this.#wire?.readyState === WebSocket.OPEN;
  }

  /**
   * Send a frame that is worth nothing later; without a socket it is dropped.
   * @param {Frame} frame
   * @returns {boolean}  whether it left
   */
  send(frame) {
    if (!this.#wire || !this.open) return false;
    this.#wire.send(JSON.stringify(frame));
    return true;
  }

  /**
   * Send a frame that must arrive: again on every new wire until it is settled.
   * @param {string} key
   * @param {Frame} frame
   */
  deliver(key, frame) {
    this.#unanswered.set(key, frame);
    if (this.send(frame)) this.#expect();
  }

  /** @param {string} key */
  settle(key) {
    this.#unanswered.delete(key);
  }

  /** @param {WebSocket | import("./events.js").EventWire} wire */
  #use(wire) {
    this.#drop();
    if (this.#ended) return wire.close();
    this.#wire = wire;
    /** What it says against a socket that it closes: nothing once a frame came through. */
    let strikes = 1;
    this.#expect();
    wire.onopen = () => {
      strikes = 2;
      this.#expect();
      this.#listener.changed("open", 0);
      this.#listener.opened();
      for (const frame of this.#unanswered.values()) this.send(frame);
    };
    wire.onmessage = (event) => {
      clearTimeout(this.#timer);
      if (strikes) this.#failures = this.#strikes = this.#backBy = strikes = 0;
      this.#listener.received(JSON.parse(event.data));
    };
    wire.onclose = ({ code }) => this.#closed(code, strikes);
  }

  /** A frame is due: one that opens is greeted, one that asks is answered. */
  #expect() {
    clearTimeout(this.#timer);
    const wire = this.#wire;
    // Not by close(): to a peer that is silent that may take a minute.
    this.#timer = setTimeout(() => wire?.onclose?.(new CloseEvent("close", { code: LOST })), PATIENCE);
  }

  /**
   * @param {number} code
   * @param {number} strikes
   */
  async #closed(code, strikes) {
    const wire = this.#wire;
    if (code === TOO_LARGE) this.#giveUpUnanswered();
    // A refused handshake does not tell the page why; an ordinary request does.
    const refused = strikes > 0 && code < TOO_MANY_FRAMES;
    const status = refused ? await knock(this.#door) : 0;
    if (code === SIGNED_OUT || code === GONE || status === 401 || status === 404) {
      this.#ended = true;
      this.#drop();
      this.#listener.changed("signedOut", 0);
      return;
    }
    if (this.#wire !== wire) return;
    this.#drop();
    if (code === TOO_MANY_PAGES) {
      this.#listener.changed("crowded", 0);
      return;
    }
    this.#failures += 1;
    if (refused) this.#judge(status, strikes);
    clearTimeout(this.#timer);
    const wait = this.#strikes ? AT_ONCE : this.#wait(code);
    this.#timer = setTimeout(() => this.retry(), wait);
    this.#listener.changed(navigator.onLine ? "waiting" : "offline", Date.now() + wait);
  }

  /**
   * Give sockets up for a while if the server answers, and a socket fails twice or is silent.
   * @param {number} status
   * @param {number} strikes
   */
  #judge(status, strikes) {
    const failed = byEvents();
    this.#strikes = failed || status !== 200 ? 0 : this.#strikes + strikes;
    if (failed) sessionStorage.removeItem(BY_EVENTS);
    else if (this.#strikes > 1) sessionStorage.setItem(BY_EVENTS, String(Date.now() + BY_EVENTS_FOR));
  }

  /** Twice as long after each failure, and scattered, so that not all pages come at once.
   * @param {number} code */
  #wait(code) {
    if (code === RESTARTING) this.#backBy = Date.now() + RESTART;
    const exponent = code === TOO_MANY_FRAMES ? Math.max(this.#failures, 4) : this.#failures;
    const longest = Date.now() < this.#backBy ? LONGEST_WAIT_FOR_RESTART : LONGEST_WAIT;
    const most = Math.min(longest, FIRST_WAIT * 2 ** exponent);
    return most / 2 + (Math.random() * most) / 2;
  }

  #giveUpUnanswered() {
    const keys = [...this.#unanswered.keys()];
    this.#unanswered.clear();
    for (const key of keys) this.#listener.tooLarge(key);
  }

  #drop() {
    if (!this.#wire) return;
    this.#wire.onopen = this.#wire.onmessage = this.#wire.onclose = null;
    this.#wire.close();
    this.#wire = null;
  }
}

export function byEvents() {
  return Number(sessionStorage.getItem(BY_EVENTS)) > Date.now();
}

/**
 * Ask for a page, and return the status; 0 where nothing answers.
 * @param {string} door
 */
async function knock(door) {
  try {
    return (await fetch(door, { method: "HEAD", cache: "no-store" })).status;
  } catch {
    return 0;
  }
}
