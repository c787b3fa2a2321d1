// @ts-check
/**
 * What a page talks over where no socket can be opened: the server's frames are events,
 * and the page's own are requests, one after the other. To be used like a WebSocket.
 */

import { at } from "./markup.js";

const GONE = 1006;
const TOO_LARGE = 1009;

export class EventWire {
  readyState = WebSocket.CONNECTING;
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: { data: string }) => void) | null} */
  onmessage = null;
  /** @type {((event: { code: number }) => void) | null} */
  onclose = null;
  #source;
  #address = "";
  /** Characters that a frame may have. */
  #most = 0;
  /** The last request: the next one waits for it, so that frames arrive in order. */
  #sent = Promise.resolve();

  /** @param {string | URL} url */
  constructor(url) {
    this.#source = new EventSource(url);
    this.#source.addEventListener("begin", (event) => {
      ({ address: this.#address, most: this.#most } = JSON.parse(event.data));
      this.readyState = WebSocket.OPEN;
      this.onopen?.();
    });
    this.#source.addEventListener("message", (event) => this.onmessage?.(event));
    this.#source.addEventListener("close", (event) => this.#end(JSON.parse(event.data).code));
    // It would try again by itself, without a name; the connection knows better when.
    this.#source.addEventListener("error", () => this.#end(GONE));
  }

  /** @param {string} frame */
  send(frame) {
    this.#sent = this.#sent.then(() => this.#post(frame));
  }

  close() {
    this.#end(GONE);
  }

  /** @param {string} frame */
  async #post(frame) {
    if (this.readyState !== WebSocket.OPEN) return;
    if (frame.length > this.#most) return this.#end(TOO_LARGE);
    try {
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch(at(this.#address), { method: "POST", headers, body: frame });
      if (!answer.ok) this.#end(GONE);
    } catch {
      this.#end(GONE);
    }
  }

  /** @param {number} code */
  #end(code) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.#source.close();
    // Like a socket, never in the middle of what its user does.
    queueMicrotask(() => this.onclose?.({ code }));
  }
}
