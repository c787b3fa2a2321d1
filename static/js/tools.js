// @ts-check
import { uuid } from "./composer.js";
import { ofTemplate } from "./markup.js";

/**
 * What opens under a message is made when it is wanted: browsers look at every form and
 * field of a page again and again, and a long conversation would have thousands.
 */
export class Tools {
  #templates;
  #models;

  /**
   * @param {object} templates  in which {id} stands for the message's
   * @param {HTMLTemplateElement} templates.editor
   * @param {HTMLTemplateElement} templates.menu
   * @param {() => HTMLSelectElement} models  that can be chosen now
   */
  constructor(templates, models) {
    this.#templates = templates;
    this.#models = models;
  }

  /**
   * Make what a button is about to open.
   * @param {HTMLElement} button
   */
  make(button) {
    const article = /** @type {HTMLElement} */ (button.closest(".message"));
    const there = document.getElementById(button.getAttribute("popovertarget") ?? "");
    if (there?.matches(":popover-open")) return;
    if (button.dataset.opens === "menu") {
      there?.remove();
      button.after(this.#menu(article));
      // What was written there before it was closed is still there.
    } else if (!there) button.after(this.#editor(article));
  }

  /**
   * Do what may take messages out of the page, and keep the words that are being written
   * under them: with the message that stands there then. They are sent as what they were,
   * one more version of the question that was opened.
   * @param {HTMLElement} page
   * @param {() => void} change
   */
  keep(page, change) {
    const articles = () => [...page.querySelectorAll(".message")];
    const before = articles();
    const edits = [.../** @type {NodeListOf<HTMLFormElement>} */ (page.querySelectorAll(".edit"))].flatMap((form) => {
      const text = form.querySelector("textarea");
      if (!text || text.value === text.defaultValue) return [];
      const at = before.findIndex((article) => article.contains(form));
      const { selectionStart: from, selectionEnd: to } = text;
      return [{ form, text, at, from, to, open: form.matches(":popover-open"), focused: text === document.activeElement }];
    });
    change();
    const after = articles();
    for (const { form, text, at, from, to, open, focused } of edits) {
      if (form.isConnected) continue;
      const own = document.getElementById(`message-${form.dataset.message}`);
      const questions = after.filter((article) => article.matches(".message--user"));
      const place = own ?? questions.find((article) => article === after[at]) ?? questions[questions.length - 1];
      (place ?? page).append(form);
      if (open) form.showPopover();
      if (focused) text.focus({ preventScroll: true });
      text.setSelectionRange(from, to);
    }
  }

  /** @param {HTMLElement} article */
  #editor(article) {
    const form = filled(this.#templates.editor, article);
    const text = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
    text.defaultValue = article.querySelector(".message__body")?.textContent ?? "";
    return form;
  }

  /** @param {HTMLElement} article */
  #menu(article) {
    const menu = filled(this.#templates.menu, article);
    if (article.matches(".message--user")) menu.querySelector(".again")?.remove();
    const select = menu.querySelector("select");
    const models = this.#models();
    for (const { value, label, disabled, firstElementChild } of models.options) {
      if (!disabled) select?.add(new Option(firstElementChild?.textContent ?? label, value));
    }
    if (select) select.value = models.value;
    return menu;
  }
}

/**
 * @param {HTMLTemplateElement} template
 * @param {HTMLElement} article
 */
function filled(template, article) {
  const id = article.id.slice("message-".length);
  const made = ofTemplate(template, id);
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (made.querySelectorAll("[name=client_id]"))) {
    field.value = uuid();
  }
  return made;
}
