// @ts-check
/**
 * What a person says of all questions of a conversation: what the model is told first, and what
 * is asked of it. In a new chat those are fields of the composer, and then forms of their own.
 */
export class Panels {
  #forms;

  /** @param {Iterable<HTMLFormElement>} forms  each with `data-kept`: where it goes */
  constructor(forms) {
    this.#forms = [...forms];
  }

  /** A new chat became the conversation with this address. @param {string} url */
  belongTo(url) {
    for (const form of this.#forms) {
      form.action = `${url}/${form.dataset.kept}`;
      for (const field of form.querySelectorAll("[form]")) field.removeAttribute("form");
      const save = form.querySelector("[data-save]");
      if (save instanceof HTMLElement) save.hidden = false;
    }
  }

  /**
   * The conversation says this from now on. What is being written there stays.
   * @param {string} kept
   * @param {Record<string, string>} values  by the names of the fields
   */
  show(kept, values) {
    const form = this.#forms.find((one) => one.dataset.kept === kept);
    if (!form) return;
    for (const field of fieldsOf(form)) {
      const value = values[field.name] ?? "";
      if (field instanceof HTMLSelectElement) field.value = value;
      else field.defaultValue = value;
    }
    this.name(form);
  }

  /** Say at the button that opens a form whether anything is in it. @param {HTMLFormElement} form */
  name(form) {
    const id = form.closest("[popover]")?.id;
    const button = document.querySelector(`.composer__panel[popovertarget="${id}"]`);
    const own = fieldsOf(form).some(({ value }) => value.trim());
    if (button instanceof HTMLElement) button.textContent = (own ? button.dataset.own : button.dataset.default) ?? "";
  }
}

/**
 * @param {HTMLFormElement} form
 * @returns {(HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[]}
 */
function fieldsOf(form) {
  return [...form.querySelectorAll(":is(input, textarea, select)")].map((field) => /** @type {any} */ (field));
}
