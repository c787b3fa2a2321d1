// @ts-check
/** The owner's pages: the button that copies the link which was just made. */
import { copyField } from "./copy.js";

const button = document.querySelector("[data-copy]");
if (button instanceof HTMLElement) {
  button.hidden = false;
  button.addEventListener("click", () => copyField(button));
}
