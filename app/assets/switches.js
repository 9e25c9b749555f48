/* The switches in force, their time left, and taking one back. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element, icon, cell, part, put } = vigie;
  const say = (key, values) => vigie.say(key, values);
  const f = vigie.format;

  const STATE_ICONS = { promoted: "star", open: "open", tucked: "tucked", closed: "closed" };

  function scope(row) {
    return [f.channel(row.channel), f.reason(row.reason), f.segment(row.segment), f.surface(row.surface)];
  }

  /** The cell of the matrix that it decides (``pointing.js``). */
  function exposure_of(row) {
    const words = new URLSearchParams();
    for (const name of ["channel", "reason", "segment", "surface"])
      if (row[name] !== "*") words.set(name, row[name]);
    return `/exposure?${words}`;
  }

  function make_switch(row) {
    const [channel, ...where] = scope(row);
    const head = element("div", "vg-switch-head", [
      cell("state", "vg-state-badge"),
      element("a", "vg-switch-name vg-drill", [vigie.channelIcon(row.channel), channel], { href: exposure_of(row) }),
      cell("left", "vg-switch-left vg-number"),
    ]);
    const children = [
      head,
      element("div", "vg-switch-scope", where.join(" · ")),
      cell("why", "vg-switch-why", "div"),
      cell("who", "vg-quiet vg-small", "div"),
    ];
    if (document.querySelector("[data-may-act]")) children.push(revert_button(row));
    return element("div", "vg-switch", children);
  }

  function revert_button(row) {
    const name = say("revert_switch", { scope: scope(row).join(" · ") });
    return element("button", "vg-revert", [icon("undo"), say("revert")],
      { type: "button", "data-revert": row.id, "aria-label": name, title: name });
  }

  function fill_switch(element_, row) {
    element_.dataset.state = row.state;
    const badge = part(element_, "state");
    if (badge.dataset.state !== row.state) {
      badge.dataset.state = row.state;
      badge.replaceChildren(icon(STATE_ICONS[row.state] || "dot"), f.state(row.state));
    }
    put(part(element_, "why"), row.why || "");
    put(part(element_, "who"), [
      say("by", { who: row.owner }),
      f.day(row.updated_at),
      row.share < 100 && say("share", { share: f.whole(row.share / 100) }),
      row.starts_at && new Date(row.starts_at) > vigie.now() && say("from", { time: f.day(row.starts_at) }),
    ].filter(Boolean).join(" · "));
    const button = element_.querySelector("[data-revert]");
    if (button) button.dataset.version = row.version;
    const left = part(element_, "left");
    left.dataset.until = row.expires_at || "";
    count_down(left);
  }

  function count_down(target) {
    if (!target.dataset.until) return put(target, say("no_expiry"));
    const seconds = (new Date(target.dataset.until) - vigie.now()) / 1000;
    put(target, seconds > 0 ? say("time_left", { time: f.duration(seconds) }) : say("over"));
  }

  /** Seconds to something that comes: «1:40». */
  function count_to(target) {
    put(target, f.duration(Math.max(0, (new Date(target.dataset.due) - vigie.now()) / 1000)));
  }

  const active = vigie.active = (row) => !row.expires_at || new Date(row.expires_at) > vigie.now();

  vigie.lists.exposure = (container, rows) => vigie.drawRows(
    container, rows.filter(active), (row) => String(row.id), make_switch, fill_switch,
    say("no_switches"));

  // ── the exposure page's tables are the server's: tell it when something moved ──
  const TYPED = 80;
  let told = null;

  function tell_exposure(changed, cells) {
    const places = [...document.querySelectorAll("[data-tell]")];
    if (!cells.exposure || !places.length) return;
    // Of several for one scope the one begun last stands first; those to come are not seen yet.
    const begins = (row) => row.starts_at ? new Date(row.starts_at).getTime() : 0;
    const data = cells.exposure.filter((row) => active(row) && begins(row) <= vigie.now())
      .sort((a, b) => begins(b) - begins(a))
      .map((row) => [row.channel, row.reason, row.segment, row.surface, row.version]);
    const moved = places.map((place) => place.dataset.tell) + JSON.stringify(data);
    if (moved === told) return;
    told = moved;
    places.forEach((place) => window.dash_clientside.set_props(place.dataset.tell, { data }));
  }

  /** Two presses revert: the first one asks. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-revert]");
    if (!button) return;
    if (button.dataset.armed) {
      const { revert: id, version } = button.dataset;
      const { reverts } = document.querySelector("[data-reverts]").dataset;
      window.dash_clientside.set_props(`${reverts}-revert`,
        { data: { id: Number(id), version: Number(version), key: crypto.randomUUID() } });
      disarm(button);
    } else {
      button.dataset.armed = "yes";
      button.lastChild.textContent = say("confirm");
      setTimeout(() => disarm(button), 4000);
    }
  });

  function disarm(button) {
    delete button.dataset.armed;
    button.lastChild.textContent = say("revert");
  }

  /** Enter in the reason applies, as in any form; Dash learns what was typed a moment later. */
  document.addEventListener("keydown", (event) => {
    const form = event.target.id && event.target.id.endsWith("-why") && event.target.closest("[data-may-act]");
    if (event.key !== "Enter" || event.isComposing || !form) return;
    const button = document.getElementById(`${form.dataset.mayAct}-apply`);
    if (button) setTimeout(() => button.click(), TYPED);
  });

  vigie.watch(tell_exposure);

  let lastSecond = 0;
  vigie.tick = function () {
    const second = Math.floor(Date.now() / 1000);
    if (second === lastSecond || !vigie.shell()) return;
    lastSecond = second;
    document.querySelectorAll("[data-until]").forEach(count_down);
    document.querySelectorAll("[data-due]").forEach(count_to);
    const cells = vigie.feed.cells;
    if ((cells.exposure || []).every(active)) return;
    vigie.notes(cells);
    vigie.drawLists(new Set(["exposure"]), cells);
    tell_exposure(new Set(["exposure"]), cells);
  };
})();
