// @ts-check
import { uuid } from "./composer.js";

/**
 * Open the editor of a question, or close it. It is made when it is wanted: browsers look at each text
 * field of a page again and again, and a long conversation has hundreds of questions.
 * @param {HTMLElement} button  under the question
 * @param {HTMLTemplateElement} template
 */
export function openEditor(button, template) {
  const article = /** @type {HTMLElement} */ (button.closest(".message"));
  const form = article.querySelector(".edit") ?? makeEditor(article, template);
  /** @type {HTMLElement} */ (form).togglePopover();
}

/**
 * @param {HTMLElement} article
 * @param {HTMLTemplateElement} template
 */
function makeEditor(article, template) {
  const message = article.id.slice("message-".length);
  const form = /** @type {HTMLFormElement} */ (template.content.firstElementChild?.cloneNode(true));
  const text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("text"));
  const id = /** @type {HTMLInputElement} */ (form.elements.namedItem("client_id"));
  form.id = `edit-${message}`;
  form.action = `/messages/${message}/edit`;
  form.dataset.message = message;
  form.querySelector("[data-reset]")?.setAttribute("popovertarget", form.id);
  id.value = uuid();
  text.defaultValue = article.querySelector(".message__body")?.textContent ?? "";
  article.querySelector(".message__tools")?.append(form);
  return form;
}
