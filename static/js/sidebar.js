// @ts-check
import { element } from "./markup.js";

/** The list of conversations. */
export class Sidebar {
  #nav;
  /** @type {string | null} */
  #current;

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
    this.#reveal();
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
   * Put a new or changed entry first in its group, or take a deleted one out. A change
   * that moves nothing is made in place, so that the focus stays where it is.
   * @param {{ conversation: string, html: string | null }} frame
   */
  update({ conversation, html }) {
    const old = this.#entry(conversation);
    if (html === null) {
      old?.remove();
      return;
    }
    const entry = element(html);
    const list = this.#group(entry.dataset.group);
    const focused = old?.contains(document.activeElement);
    if (old && old.parentElement === list && list.firstElementChild === old) old.replaceWith(entry);
    else {
      old?.remove();
      list?.prepend(entry);
    }
    if (this.#current) this.show(this.#current);
    if (focused) entry.querySelector("a")?.focus();
  }

  /** @param {string | undefined} key */
  #group(key) {
    const groups = /** @type {HTMLElement[]} */ ([...this.#nav.querySelectorAll(".group")]);
    const group = groups.find((one) => one.dataset.group === key) ?? this.#addMonth(key ?? "", groups);
    return /** @type {HTMLElement} */ (group.querySelector(".group__list"));
  }

  /**
   * The groups of the last days are always there; the months follow them, the last one first.
   * @param {string} key  such as 2026-11
   * @param {HTMLElement[]} groups
   */
  #addMonth(key, groups) {
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

  /** @param {string} conversation */
  #entry(conversation) {
    return this.#nav.querySelector(`[data-conversation="${CSS.escape(conversation)}"]`);
  }

  #reveal() {
    this.#link()?.scrollIntoView({ block: "nearest" });
  }

  #link() {
    return this.#current ? this.#entry(this.#current)?.querySelector("a") : null;
  }
}
