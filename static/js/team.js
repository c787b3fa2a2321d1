// @ts-check
/** The owner's pages: the button that copies the link which was just made. */

const COPIED_FOR = 1600;

const button = document.querySelector("[data-copy]");
if (button instanceof HTMLElement) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

/** @param {HTMLElement} button */
async function copy(button) {
  const field = button.parentElement?.querySelector("input");
  if (navigator.clipboard) await navigator.clipboard.writeText(field?.value ?? "");
  else {
    // Where the page is not served over HTTPS there is no other way.
    field?.select();
    document.execCommand("copy");
    button.focus();
  }
  const label = button.textContent;
  if (label === button.dataset.copied) return;
  button.textContent = button.dataset.copied ?? label;
  setTimeout(() => (button.textContent = label), COPIED_FOR);
}
