/* Lists drawn from the feed: channels, switches, sources; the queues grid; cards' notes.
   Rows are kept by key, so nothing flickers and the focus stays where it was. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element, icon } = vigie;
  const GRACE = 8;
  const LONG = 12;
  let exposureSeen = null;
  const say = (key, values) => vigie.say(key, values);
  const f = vigie.format;

  // ── keyed lists ─────────────────────────────────────────────────────────
  function draw(container, rows, keyOf, make, fill, empty) {
    const old = new Map([...container.children].map((child) => [child.dataset.key, child]));
    const wanted = rows.map((row) => {
      const key = keyOf(row);
      const found = old.get(key) || make(row, key);
      found.dataset.key = key;
      fill(found, row);
      return found;
    });
    if (!wanted.length) wanted.push(nothing(old.get(""), empty));
    const now = container.children;
    const same = wanted.length === now.length && wanted.every((child, at) => child === now[at]);
    if (!same) container.replaceChildren(...wanted);
  }

  function nothing(found, text) {
    const row = found || element("div", "vg-empty", [], { "data-key": "" });
    put(row, text);
    return row;
  }

  function put(target, text) {
    if (target.textContent !== text) target.textContent = text;
  }

  const part = (row, name) => row.querySelector(`[data-part="${name}"]`);
  const cell = (name, className, tag) => element(tag || "span", className, [], { "data-part": name });

  // ── one quality of service for every channel ────────────────────────────
  /** The same words for calls and for mail: promise kept, delay, waiting, oldest. */
  function line(raw) {
    const row = { ...raw, ...(raw.kpis || {}) };
    const written = row.modality !== "sync";
    return {
      ...row,
      quality: written ? row.async_service_level ?? row.service_level : row.service_level,
      delay: written ? row.first_response_s : row.asa_s,
      waits: written ? row.backlog : row.waiting,
      oldest: written ? row.oldest_s : row.longest_wait_s,
    };
  }

  /** The words of the table's head, for narrow screens where it is folded away. */
  function label(column) {
    const head = document.querySelector(`.vg-strip-head [data-column="${column}"]`);
    return head ? head.textContent : "";
  }

  function make_channel(row) {
    const name = element("span", "vg-strip-name", [
      vigie.channelIcon(row.channel),
      element("span", "vg-strip-label", f.channel(row.channel)),
      element("span", "vg-tag", f.modality(row.modality)),
    ], { role: "cell" });
    const bar = element("span", "vg-bar", [cell("fill", "vg-bar-fill"), cell("goal", "vg-bar-goal")],
      { "aria-hidden": "true" });
    const quality = element("span", "vg-strip-quality", [
      bar, cell("quality", "vg-number vg-strong"), cell("verdict", "vg-verdict")], { role: "cell" });
    const rest = ["promise", "delay", "waits", "oldest", "offered", "answered"].map((column) =>
      element("span", `vg-strip-cell vg-strip-${column}`, cell(column, "vg-number"),
        { role: "cell", "data-label": label(column) }));
    return element("div", "vg-strip", [name, quality, ...rest], { role: "row" });
  }

  function fill_channel(element_, raw) {
    const row = line(raw);
    const level = vigie.level(row.quality, row.goal);
    element_.dataset.level = level || "";
    const width = f.missing(row.quality) ? 0 : Math.min(1, row.quality);
    part(element_, "fill").style.inlineSize = `${width * 100}%`;
    const goal = part(element_, "goal");
    goal.hidden = f.missing(row.goal);
    goal.style.insetInlineStart = `${(row.goal || 0) * 100}%`;
    vigie.verdict(part(element_, "verdict"), level);
    put(part(element_, "quality"), f.percent(row.quality));
    put(part(element_, "promise"), f.missing(row.goal) ? f.NOTHING : f.promise(row));
    put(part(element_, "delay"), f.duration(row.delay));
    put(part(element_, "waits"), f.integer(row.waits));
    put(part(element_, "oldest"), f.duration(row.oldest));
    put(part(element_, "offered"), f.integer(row.offered));
    put(part(element_, "answered"), f.integer(row.answered));
  }

  // ── switches ────────────────────────────────────────────────────────────
  const STATE_ICONS = { promoted: "star", open: "open", tucked: "tucked", closed: "closed" };

  function scope(row) {
    return [f.channel(row.channel), f.reason(row.reason), f.segment(row.segment), f.surface(row.surface)];
  }

  function make_switch(row) {
    const [channel, ...where] = scope(row);
    const head = element("div", "vg-switch-head", [
      cell("state", "vg-state-badge"),
      element("strong", "", [vigie.channelIcon(row.channel), channel]),
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
      row.starts_at && new Date(row.starts_at) > Date.now() && say("from", { time: f.day(row.starts_at) }),
    ].filter(Boolean).join(" · "));
    const button = element_.querySelector("[data-revert]");
    if (button) button.dataset.version = row.version;
    const left = part(element_, "left");
    left.dataset.until = row.expires_at || "";
    count_down(left);
  }

  function count_down(target) {
    if (!target.dataset.until) return put(target, say("no_expiry"));
    const seconds = (new Date(target.dataset.until) - Date.now()) / 1000;
    put(target, seconds > 0 ? say("time_left", { time: f.duration(seconds) }) : say("over"));
  }

  const active = (row) => !row.expires_at || new Date(row.expires_at) > Date.now();

  // ── sources ─────────────────────────────────────────────────────────────
  function make_source(row) {
    return element("div", "vg-source", [
      cell("light", "vg-light"),
      element("span", "vg-source-name", [row.source, element("span", "vg-quiet vg-small", row.connector || "")]),
      cell("word", "vg-source-word"),
      cell("lag", "vg-number vg-quiet vg-small"),
    ]);
  }

  function fill_source(element_, row) {
    const quiet = f.missing(row.last_event_at) ? "never" : "up_to_date";
    const state = row.error ? "failing" : row.silent ? "silent" : quiet;
    element_.dataset.state = state;
    element_.title = row.error || "";
    put(part(element_, "word"), say(state));
    put(part(element_, "lag"), f.missing(row.lag_s) ? "" : say("lag", { time: f.duration(row.lag_s) }));
  }

  const LISTS = {
    channels: (container, rows) =>
      draw(container, rows, (row) => row.channel, make_channel, fill_channel, say("no_channels")),
    exposure: (container, rows) =>
      draw(container, rows.filter(active), (row) => String(row.id), make_switch, fill_switch, say("no_switches")),
    sources: (container, rows) =>
      draw(container, rows, (row) => row.source, make_source, fill_source, say("no_sources")),
  };

  function draw_lists(changed, cells) {
    document.querySelectorAll("[data-list]").forEach((container) => {
      const name = container.dataset.list;
      const undrawn = !container.firstElementChild;
      if (cells[name] && (changed.has(name) || undrawn)) LISTS[name](container, cells[name]);
    });
  }

  // ── the queues grid ─────────────────────────────────────────────────────
  function feed_grid(changed, cells) {
    const grid = document.getElementById("queues-grid");
    if (!grid || !cells.queues || !(changed.has("queues") || !grid.dataset.fed)) return;
    if (!grid.querySelector(".ag-root")) return;
    grid.dataset.fed = "yes";
    const rowData = cells.queues.map((raw) => {
      const row = line(raw);
      return { ...row, key: `${row.channel}/${row.queue}` };
    });
    window.dash_clientside.set_props("queues-grid", { rowData });
    fit(grid, rowData.length > LONG);
  }

  /** A long list scrolls inside its panel; a short one is as high as its rows. */
  function fit(grid, long) {
    if (grid.dataset.long === String(long)) return;
    grid.dataset.long = String(long);
    const api = window.dash_ag_grid.getApi("queues-grid");
    api.setGridOption("domLayout", long ? "normal" : "autoHeight");
  }

  // ── notes under the cards ───────────────────────────────────────────────
  function notes(changed, cells) {
    const today = cells["trend.today"];
    note("against-last-week", today ? against(today, cells["trend.last_week"] || []) : "");
    note("longest-where", where(cells.queues || [], "longest_wait_s"));
    note("oldest-backlog", f.missing(cells["total.oldest_s"]) ? "" :
      say("oldest", { time: f.duration(cells["total.oldest_s"]) }));
  }

  function note(name, text) {
    document.querySelectorAll(`[data-note="${name}"]`).forEach((target) => put(target, text));
  }

  /** The first quarter with a contact: a week that began later than the day is no comparison. */
  const began = (counts) => counts.findIndex((count) => count > 0);

  /** Today so far against the same quarters a week ago. */
  function against(today, lastWeek) {
    if (began(lastWeek) > began(today) + GRACE) return say("nothing_last_week");
    let now = 0;
    let then = 0;
    today.forEach((count, index) => {
      if (f.missing(count)) return;
      now += count;
      then += lastWeek[index] || 0;
    });
    if (!then) return say("nothing_last_week");
    if (now === then) return say("same_as_last_week");
    return say("against_last_week", { change: f.change(now / then - 1) });
  }

  function where(queues, key) {
    const [worst] = queues.filter((row) => !f.missing(row[key])).sort((a, b) => b[key] - a[key]);
    if (!worst) return say("nobody_waits");
    return say("on", { queue: `${f.channel(worst.channel)} · ${f.queue(worst.queue)}` });
  }

  // ── the exposure page's tables are the server's: tell it when something moved ──
  function tell_exposure(changed, cells) {
    const places = [...document.querySelectorAll("[data-tell]")];
    if (!cells.exposure || !places.length) return;
    const data = cells.exposure.filter(active)
      .map((row) => [row.channel, row.reason, row.segment, row.surface, row.version]);
    const moved = places.map((place) => place.dataset.tell) + JSON.stringify(data);
    if (moved === exposureSeen) return;
    exposureSeen = moved;
    places.forEach((place) => window.dash_clientside.set_props(place.dataset.tell, { data }));
  }

  /** Two presses revert: the first one asks. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-revert]");
    if (!button) return;
    if (button.dataset.armed) {
      const { revert: id, version } = button.dataset;
      const { mayAct } = document.querySelector("[data-may-act]").dataset;
      window.dash_clientside.set_props(`${mayAct}-revert`,
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

  vigie.watch(draw_lists);
  vigie.watch(feed_grid);
  vigie.watch(notes);
  vigie.watch(tell_exposure);

  let lastSecond = 0;
  vigie.tick = function () {
    const second = Math.floor(Date.now() / 1000);
    if (second === lastSecond || !vigie.shell()) return;
    lastSecond = second;
    document.querySelectorAll("[data-until]").forEach(count_down);
    const cells = vigie.feed.cells;
    if ((cells.exposure || []).every(active)) return;
    draw_lists(new Set(["exposure"]), cells);
    tell_exposure(new Set(["exposure"]), cells);
  };
})();
