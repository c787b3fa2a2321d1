// @ts-check
/** Looks things up in the page and wires them; nothing else does. */
import { Composer, sends, uuid } from "./composer.js";
import { Connection } from "./connection.js";
import { at, enlarge, find } from "./markup.js";
import { Sidebar } from "./sidebar.js";
import { Status } from "./status.js";
import { Transcript } from "./transcript.js";

/** Characters of a pasted text that may be meant as a file. */
const LONG_PASTE = 5000;

function chat() {
  const scroller = find(".transcript");
  let conversation = scroller.dataset.conversation || null;

  const transcript = new Transcript(scroller, {
    jump: find(".jump"),
    template: find(".pending"),
    resync: watch,
  });
  const sidebar = new Sidebar(find(".sidebar"), conversation);
  const status = new Status(find(".status"), find(".connection:not(.unsaved)"), {
    retry: () => connection.retry(),
    left: () => composer.focus(),
  });
  const session = choosing(() => {
    composer.mended();
    withDraft((draft) => draft.measure());
  });
  /** @type {Promise<import("./draft.js").Draft | null> | null} */
  let drafting = null;
  /**
   * What measures and keeps a draft is loaded when there is something to it, and a server
   * to ask.
   * @param {(draft: import("./draft.js").Draft) => void} use
   */
  async function withDraft(use) {
    if (!drafting && !connection.open) return;
    drafting ??= import("./draft.js").then(
      ({ Draft }) => new Draft(form, find(".transcript__column"), {
        send: (frame) => connection.send(/** @type {any} */ (frame)),
        kept: (text) => composer.saved(text),
      }),
      () => (drafting = null),
    );
    const draft = await drafting;
    if (draft) use(draft);
  }
  const composer = new Composer(find(".composer"), {
    async send(clientId, text, sent) {
      const parent = transcript.head;
      transcript.draw(clientId, text, sent);
      const files = sent.map(({ id }) => id);
      const frame = { type: "send", client_id: clientId, conversation, parent, text, files, ...said() };
      await session.settled();
      connection.deliver(clientId, frame);
    },
    stop: (message) => connection.deliver(message, { type: "stop", message }),
    changed: () => withDraft((draft) => draft.changed()),
  });

  /** @type {Promise<import("./thoughts.js").Thoughts> | null} */
  let thinking = null;
  /**
   * What shows thoughts is loaded when there are some, and somebody to read them.
   * @param {(thoughts: import("./thoughts.js").Thoughts) => void} use
   */
  async function withThoughts(use) {
    thinking ??= import("./thoughts.js").then(({ Thoughts }) => new Thoughts(() => transcript.renew()));
    try {
      use(await thinking);
    } catch {
      thinking = null;
    }
  }

  /** @type {Record<string, (frame: any) => void>} */
  const frames = {
    accepted(frame) {
      connection.settle(frame.client_id);
      transcript.accept(frame.client_id);
      composer.accept(frame.client_id);
      for (const field of asking(frame.client_id)) {
        field.value = uuid();
        const edit = field.closest("form.edit");
        if (edit instanceof HTMLFormElement) wasSent(edit);
      }
      if (conversation !== frame.conversation.id) moveTo(frame.conversation);
    },
    refused(frame) {
      connection.settle(frame.client_id);
      transcript.withdraw(frame.client_id);
      composer.refuse(frame.client_id, frame.text);
      for (const field of asking(frame.client_id)) field.form?.removeAttribute("data-underway");
      if (frame.code === "unknown_model") session.renew(); // the menu here is an old one
    },
    messages(frame) {
      if (frame.conversation !== conversation) return;
      const replace = () => transcript.replace(frame);
      if (tools) tools.keep(scroller, replace);
      else replace();
      // What was asked is here; a form that stays can be used again.
      for (const form of scroller.querySelectorAll("[data-underway]")) form.removeAttribute("data-underway");
      if (drafting) withDraft((draft) => draft.measure());
      if (deleted && !document.getElementById(`message-${deleted}`)) {
        deleted = null;
        status.say("deleted");
      }
    },
    snapshot: (frame) => transcript.snapshot(frame),
    patch: (frame) => transcript.patch(frame),
    waiting: (frame) => transcript.wait(frame),
    thinking: (frame) => withThoughts((thoughts) => thoughts.add(frame)),
    ended(frame) {
      connection.settle(frame.message);
      transcript.end(frame);
      if (frame.thoughts) withThoughts((thoughts) => thoughts.end(frame));
      withDraft((draft) => draft.measure());
    },
    gauge: (frame) => withDraft((draft) => draft.received(frame)),
    draft(frame) {
      if (frame.conversation === conversation) composer.forget(frame.text);
    },
    system(frame) {
      if (frame.conversation !== conversation) return;
      withPanels((panels) => panels.show("system", { system: frame.text }));
      withDraft((draft) => draft.measure());
    },
    parameters(frame) {
      if (frame.conversation === conversation) withPanels((panels) => panels.show("parameters", frame.values));
    },
    list(frame) {
      sidebar.update(frame);
      if (frame.conversation === conversation && sidebar.title) entitle(sidebar.title);
    },
    folders: (frame) => sidebar.arrange(frame),
    lists: (frame) => sidebar.compare(frame),
    async menu(frame) {
      const module = await import("./menu.js").catch(() => null); // a reload shows it
      if (!module || frame.conversation !== conversation) return;
      module.arrange(frame);
      if (frame.html) entitle(frame.title);
    },
    saving(frame) {
      find(".unsaved").hidden = !frame.late;
    },
    error: (frame) => composer.refuse(null, frame.text),
  };

  const connection = new Connection(at("/socket"), {
    opened() {
      transcript.renew();
      if (drafting) withDraft((draft) => draft.renew());
      else if (composer.unsaved) withDraft((draft) => draft.changed());
      else if (document.querySelector(".limit")) withDraft((draft) => draft.measure());
    },
    received(frame) {
      frames[frame.type]?.(frame);
      if (frame.type !== "patch" && frame.type !== "thinking" && !frame.type.startsWith("list")) follow();
    },
    changed: (state, until) => status.connection(state, until),
    tooLarge: (key) => frames.refused({ client_id: key, text: composer.tooLarge }),
  }, at("/"));

  function watch() {
    if (conversation) connection.send({ type: "watch", conversation, ...transcript.position });
  }

  /** @type {string | null} */
  let deleted = null;
  /**
   * Do what a form under a message says: its frame has its name and its fields.
   * @param {HTMLFormElement} form
   */
  async function command(form) {
    const { frame: type = "", message = "" } = form.dataset;
    const fields = Object.fromEntries(new FormData(form));
    const frame = { type, message, ...fields };
    composer.refuse(null, "");
    if (!fields.client_id) {
      if (type === "delete") deleted = message;
      const sent = connection.send({ ...frame, last: transcript.head });
      if (!sent) composer.refuse(null, unsent());
      return;
    }
    form.dataset.underway = "";
    transcript.toEnd();
    await session.settled();
    connection.deliver(String(fields.client_id), frame);
  }

  const unsent = () => find(".composer").dataset.unsent ?? "";

  /** @type {import("./tools.js").Tools | null} */
  let tools = null;
  /**
   * Make what a button under a message opens; at first that has to be loaded.
   * @param {Event} event
   * @param {HTMLElement} button
   */
  async function open(event, button) {
    if (tools) return tools.make(button);
    event.preventDefault();
    const module = await import("./tools.js").catch(() => null);
    if (!module) return composer.refuse(null, unsent());
    tools ??= new module.Tools({ editor: find(".editor"), menu: find(".tools") }, () => find("select[name=model]"));
    button.click();
  }

  /**
   * An edit that the server has is written no more; it goes with its message, if that is there.
   * @param {HTMLFormElement} edit
   */
  function wasSent(edit) {
    edit.reset();
    if (edit.closest(".message")?.id !== `message-${edit.dataset.message}`) edit.remove();
  }

  /**
   * The fields of the forms that ask under this id.
   * @param {string} clientId
   */
  function asking(clientId) {
    const fields = /** @type {NodeListOf<HTMLInputElement>} */ (scroller.querySelectorAll("[name=client_id]"));
    return [...fields].filter((field) => field.value === clientId);
  }

  /** @type {string | null} */
  let running = null;
  /** Say when an answer begins and how it ends, and never its words. */
  function follow() {
    const before = running;
    running = transcript.running;
    if (before && before !== running) connection.settle(before);
    composer.answering(running);
    if (running && running !== before) status.say("answering");
    else if (before && !running) status.say(transcript.lastState ?? "");
  }

  /** @param {{ id: string, title: string, url: string }} started */
  function moveTo(started) {
    conversation = started.id;
    history.replaceState(null, "", at(started.url));
    composer.belongTo(started.id);
    withDraft((draft) => draft.moved());
    withPanels((panels) => panels.belongTo(at(started.url)));
    sidebar.show(started.id);
    entitle(started.title);
  }

  /** @param {string} title */
  function entitle(title) {
    const heading = find(".topbar__title");
    heading.textContent = title;
    document.title = title + heading.dataset.suffix;
    /** @type {HTMLInputElement} */ (find("#title")).defaultValue = title;
  }

  /** @type {HTMLFormElement} */
  const form = find(".composer");
  /** What is said of all questions: in a new chat in fields of the composer. */
  const forms = /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-kept]"));
  for (const one of forms) {
    one.addEventListener("change", () => {
      if (conversation) return;
      withPanels((panels) => panels.name(one));
      withDraft((draft) => draft.measure());
    });
  }
  function said() {
    const fields = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll(".panel [form=composer]"));
    return Object.fromEntries([...fields].map(({ name, value }) => [name, value]));
  }
  /** @param {(panels: import("./panels.js").Panels) => void} use */
  async function withPanels(use) {
    const module = await import("./panels.js").catch(() => null); // a reload shows what is said
    if (module) use(new module.Panels(forms));
  }
  attachments(form, composer);
  sharing();
  searching();
  const led = document.getElementById(location.hash.slice(1));
  if (led) import("./found.js").then(({ markFound }) => markFound(led));

  for (const example of document.querySelectorAll("[data-example]")) {
    example.addEventListener("click", () => composer.fill(example.textContent ?? ""));
  }
  scroller.addEventListener("click", (event) => {
    const opens = /** @type {Element} */ (event.target).closest("[data-opens]");
    if (opens instanceof HTMLElement) open(event, opens);
    const button = /** @type {Element} */ (event.target).closest("[data-copy]");
    if (button instanceof HTMLElement) status.copied(button);
    const cancel = /** @type {Element} */ (event.target).closest("[data-reset]");
    if (cancel instanceof HTMLButtonElement) cancel.form?.reset();
    enlarge(event);
  });
  scroller.addEventListener("toggle", (event) => {
    const part = event.target;
    if (part instanceof HTMLDetailsElement && part.matches(".thoughts")) withThoughts((thoughts) => thoughts.open(part));
  }, { capture: true });
  scroller.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.dataset.frame) return;
    event.preventDefault();
    command(form);
  });
  scroller.addEventListener("keydown", (event) => {
    const text = /** @type {HTMLElement} */ (event.target);
    if (!(text instanceof HTMLTextAreaElement) || !sends(event)) return;
    event.preventDefault();
    text.form?.requestSubmit();
  });
  follow();
  connection.retry();
}

