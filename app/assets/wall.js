/* The wall: turns from view to view, draws what is in sight, and begins anew when the server
   has changed.  No listener or node is made twice: it stays on for days.
   Keys, for who set it up: ← and → turn, the space bar holds. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const wall = document.querySelector("[data-wall]");
  if (!wall) return;
  const { element, cell, part, put } = vigie;
  const f = vigie.format;
  const SVG = "http://www.w3.org/2000/svg";
  /** Rows that fit: below that they turn too. */
  const FIT = { channels: 8, queues: 8, exposure: 5 };
  const HEIGHT = 20;
  /** Milliseconds: all walls of a house do not begin anew at once. */
  const SPREAD = 10000;
  const STATE_ICONS = { promoted: "star", open: "open", tucked: "tucked", closed: "closed" };
  const RANKS = { bad: 0, near: 1, good: 2 };

  const views = [...wall.querySelectorAll("[data-view]")];
  const turns = [...wall.querySelectorAll("[data-turn]")];
  const rotate = Number(wall.dataset.rotate) * 1000;
  let at = 0;
  let page = 0;
  let pages = 1;
  let timer = null;
  let held = false;
  let socket = null;

  // ── rows of channels and queues ─────────────────────────────────────────
  function make_row(row) {
    const bar = element("span", "vg-wall-bar", [cell("fill", ""), cell("goal", "")], { "aria-hidden": "true" });
    const name = element("span", "vg-wall-name", [vigie.channelIcon(row.channel),
      element("span", "", named(row))], { role: "cell" });
    const quality = element("span", "vg-wall-quality", [
      bar, cell("quality", "vg-number"), cell("verdict", "vg-verdict")], { role: "cell" });
    const rest = ["waits", "oldest"].map((column) => element("span", `vg-wall-${column}`,
      cell(column, "vg-number"), { role: "cell" }));
    return element("div", "vg-wall-row", [name, quality, ...rest], { role: "row" });
  }

  const named = (row) => (row.queue ? `${f.channel(row.channel)} · ${f.queue(row.queue)}` : f.channel(row.channel));

  function fill_row(target, row) {
    const level = vigie.level(row.quality, row.goal);
    target.dataset.level = level || "";
    part(target, "fill").style.inlineSize = `${100 * Math.min(1, row.quality || 0)}%`;
    const goal = part(target, "goal");
    goal.hidden = f.missing(row.goal);
    goal.style.insetInlineStart = `${(row.goal || 0) * 100}%`;
    vigie.verdict(part(target, "verdict"), level);
    put(part(target, "quality"), f.percent(row.quality));
    put(part(target, "waits"), f.integer(row.waits));
    put(part(target, "oldest"), f.duration(row.oldest));
  }

  /** Who is in trouble stands first: below target, then whose customers wait longest. */
  function by_trouble(rows) {
    const rank = (row) => RANKS[vigie.level(row.quality, row.goal)] ?? 3;
    return [...rows].sort((a, b) => rank(a) - rank(b) || (b.oldest || 0) - (a.oldest || 0) ||
      named(a).localeCompare(named(b)));
  }

  // ── rows of switches ────────────────────────────────────────────────────
  function make_switch(row) {
    const where = [f.reason(row.reason), row.segment !== "*" && f.segment(row.segment),
      row.surface !== "*" && f.surface(row.surface)].filter(Boolean);
    return element("div", "vg-wall-switch", [
      element("span", "vg-state-badge", [vigie.icon(STATE_ICONS[row.state] || "dot"), f.state(row.state)],
        { "data-state": row.state }),
      element("span", "vg-wall-scope", [vigie.channelIcon(row.channel), [f.channel(row.channel), ...where].join(" · ")]),
      cell("left", "vg-number vg-wall-left"),
      cell("why", "vg-wall-why"),
    ]);
  }

  function fill_switch(target, row) {
    const left = part(target, "left");
    left.dataset.until = row.expires_at || "";
    put(left, row.expires_at ? vigie.say("time_left", {
      time: f.duration(Math.max(0, (new Date(row.expires_at) - vigie.now()) / 1000)) }) : vigie.say("no_expiry"));
    put(part(target, "why"), [row.why, vigie.say("by", { who: row.owner })].filter(Boolean).join(" · "));
  }

  const LISTS = {
    channels: { rows: (cells) => (cells.channels || []).map(vigie.line),
      key: (row) => row.channel, make: make_row, fill: fill_row },
    queues: { rows: (cells) => by_trouble((cells.queues || []).map(vigie.line)),
      key: (row) => `${row.channel}/${row.queue}`, make: make_row, fill: fill_row },
    exposure: { rows: (cells) => (cells.exposure || []).filter(vigie.active),
      key: (row) => `${row.id}/${row.state}`, make: make_switch, fill: fill_switch },
  };

  function draw_list(view, cells) {
    const place = view.querySelector("[data-rows]");
    if (!place) return 1;
    const name = place.dataset.rows;
    const list = LISTS[name];
    const rows = list.rows(cells);
    const many = Math.max(1, Math.ceil(rows.length / FIT[name]));
    const from = Math.min(page, many - 1) * FIT[name];
    if (name === "exposure") document.getElementById("wall-as-usual").hidden = rows.length > 0;
    if (!rows.length && name === "exposure") place.replaceChildren();
    else vigie.drawRows(place, rows.slice(from, from + FIT[name]), list.key, list.make, list.fill,
      place.dataset.nothing);
    return many;
  }

  // ── the day's line ──────────────────────────────────────────────────────
  function draw_trend(cells) {
    const place = document.getElementById("wall-trend");
    const today = vigie.today(cells);
    if (!place || !today) return;
    const svg = place.firstElementChild || make_trend(place);
    const before = cells["trend.last_week"] || [];
    // Without the quarter that still runs: it would look like a fall.
    const done = today.filter((count) => count !== null).slice(0, -1);
    const most = Math.max(1, ...done, ...before);
    const line = (counts) => counts.map((count, x) => `${x} ${HEIGHT - (HEIGHT * count) / most}`).join("L");
    const last = before.length - 1;
    trace(svg, `0 0 ${Math.max(1, last)} ${HEIGHT}`, [
      before.length > 1 ? `M0 ${HEIGHT}L${line(before)}L${last} ${HEIGHT}Z` : "",
      done.length > 1 ? `M${line(done)}` : ""]);
  }

  function trace(svg, box, paths) {
    const key = paths.join("|");
    if (svg.dataset.drawn === key) return;
    svg.dataset.drawn = key;
    svg.setAttribute("viewBox", box);
    paths.forEach((path, number) => svg.children[number].setAttribute("d", path));
  }

  function make_trend(place) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS(SVG, "path"), document.createElementNS(SVG, "path"));
    place.append(svg);
    return svg;
  }

  // ── what fires: how many, and the worst of them ─────────────────────────
  const SEVERITIES = ["critical", "warning"];

  function draw_alerts(rows) {
    const place = document.getElementById("wall-alerts");
    const firing = (rows || []).filter((row) => row.status !== "snoozed");
    place.hidden = !firing.length;
    if (!firing.length) return;
    const [worst] = [...firing].sort((a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.fired_at.localeCompare(b.fired_at));
    place.dataset.severity = worst.severity;
    const where = worst.queue !== "*" ? named(worst) : worst.channel === "*" ? "" : f.channel(worst.channel);
    const what = [vigie.shell().words.kpis[worst.kpi] || worst.name, where].filter(Boolean).join(" · ");
    if (!place.firstElementChild) place.append(cell("many", "vg-wall-many"), vigie.icon("alert"), cell("worst", "vg-wall-worst"));
    place.children[1].dataset.icon = worst.severity === "critical" ? "alert" : "near";
    place.title = [vigie.say("alerts_fire", { count: f.integer(firing.length) }), vigie.say(worst.severity), what].join(" · ");
    put(part(place, "many"), f.integer(firing.length));
    put(part(place, "worst"), what);
  }

  // ── turning ─────────────────────────────────────────────────────────────
  function draw() {
    const cells = vigie.feed.cells;
    if (!vigie.shell() || vigie.feed.seq === null) return;
    draw_alerts(cells.alerts);
    pages = draw_list(views[at], cells);
    page = Math.min(page, pages - 1);
    if (views[at].dataset.view === "overview") draw_trend(cells);
    put(document.getElementById("wall-part"), pages > 1 ? `${page + 1} / ${pages}` : "");
  }

  function show() {
    views.forEach((view, number) => { view.hidden = number !== at; });
    turns.forEach((turn, number) => turn.toggleAttribute("data-now", number === at));
    const title = views[at].dataset.title;
    put(document.getElementById("wall-title"), title);
    document.title = `${title} – Vigie`;
    draw();
  }

  function turn(step) {
    if (step > 0 && page + 1 < pages) page += 1;
    else if (step < 0 && page > 0) page -= 1;
    else {
      at = (at + step + views.length) % views.length;
      page = 0;
    }
    show();
    wind();
  }

  function wind() {
    clearTimeout(timer);
    wall.toggleAttribute("data-held", held);
    if (rotate && !held) timer = setTimeout(turn, rotate, 1);
  }

  addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") turn(1);
    if (event.key === "ArrowLeft") turn(-1);
    if (event.key !== " ") return;
    event.preventDefault();
    held = !held;
    wind();
  });

  // ── another server, perhaps another page ────────────────────────────────
  /** Asked only after the server was away, and only a server that answers is gone to. */
  function look_for_another() {
    fetch(location.href, { method: "HEAD", cache: "no-store" }).then((answer) => {
      const now = (answer.headers.get("etag") || "").replace(/^W\/|"/g, "");
      if (answer.ok && now && now !== document.body.dataset.version) location.reload();
    }, () => later());
  }

  const later = () => setTimeout(look_for_another, SPREAD * Math.random());

  vigie.watch(() => {
    if (socket && vigie.feed.socket !== socket) later();
    socket = vigie.feed.socket;
    draw();
  });
  show();
  wind();
})();
