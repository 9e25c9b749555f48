/* The exposure page: told when to look again, the editor at a cell, the button as a customer
   sees it, and the buttons of proposals and rules.  What they do is the server's. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { put } = vigie;
  const GAP = 6;
  const ARMED = 4000;
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const by = (id) => document.getElementById(id);

  // ── the tables are the server's: tell it when what they show has moved ────
  function tell(cells) {
    const place = document.querySelector("[data-mark]");
    const mark = cells["exposure.mark"];
    if (!place || !mark || place.dataset.mark === mark) return;
    place.dataset.mark = mark;
    set("exposure-moved", { data: mark });
  }

  vigie.watch((changed, cells) => tell(cells));

  // ── what opens over the page: light to dismiss, and Escape gives the focus back ──
  function open(box) {
    box.hidden = false;
    if (!box.showPopover) return;
    if (!box.hasAttribute("popover")) {
      box.setAttribute("popover", "auto");
      box.addEventListener("toggle", ({ newState }) => newState === "closed" && closed(box));
    }
    box.showPopover();
  }

  function close(box) {
    if (box.hidePopover && box.matches(":popover-open")) box.hidePopover();
    closed(box);
  }

  /** A frame that nobody sees asks for nothing any more. */
  function closed(box) {
    box.hidden = true;
    for (const frame of box.querySelectorAll("iframe")) frame.remove();
    if (box.id === "cell-editor") go_back();
  }

  /** To the cell, where the focus was lost: a button that works at something has none, and a
      table that is drawn anew takes its cells with it. */
  let came_from = "";
  const watched = new WeakSet();
  function go_back() {
    if (document.activeElement && document.activeElement !== document.body) return;
    if (came_from) document.querySelector(came_from)?.focus({ preventScroll: true });
  }

  document.addEventListener("focusin", ({ target }) => {
    const cell = target.closest("#matrix [data-cell]");
    if (!cell) return;
    const { channel } = cell.closest("td").dataset;
    came_from = `#matrix [data-channel="${CSS.escape(channel)}"] [data-cell="${CSS.escape(cell.dataset.cell)}"]`;
    const table = by("matrix");
    if (!watched.has(table)) new MutationObserver(go_back).observe(table, { childList: true, subtree: true });
    watched.add(table);
  });

  document.addEventListener("pointerdown", ({ target }) => {
    if (!target.closest("#matrix, #cell-editor")) came_from = "";
  });

  /** Below the cell, or above it where there is no room; never outside of the window. */
  function place(box, anchor) {
    if (matchMedia("(width < 768px)").matches) return box.removeAttribute("style");
    const at = anchor.getBoundingClientRect();
    const { width, height } = box.getBoundingClientRect();
    const below = at.bottom + GAP + height < innerHeight;
    const top = below ? at.bottom + GAP : Math.max(GAP, at.top - GAP - height);
    const left = Math.min(Math.max(GAP, at.left), innerWidth - width - 2 * GAP);
    box.style.top = `${Math.min(top, Math.max(GAP, innerHeight - height - GAP))}px`;
    box.style.left = `${left}px`;
  }

  function edit(cell) {
    const box = by("cell-editor");
    const { channel, name } = cell.closest("td").dataset;
    const { segment, surface } = cell.closest("[data-segment]").dataset;
    const reason = cell.closest("tr").querySelector(".vg-row-head span").textContent;
    const f = vigie.format;
    const where = [name, reason, segment !== "*" && f.segment(segment), surface !== "*" && f.surface(surface)];
    put(by("cell-title"), where.filter(Boolean).join(" · "));
    put(by("cell-now"), cell.dataset.told);
    set("cell-at", { data: { channel, reason: cell.dataset.cell, segment, surface } });
    set("cell-answer", { children: null });
    open(box);
    place(box, cell);
    by("cell-why").focus();
  }

  function preview(button) {
    const asked = by("matrix-see") === button ? document.querySelector(".vg-see") : button;
    const box = by("customer");
    const frame = by("customer-frame");
    put(by("customer-title"), asked.title);
    const page = vigie.element("iframe", "", [],
      { src: asked.dataset.preview, title: frame.dataset.title });
    page.addEventListener("load", () => page.contentDocument?.addEventListener("keydown",
      ({ key }) => key === "Escape" && close(box)));
    frame.replaceChildren(page);
    open(box);
  }

  // ── the form of rules: what is folded away and now concerns the writer is unfolded ──
  let filling = false;

  /** After the form was answered: errors, and the conditions that it was filled with. */
  vigie.reveal = (name) => requestAnimationFrame(() => {
    const form = by(`${name}-form`);
    for (const one of form.querySelectorAll(".vg-and")) one.open ||= one.querySelector("input").value !== "";
    const wrong = form.querySelector("[aria-invalid='true']");
    for (let at = wrong || (filling ? by(`${name}-rule`) : null), box = at; box; box = box.parentElement) {
      if (box.localName === "details") box.open = true;
      if (box === form) at.focus();
    }
    filling = false;
  });

  // ── buttons that the server draws: what they ask is told by their data ────
  const ACTS = {
    cell: (button) => edit(button),
    preview: (button) => preview(button),
    close: (button) => close(button.closest(".vg-popover")),
    proposal: ({ dataset: { proposal, decide } }) =>
      set("approvals-asked", { data: { id: Number(proposal), decide, at: Date.now() } }),
    rule: ({ dataset: { rule, act, advice } }) => {
      filling = act === "change";
      set(filling ? "rules-change" : "rules-asked", { data: { rule, act, advice, at: Date.now() } });
    },
  };

  document.addEventListener("click", (event) => {
    for (const [name, act] of Object.entries(ACTS)) {
      const button = event.target.closest(`button[data-${name}]`);
      if (button && !button.disabled) return act(button);
    }
  });

  /** What concerns everything is asked twice: the first press only asks. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm]");
    if (!button || button.dataset.armed) return;
    event.stopPropagation();
    event.preventDefault();
    const words = button.lastElementChild;
    const before = words.textContent;
    button.dataset.armed = "yes";
    put(words, button.dataset.confirm);
    setTimeout(() => {
      delete button.dataset.armed;
      put(words, before);
    }, ARMED);
  }, true);
})();
