/* The tour: a dialog over the real screen that points at one place after the other.  Keys: Enter
   or → goes on, ← goes back, Esc ends it; however it ends, it does not come again by itself. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element, say } = vigie;
  const GAP = 12;
  const SEEN = "tour";
  let dialog = null;
  let steps = [];
  let at = 0;

  const visible = (selector) => [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());

  function button(words, act, className) {
    const made = element("button", className, words, { type: "button" });
    made.addEventListener("click", act);
    return made;
  }

  function card() {
    const step = steps[at];
    const last = at === steps.length - 1;
    const next = button(say(last ? "tour_end" : "tour_next"), () => go(1), "vg-act vg-act-strong");
    const tools = [button(say("tour_skip"), end, "vg-tour-skip")];
    if (at) tools.push(button(say("tour_back"), () => go(-1), "vg-act"));
    tools.push(next);
    return [element("div", "vg-tour-card", [
      element("p", "vg-quiet vg-small", say("tour_step", { number: at + 1, count: steps.length })),
      element("h2", "", step.title, { id: "vigie-tour-title" }),
      element("p", "", step.words, { id: "vigie-tour-words" }),
      element("div", "vg-acts", tools),
    ]), next];
  }

  function draw() {
    const [made, next] = card();
    const ring = element("div", "vg-tour-ring", [], { "aria-hidden": "true" });
    dialog.replaceChildren(ring, made);
    visible(steps[at].at).scrollIntoView({ block: "center" });
    place();
    next.focus();
  }

  /** The ring around what is told of, the card where there is most room beside it. */
  function place() {
    if (!dialog || !dialog.open) return;
    const target = visible(steps[at].at);
    const [ring, made] = dialog.children;
    const box = target.getBoundingClientRect();
    const top = Math.max(4, box.top - 6);
    const bottom = Math.min(innerHeight - 4, box.bottom + 6);
    const left = Math.max(4, box.left - 6);
    Object.assign(ring.style, { top: `${top}px`, left: `${left}px`, height: `${bottom - top}px`,
      width: `${Math.min(innerWidth - 4, box.right + 6) - left}px` });
    const { width, height } = made.getBoundingClientRect();
    const below = bottom + GAP + height < innerHeight;
    const above = top - GAP - height > 0;
    made.style.top = `${below ? bottom + GAP : above ? top - GAP - height : innerHeight - height - GAP}px`;
    made.style.left = `${Math.max(GAP, Math.min(box.left, innerWidth - width - GAP))}px`;
  }

  function go(way) {
    at += way;
    if (at >= steps.length) return end();
    return draw();
  }

  function end() {
    dialog.close();
  }

  function begin() {
    steps = JSON.parse(document.getElementById("vigie-tour").dataset.steps).filter((step) => visible(step.at));
    if (!steps.length || (dialog && dialog.open)) return;
    at = 0;
    dialog = element("dialog", "vg-tour", [], { "aria-labelledby": "vigie-tour-title", "aria-describedby": "vigie-tour-words" });
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      vigie.kept.put(SEEN, true);
    });
    dialog.addEventListener("keydown", ({ key }) => {
      if (key === "ArrowRight") go(1);
      if (key === "ArrowLeft" && at) go(-1);
    });
    dialog.showModal();
    draw();
  }

  /** From the beginning, on the overview. */
  vigie.tour = function () {
    if (location.pathname !== "/") vigie.go("/");
    vigie.whenThere("queues", () => requestAnimationFrame(begin));
  };

  addEventListener("resize", place);
  vigie.whenThere("vigie-tour", (told) => told.dataset.greets && location.pathname === "/" && vigie.tour());
})();
