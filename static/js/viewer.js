// @ts-check

/**
 * Show an image as large as the window lets it be, above the page; a click or Escape ends it.
 * @param {HTMLAnchorElement} link  leads to it, and holds the small one
 */
export function view(link) {
  const { alt = "" } = /** @type {HTMLImageElement} */ (link.querySelector("img"));
  const dialog = document.createElement("dialog");
  const form = document.createElement("form");
  const close = document.createElement("button");
  const image = document.createElement("img");
  Object.assign(dialog, { className: "viewer", ariaLabel: alt });
  form.method = "dialog";
  Object.assign(close, { className: "viewer__close", ariaLabel: link.dataset.close });
  Object.assign(image, { className: "viewer__image", src: link.href, alt });
  close.append(image);
  form.append(close);
  dialog.append(form);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
