// @ts-check
/** The page Connection: what this browser finds on the way to the server, one check after the other. */
import { byEvents } from "./connection.js";
import { at } from "./markup.js";

const PATIENCE = 10_000;
/** As in webapp/advice.py. */
const CLOCKS_APART = 60;
const TOGETHER = 100;
const TOO_MANY_PAGES = 4429;

const checks = /** @type {HTMLElement} */ (document.querySelector(".checks"));
const sum = /** @type {HTMLElement} */ (checks.querySelector(".checks__sum"));
const again = /** @type {HTMLButtonElement} */ (checks.querySelector(".checks__again"));
let faults = 0;

/**
 * @param {string} name
 * @returns {HTMLElement}
 */
const line = (name) => /** @type {HTMLElement} */ (checks.querySelector(`[data-check="${name}"]`));

/**
 * Say what was found.
 * @param {string} name
 * @param {"ok" | "fault" | "note"} kind
 * @param {string} text
 */
function tell(name, kind, text) {
  const shown = line(name);
  const [mark, words] = shown.children;
  mark.textContent = checks.dataset[kind] ?? "";
  words.textContent = text;
  shown.className = `check check--${kind}`;
  shown.hidden = false;
  if (kind === "fault") faults += 1;
}

/**
 * Give a sentence of a check, its places filled in.
 * @param {string} name
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
function sentence(name, key, values = {}) {
  const text = line(name).dataset[key] ?? "";
  return text.replace(/\{(\w+)\}/g, (place, value) => String(values[value] ?? place));
}

/** Ask what reaches the server of a request; null where no Liaochat answers. */
async function reach() {
  const address = location.origin + at("");
  const began = performance.now();
  const asked = at(`/connection/arrival?origin=${encodeURIComponent(location.origin)}`);
  const answer = await fetch(asked, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) }).catch((error) => {
    tell("reach", "fault", sentence("reach", "lost", { address, reason: error.message }));
  });
  if (!answer) return null;
  const took = Math.round(performance.now() - began);
  const told = await answer.json().catch(() => null);
  if (!told?.findings) {
    tell("reach", "fault", sentence("reach", "stranger", { address, status: answer.status }));
    return null;
  }
  const speed = (checks.dataset.took ?? "").replace("{milliseconds}", String(took));
  tell("reach", "ok", `${sentence("reach", "good", { address })} ${speed}`);
  const apart = Math.abs((Date.now() - took / 2) / 1000 - told.now);
  return { apart, findings: /** @type {Record<string, [boolean, string]>} */ (told.findings) };
}

/**
 * Open a socket as pages do: the server speaks first.
 * @returns {Promise<"good" | "stripped" | "mute" | "crowded">}
 */
function socket() {
  const url = new URL(at("/socket"), location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return new Promise((resolve) => {
    const wire = new WebSocket(url);
    let opened = false;
    const timer = setTimeout(() => done(opened ? "mute" : "stripped"), PATIENCE);
    /** @param {"good" | "stripped" | "mute" | "crowded"} found */
    const done = (found) => {
      clearTimeout(timer);
      wire.onclose = null;
      wire.close();
      resolve(found);
    };
    wire.onopen = () => (opened = true);
    wire.onmessage = () => done("good");
    wire.onclose = ({ code }) => done(code === TOO_MANY_PAGES ? "crowded" : opened ? "mute" : "stripped");
  });
}

/** Measure when events arrive that the server sends with pauses between them. */
async function stream() {
  let [first, last] = [0, 0];
  try {
    const answer = await fetch(at("/connection/stream"), { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok || !answer.body) {
      return tell("stream", "fault", sentence("stream", "refused", { status: answer.status }));
    }
    const reader = answer.body.getReader();
    while (!(await reader.read()).done) {
      last = performance.now();
      first ||= last;
    }
  } catch (error) {
    return tell("stream", "fault", sentence("stream", "broke", { reason: /** @type {Error} */ (error).message }));
  }
  if (last - first > TOGETHER) tell("stream", "ok", sentence("stream", "good"));
  else tell("stream", "fault", sentence("stream", "held"));
}

async function look() {
  again.disabled = true;
  faults = 0;
  for (const shown of checks.querySelectorAll("[data-check]")) /** @type {HTMLElement} */ (shown).hidden = true;
  sum.textContent = checks.dataset.underWay ?? "";
  const reached = await reach();
  if (reached) {
    const { apart, findings } = reached;
    for (const [name, [good, text]] of Object.entries(findings)) tell(name, good ? "ok" : "fault", text);
    let passes = false;
    if (findings.place[0]) {
      const found = await socket();
      passes = found === "good";
      const kind = found === "good" ? "ok" : found === "crowded" ? "note" : "fault";
      tell("socket", kind, sentence("socket", found));
    } else tell("socket", "note", sentence("socket", "untried"));
    await stream();
    if (apart <= CLOCKS_APART) tell("clock", "ok", sentence("clock", "good"));
    else tell("clock", "fault", sentence("clock", "differ", { seconds: Math.round(apart) }));
    if (byEvents()) tell("wire", "note", sentence("wire", "events"));
    else if (passes) tell("wire", "ok", sentence("wire", "good"));
    else tell("wire", "note", sentence("wire", "either"));
  }
  const { well = "", one = "", many = "" } = checks.dataset;
  sum.textContent = [well, one][faults] ?? many.replace("{count}", String(faults));
  again.disabled = false;
}

checks.hidden = false;
again.addEventListener("click", look);
look();
