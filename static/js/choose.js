// @ts-check
/** Choosing many conversations: all of the page, and from one to another with Shift. */

const form = document.querySelector(".shelf__many");
const all = /** @type {HTMLInputElement | null} */ (document.querySelector(".shelf__all > input"));
const boxes = /** @type {HTMLInputElement[]} */ ([...(form?.querySelectorAll("[name=conversation]") ?? [])]);
/** @type {HTMLInputElement | null} */
let last = null;

function count() {
  if (!all) return;
  const ticked = boxes.filter((box) => box.checked).length;
  all.checked = ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
}

form?.addEventListener("click", (event) => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  if (!boxes.includes(box)) return;
  if (/** @type {MouseEvent} */ (event).shiftKey && last) {
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
  }
  last = box;
  count();
});

all?.addEventListener("change", () => {
  for (const box of boxes) box.checked = all.checked;
  count();
});
if (all?.parentElement) all.parentElement.hidden = false;
