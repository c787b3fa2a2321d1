// @ts-check
const COPIED_FOR = 1600;

/**
 * Copy what stands in the field beside a button, and say so on it for a moment.
 * @param {HTMLElement} button
 */
export async function copyField(button) {
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
