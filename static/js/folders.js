// @ts-check

/**
 * Bring the folders at the side up to date: those that are open stay so, with what is in them.
 * @param {HTMLElement} shown
 * @param {HTMLElement} fresh
 * @returns {HTMLElement}
 */
export function mergeFolders(shown, fresh) {
  const before = new Map([...folders(shown)].map((one) => [one.dataset.folder, one]));
  let last = /** @type {Element | null} */ (shown.querySelector(".group__label"));
  for (const one of folders(fresh)) {
    const known = before.get(one.dataset.folder);
    const stays = known ? renewed(known, one) : one;
    before.delete(one.dataset.folder);
    if (last?.nextElementSibling !== stays) last?.after(stays);
    last = stays;
  }
  for (const gone of before.values()) gone.remove();
  return shown;
}

/** @param {HTMLElement} section */
function folders(section) {
  return /** @type {NodeListOf<HTMLDetailsElement>} */ (section.querySelectorAll(".folder"));
}

/**
 * @param {HTMLDetailsElement} known
 * @param {HTMLDetailsElement} fresh
 */
function renewed(known, fresh) {
  for (const part of [".folder__name", ".folder__count"]) {
    const [shown, wanted] = [known, fresh].map((one) => one.querySelector(part));
    if (shown && wanted) shown.textContent = wanted.textContent;
  }
  const more = fresh.querySelector(".more");
  const empty = !known.querySelector(".entry") && !known.querySelector(".more");
  if (more && empty && !known.open) known.querySelector(".folder__open")?.before(more);
  return known;
}
