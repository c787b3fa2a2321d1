// @ts-check
/**
 * The only module that turns the server's HTML into nodes. The page's policy allows
 * no other way: everything else writes text.
 */

/** @typedef {[block: number, shell: string | null, keep: number, html: string]} Op */

/** @type {{ createHTML(html: string): string }} */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("liaochat", {
  createHTML: (/** @type {string} */ html) => html,
}) ?? { createHTML: (html) => html };

/** Where Liaochat stands on its host: `/chat`, or nothing. */
const BASE = new URL("../../..", import.meta.url).pathname.replace(/\/$/, "");
/** Blocks of an answer that stand in one part of it (`webapp/render/blocks.py`). */
const PART = 8;

const ADDRESSES = ["href", "src", "action", "formaction", "data-address"];

/**
 * Give the address of what the server calls `path`, which begins at its own root.
 * @param {string} path
 */
export function at(path) {
  return BASE + path;
}

/**
 * Make the one element that `html` of the server describes.
 * @param {string} html
 * @returns {HTMLElement}
 */
export function element(html) {
  const made = make(html);
  if (BASE) for (const name of ADDRESSES) for (const one of [made, ...made.querySelectorAll(`[${name}]`)]) {
    const path = one.getAttribute(name);
    if (path?.startsWith("/")) one.setAttribute(name, at(path));
  }
  return made;
}

/**
 * Ask for a part of a page. Throws where it cannot be had.
 * @param {string} address
 * @param {RequestInit} [request]
 * @returns {Promise<HTMLElement>}
 */
export async function fetchPart(address, request = {}) {
  const answer = await fetch(address, { ...request, headers: { Accept: "text/vnd.liaochat" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return element(await answer.text());
}

/**
 * @param {string} html
 * @returns {HTMLElement}
 */
function make(html) {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  const made = template.content.firstElementChild;
  if (!(made instanceof HTMLElement)) throw new TypeError("the server sent no element");
  return document.adoptNode(made);
}

/**
 * Make the one element of a template, which says `{id}` for a message's id.
 * @param {HTMLTemplateElement} template
 * @param {string} id
 */
export function ofTemplate(template, id) {
  return make(template.innerHTML.trim().replaceAll("{id}", id));
}

/**
 * Find what the page must have.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @returns {T}
 */
export function find(selector) {
  const found = document.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return /** @type {T} */ (found);
}

/**
 * Show an image above the page, where its link was clicked for that.
 * @param {MouseEvent} event
 */
export function enlarge(event) {
  const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest(".image"));
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  import("./viewer.js").then(({ view }) => view(link), () => open(link.href));
}

/**
 * Put the blocks of a snapshot in place of those that `body` has.
 * @param {Element} body
 * @param {string} html
 */
export function replaceBlocks(body, html) {
  body.innerHTML = policy.createHTML(html);
}

/**
 * Whether two bodies show the same, whatever marks of growing points they have.
 * @param {Element} one
 * @param {Element} other
 */
export function sameBlocks(one, other) {
  const [a, b] = [one, other].map((body) => body.innerHTML.replace(/ data-g(="")?/g, ""));
  return a === b;
}

/**
 * Change the blocks of `body` as docs/protocol.md says under "Patches".
 * @param {Element} body
 * @param {Op[]} ops
 */
export function applyOps(body, ops) {
  for (const op of ops) applyOp(body, op);
}

/**
 * @param {Element} body
 * @param {Op} op
 */
function applyOp(body, [index, shell, keep, html]) {
  if (keep < 0) return drop(body, index);
  const block = blockAt(body, index);
  if (shell !== null) block.innerHTML = policy.createHTML(shell);
  const growing = block.querySelector("[data-g]") ?? block;
  while (growing.childNodes.length > keep) growing.lastChild?.remove();
  if (html) growing.insertAdjacentHTML("beforeend", policy.createHTML(html));
}

/**
 * Find a block, or make it where it is the next one.
 * @param {Element} body
 * @param {number} index
 */
function blockAt(body, index) {
  const part = body.children[Math.floor(index / PART)] ?? body.appendChild(box("part"));
  const block = part.children[index % PART];
  if (block) return block;
  const made = part.appendChild(box("block"));
  made.dir = "auto";
  return made;
}

/**
 * Keep the first blocks alone.
 * @param {Element} body
 * @param {number} count
 */
function drop(body, count) {
  while (body.children.length > Math.ceil(count / PART)) body.lastElementChild?.remove();
  const last = body.lastElementChild;
  if (count % PART) while (last && last.children.length > count % PART) last.lastElementChild?.remove();
}

/** @param {string} name */
function box(name) {
  const made = document.createElement("div");
  made.className = name;
  return made;
}
