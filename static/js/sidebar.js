// @ts-check
import { element } from "./markup.js";

/** The list of conversations: what is pinned, the folders, and the rest by date. */
export class Sidebar {
  #nav;
  /** @type {string | null} */
  #current;
  /** A link to more is followed a little before it comes into sight. */
  #ahead;
  /** What changed while all is asked for anew: it may have been drawn before that.
   * @type {(() => void)[] | null} */
  #meanwhile = null;

  /**
   * @param {HTMLElement} nav
   * @param {string | null} current  the id of the conversation that is shown
   */
  constructor(nav, current) {
    this.#nav = nav;
    this.#current = current;
    // An open drawer that becomes a column again would float above the page.
    matchMedia("(width < 46rem)").addEventListener("change", () => {
      if (nav.matches(":popover-open")) nav.hidePopover();
    });
    nav.addEventListener("toggle", () => this.#reveal());
    nav.addEventListener("click", (event) => this.#clicked(event));
    nav.addEventListener("dragstart", (event) => this.#dragged(event));
    this.#ahead = new IntersectionObserver(
      (seen) => seen.forEach(({ isIntersecting, target }) => isIntersecting && this.#more(target)),
      { root: nav.querySelector(".sidebar__list"), rootMargin: "800px 0px" },
    );
    this.#reveal();
    this.#watch(nav);
  }

  /** The title of the conversation that is shown, or null where the list lacks it. */
  get title() {
    return this.#link()?.querySelector(".entry__title")?.textContent ?? null;
  }

  /** @param {string} conversation */
  show(conversation) {
    this.#current = conversation;
    for (const link of this.#nav.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
    this.#link()?.setAttribute("aria-current", "page");
  }

  /**
   * Put a new or changed entry where it belongs, or take one out that is not listed any more.
   * A change that moves nothing is made in place, so that the focus stays where it is.
   * @param {{ conversation: string, html: string | null }} frame
   */
  update({ conversation, html }) {
    this.#meanwhile?.push(() => this.update({ conversation, html }));
    const old = this.#entry(conversation);
    if (html === null) {
      old?.remove();
      return;
    }
    const entry = element(html);
    const focused = old?.contains(document.activeElement);
    const { group, at } = entry.dataset;
    if (old && old.dataset.group === group && old.dataset.at === at) old.replaceWith(entry);
    else {
      old?.remove();
      this.#put(entry);
    }
    if (this.#current) this.show(this.#current);
    if (focused) entry.querySelector("a")?.focus();
  }

  /** @param {{ html: string }} frame */
  async arrange({ html }) {
    this.#meanwhile?.push(() => this.arrange({ html }));
    const module = await import("./folders.js").catch(() => null); // a reload shows them
    if (!module) return;
    const { mergeFolders } = module;
    this.#watch(mergeFolders(/** @type {HTMLElement} */ (this.#find(".folders")), element(html)));
  }

  /**
   * Ask for the lists anew if they are of another version: this page has missed something.
   * @param {{ version: string }} frame
   */
  async compare({ version }) {
    const list = /** @type {HTMLElement} */ (this.#find(".sidebar__list"));
    if (list.dataset.version === version) return;
    if (this.#meanwhile) {
      this.#meanwhile.push(() => this.compare({ version }));
      return;
    }
    this.#meanwhile = [];
    try {
      const { renew } = await import("./renew.js");
      await renew(list);
    } catch {
      // There is no way to the server: when there is one again, it says the version again.
    }
    const meanwhile = this.#meanwhile;
    this.#meanwhile = null;
    if (this.#current) this.show(this.#current);
    this.#watch(list);
    for (const change of meanwhile) change();
  }

  /**
   * Put an entry into its group, by its time. What belongs behind all that was loaded of a
   * list comes with its page.
   * @param {HTMLElement} entry
   */
  #put(entry) {
    const key = entry.dataset.group ?? "";
    const known = this.#find(`.group[data-group="${CSS.escape(key)}"]`);
    const pages = known ? known.closest("[data-pages]") : this.#find(".sidebar__dates");
    if ((!known && key.startsWith("folder-")) || (pages && isBehind(entry, pages))) return;
    const list = (known ?? this.#addMonth(key)).querySelector(".group__list");
    let next = null;
    let one = list?.lastElementChild ?? null;
    for (; one && time(one) < time(entry); one = one.previousElementSibling) next = one;
    list?.insertBefore(entry, next);
  }

  /**
   * The groups of the last days are always there; the months follow them, the last one first.
   * @param {string} key  such as 2026-11
   */
  #addMonth(key) {
    const groups = /** @type {HTMLElement[]} */ ([...this.#nav.querySelectorAll(".sidebar__dates > .group")]);
    const older = groups.find((one) => /^\d/.test(one.dataset.group ?? "") && (one.dataset.group ?? "") < key);
    const last = /** @type {HTMLElement} */ (groups.at(-1));
    const group = /** @type {HTMLElement} */ (last.cloneNode(true));
    group.dataset.group = key;
    group.querySelector(".group__list")?.replaceChildren();
    const label = group.querySelector(".group__label");
    const name = new Intl.DateTimeFormat(document.documentElement.lang, { month: "long", year: "numeric", timeZone: "UTC" });
    if (label) label.textContent = name.format(new Date(`${key}-01`));
    if (older) older.before(group);
    else last.after(group);
    return group;
  }

  /** @param {Element} part */
  #watch(part) {
    for (const link of part.querySelectorAll(".more")) this.#ahead.observe(link);
  }

  /**
   * Follow a link to more: what is there comes in its place.
   * @param {Element} link
   */
  async #more(link) {
    this.#ahead.unobserve(link);
    const { follow } = await import("./more.js");
    const put = (/** @type {HTMLElement} */ entry) => this.#entry(entry.dataset.conversation) || this.#put(entry);
    const next = await follow(/** @type {HTMLAnchorElement} */ (link), put);
    if (next) this.#ahead.observe(next);
    if (this.#current) this.show(this.#current);
  }

  /** @param {Event} event */
  #clicked(event) {
    const link = /** @type {Element} */ (event.target).closest(".more");
    if (!link) return;
    event.preventDefault();
    this.#more(link);
  }

  /** @param {DragEvent} event */
  async #dragged(event) {
    const entry = /** @type {Element} */ (event.target).closest?.(".entry");
    if (!(entry instanceof HTMLElement)) return;
    const { drag } = await import("./drag.js");
    drag(this.#nav, entry);
  }

  /** @param {string} [conversation] */
  #entry(conversation = "") {
    return this.#find(`.entry[data-conversation="${CSS.escape(conversation)}"]`);
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement | null} */ (this.#nav.querySelector(selector));
  }

  #reveal() {
    this.#link()?.scrollIntoView({ block: "nearest" });
  }

  #link() {
    return this.#current ? this.#entry(this.#current)?.querySelector("a") : null;
  }
}

/** @param {Element} entry */
function time(entry) {
  return Number(/** @type {HTMLElement} */ (entry).dataset.at);
}

/**
 * Whether an entry belongs behind the last one of a list that goes on.
 * @param {Element} entry
 * @param {Element} pages
 */
function isBehind(entry, pages) {
  const last = [...pages.querySelectorAll(".entry")].at(-1);
  return pages.querySelector(".more") && !(last && time(last) < time(entry));
}