/**
 * What sends the model and its auth code is loaded when somebody turns to them.
 * @param {() => void} changed  called when something was chosen or entered
 * @returns  `settled`: until the server knows what was chosen here, a message would go to the
 *   model before; `renew`: show what is offered now
 */
function choosing(changed) {
  const root = find(".session");
  let chosen = false;
  /** @type {Promise<import("./session.js").Session | null> | null} */
  let loading = null;
  function load() {
    loading ??= import("./session.js").then(
      ({ Session }) => new Session(root, {
        note: find(".composer__note-text"),
        enter: find(".composer__enter"),
        chosen,
      }, changed),
      () => {
        loading = null; // the forms are sent as they are without a script
        if (chosen) root.querySelector("form")?.submit();
        return null;
      },
    );
    return loading;
  }
  for (const turned of ["pointerover", "focusin", "change"]) {
    root.addEventListener(turned, () => {
      chosen ||= turned === "change";
      load();
    });
  }
  return {
    settled: async () => (await loading)?.settled,
    renew: async () => (await load())?.renew(),
  };
}

/**
 * Files are taken from wherever they come: chosen, dropped, or pasted.
 * @param {HTMLFormElement} form
 * @param {Composer} composer
 */
function attachments(form, composer) {
  /** @type {Promise<import("./files.js").Files> | null} */
  let loading = null;
  /**
   * Files, and what deals with them, are loaded when there are some.
   * @param {(files: import("./files.js").Files) => void} use
   */
  async function withFiles(use) {
    loading ??= import("./files.js").then(({ Files }) => new Files(form, find(".drop"), composer));
    try {
      use(await loading);
    } catch {
      loading = null;
      composer.refuse(null, find(".composer__files").dataset.failed ?? "");
    }
  }
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    addEventListener(type, (event) => {
      const { dataTransfer, relatedTarget } = /** @type {DragEvent} */ (event);
      if (!dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      const dropped = type === "drop" ? [...dataTransfer.files] : [];
      const over = type !== "drop" && (type !== "dragleave" || relatedTarget !== null);
      if (!form.hidden) withFiles((files) => files.drag(over, dropped));
    });
  }
  addEventListener("paste", (event) => {
    const { clipboardData: pasted, target } = event;
    const field = /** @type {Element} */ (target).closest("input, textarea");
    if (!pasted || form.hidden || (field && !form.contains(field))) return;
    const text = pasted.getData("text/plain");
    const own = [...pasted.files];
    // A text that is copied from a document may bring its picture along; a picture that is
    // copied from a page brings markup, and no text.
    if (own.length && !(text && pasted.types.includes("text/html"))) {
      event.preventDefault();
      withFiles((files) => files.take(own));
    } else if (field && text.length > LONG_PASTE) withFiles((files) => files.offer(text));
  });
  find(".attach__input").addEventListener("change", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const chosen = [...(input.files ?? [])];
    input.value = "";
    withFiles((files) => files.take(chosen));
  });
  form.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[formaction]");
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    withFiles((files) => files.remove(button));
  });
}

/** The links of a conversation open beside it. */
function sharing() {
  find(".topbar").addEventListener("click", async (event) => {
    const link = /** @type {Element} */ (event.target).closest("[data-share]");
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    find(".menu--conversation").hidePopover();
    const module = await import("./share.js").catch(() => null);
    if (module) new module.SharePanel().open(link.href);
    else location.assign(link.href);
  });
}

/** What searches is loaded when somebody is about to. */
function searching() {
  /** @type {HTMLFormElement} */
  const search = find(".search");
  search.addEventListener("focusin", async () => {
    const { Search } = await import("./search.js");
    new Search(search, find(".search__results"), find(".status"));
  }, { once: true });
  addEventListener("keydown", (event) => {
    if (event.key !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (!search.checkVisibility()) find(".sidebar").showPopover();
    find("#search").focus();
  });
}

const signIn = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-page='sign-in']"));
if (signIn) signIn.requestSubmit();
if (document.querySelector("[data-page='chat']")) chat();
