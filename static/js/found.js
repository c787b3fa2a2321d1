// @ts-check

/**
 * Mark the words that a search found in the message to which it led, and show the first.
 * They are painted over the message, which stays as it is.
 * @param {HTMLElement} article
 */
export async function markFound(article) {
  const { message, words } = JSON.parse(sessionStorage.getItem("found") ?? "{}");
  const body = article.querySelector(".message__body");
  if (!body || !words?.length || article.id !== `message-${message}`) return;
  // Before, the browser still goes to the message's beginning.
  if (document.readyState !== "complete") await new Promise((loaded) => addEventListener("load", loaded, { once: true }));
  const ranges = [...places(body, words)];
  globalThis.CSS?.highlights?.set("found", new Highlight(...ranges));
  ranges[0]?.startContainer.parentElement?.scrollIntoView({ block: "center" });
}

/**
 * @param {Element} body
 * @param {string[]} words
 * @returns {Generator<Range>}
 */
function* places(body, words) {
  const longest = words.toSorted((one, other) => other.length - one.length);
  const escaped = longest.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+"));
  const pattern = new RegExp(escaped.join("|"), "giu");
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = /** @type {Text} */ (walker.currentNode);
    for (const found of node.data.matchAll(pattern)) {
      const range = new Range();
      range.setStart(node, found.index);
      range.setEnd(node, found.index + found[0].length);
      yield range;
    }
  }
}
