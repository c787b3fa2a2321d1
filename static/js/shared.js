// @ts-check
/** A shared conversation: wires what there is to see, and nothing to do. */
import { Connection } from "./connection.js";
import { enlarge, find } from "./markup.js";
import { Status } from "./status.js";
import { Transcript } from "./transcript.js";

const scroller = find(".transcript");
const status = new Status(find(".status"), find(".connection"), {
  retry: () => live?.retry(),
  left: () => scroller.focus({ preventScroll: true }),
});
/** Of a snapshot there are no news; it is a page like any other. */
const live = "snapshot" in find("[data-page='shared']").dataset ? null : follow();

scroller.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-copy]");
  if (button instanceof HTMLElement) status.copied(button);
  enlarge(event);
});

function follow() {
  const { conversation } = scroller.dataset;
  const transcript = new Transcript(scroller, {
    jump: find(".jump"),
    template: document.createElement("template"),
    resync: () => connection.send({ type: "watch", conversation, ...transcript.position }),
  });
  let running = transcript.running;
  // What is whole here and not being written is read from its beginning.
  if (!running && !scroller.dataset.at && !scroller.querySelector(".further")) scroller.scrollTop = 0;

  /** @type {Record<string, (frame: any) => void>} */
  const frames = {
    messages: (frame) => transcript.replace(frame),
    snapshot: (frame) => transcript.snapshot(frame),
    patch: (frame) => transcript.patch(frame),
    ended: (frame) => transcript.end(frame),
  };
  const connection = new Connection(`${location.pathname}/socket`, {
    opened: () => transcript.renew(),
    received(frame) {
      frames[frame.type]?.(frame);
      const before = running;
      running = transcript.running;
      if (running && running !== before) status.say("answering");
      else if (before && !running) status.say(transcript.lastState ?? "");
    },
    changed: (state, until) => status.connection(state, until),
    tooLarge: () => {},
  }, location.pathname);
  connection.retry();
  return connection;
}
