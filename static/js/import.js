// @ts-check
/** Sends a file with a bar that says how far it is, and asks how far its import is. */
import { at, element } from "./markup.js";

const PART = "text/vnd.liaochat";
const PACE = 400;

/**
 * @param {HTMLFormElement} form
 * @param {SubmitEvent} event
 */
function upload(form, event) {
  event.preventDefault();
  const notice = /** @type {HTMLElement} */ (form.querySelector(".transfer__notice"));
  const bar = /** @type {HTMLProgressElement} */ (form.querySelector("progress"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const { limit = "", tooLarge = "", lost = "" } = form.dataset;
  const file = /** @type {HTMLInputElement} */ (form.elements.namedItem("file")).files?.[0];

  /** @param {string} text */
  const refuse = (text) => {
    notice.textContent = text;
    bar.hidden = true;
    button.disabled = false;
  };
  if (file && file.size > Number(limit) * 1_000_000) return refuse(tooLarge);

  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", PART);
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = total ? (loaded / total) * 100 : 0;
  });
  request.addEventListener("load", () => {
    const answered = /^\s*</.test(request.responseText) ? element(request.responseText) : null;
    if (answered?.dataset.import) location.assign(at(`/import/${answered.dataset.import}`));
    else refuse(answered?.matches(".transfer__notice") ? (answered.textContent ?? "") : lost);
  });
  request.addEventListener("error", () => refuse(lost));
  refuse("");
  button.disabled = true;
  bar.value = 0;
  bar.hidden = false;
  request.send(new FormData(form));
}

/**
 * Ask anew until the import stands still; what has not changed stays, and so does the focus.
 * @param {HTMLElement} shown
 */
async function follow(shown) {
  while ("live" in shown.dataset) {
    await new Promise((resolve) => setTimeout(resolve, PACE));
    let fresh;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: PART }, cache: "no-store" });
      if (!answer.ok) return location.reload();
      fresh = element(await answer.text());
    } catch {
      continue; // the server is away for a moment
    }
    if (fresh.dataset.state === shown.dataset.state) {
      const [bar, told] = [shown.querySelector("progress"), fresh.querySelector("progress")];
      if (bar && told) bar.value = told.value;
      const percent = shown.querySelector(".transfer__percent");
      if (percent) percent.textContent = fresh.querySelector(".transfer__percent")?.textContent ?? "";
      continue;
    }
    const inside = shown.contains(document.activeElement);
    shown.replaceWith(fresh);
    shown = fresh;
    if (inside) fresh.querySelector("h1")?.focus();
  }
}

const form = /** @type {HTMLFormElement | null} */ (document.querySelector(".transfer__form"));
form?.addEventListener("submit", (event) => upload(form, event));
const shown = /** @type {HTMLElement | null} */ (document.querySelector(".import"));
if (shown) follow(shown);
