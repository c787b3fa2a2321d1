// @ts-check
import { uuid } from "./composer.js";

/**
 * Offer in an answer's menu to regenerate it with another model than the chosen one.
 * @param {HTMLElement} menu
 * @param {HTMLTemplateElement} template  of the form, which the page has once
 * @param {HTMLSelectElement} models  that can be chosen
 */
export function offerModels(menu, template, models) {
  menu.querySelector(".again")?.remove();
  const message = menu.id.slice("more-".length);
  const form = /** @type {HTMLFormElement} */ (template.content.firstElementChild?.cloneNode(true));
  const select = /** @type {HTMLSelectElement} */ (form.elements.namedItem("model"));
  const id = /** @type {HTMLInputElement} */ (form.elements.namedItem("client_id"));
  form.action = `/messages/${message}/regenerate`;
  form.dataset.message = message;
  id.value = uuid();
  for (const { value, label, disabled, firstElementChild } of models.options) {
    if (!disabled) select.add(new Option(firstElementChild?.textContent ?? label, value));
  }
  select.value = models.value;
  menu.prepend(form);
}
