/* The page of the sources: how each one stands, whether its ledger closes, and what to do. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element, cell, part, put } = vigie;
  const say = (key, values) => vigie.say(key, values);
  const f = vigie.format;
  const SVG = "http://www.w3.org/2000/svg";
  const WAYS = { pull: "way_pull", push: "way_push", file: "way_file" };

  // ── the ledger, an equation ─────────────────────────────────────────────
  const LEDGER = {
    received: "ledger_received", new: "ledger_new", duplicate: "ledger_duplicate",
    superseded: "ledger_superseded", quarantined: "ledger_quarantined",
  };

  function term(row, name, sign) {
    const tag = name === "quarantined" ? "a" : "span";
    const found = element(tag, "vg-term", [
      element("span", "vg-operator", sign), cell(name, "vg-number vg-strong"), " ",
      element("span", "vg-term-name", say(LEDGER[name]))]);
    if (tag === "a") found.setAttribute("href", `/quarantine?source=${encodeURIComponent(row.source)}`);
    return found;
  }

  function make_ledger(row) {
    const signs = { received: "", new: "= " };
    const terms = Object.keys(LEDGER).map((name) => term(row, name, signs[name] ?? "+ "));
    const equation = element("div", "vg-ledger", [...terms, cell("closing", "vg-closing")], { "data-part": "equation" });
    const nothing = element("span", "vg-quiet vg-small", say("ledger_nothing"), { "data-part": "nothing" });
    return [equation, nothing];
  }

  function fill_ledger(element_, row) {
    part(element_, "equation").hidden = !row.today.received;
    part(element_, "nothing").hidden = row.today.received > 0;
    for (const name of Object.keys(LEDGER)) put(part(element_, name), f.integer(row.today[name]));
    part(element_, "quarantined").dataset.some = row.today.quarantined > 0 ? "yes" : "";
    const closing = part(element_, "closing");
    const level = row.astray ? "bad" : "good";
    const words = row.astray ? say("ledger_astray", { count: f.integer(row.astray) }) : say("ledger_closes");
    if (closing.dataset.words === words) return;
    closing.dataset.words = words;
    closing.dataset.level = level;
    closing.replaceChildren(vigie.icon(row.astray ? "cross" : "check"), words);
  }

  // ── today's contacts, a quarter hour a point ────────────────────────────
  function make_spark() {
    const line = document.createElementNS(SVG, "path");
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 96 20");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    svg.append(line);
    return element("span", "vg-spark", svg, { title: say("spark") });
  }

  function fill_spark(element_, row) {
    // Without the quarter that still runs: it would look like a fall.
    const points = (vigie.feed.cells[`source.${row.source}.arrived`] || []).slice(0, -1);
    const key = points.join();
    if (element_.dataset.drawn === key) return;
    element_.dataset.drawn = key;
    const most = Math.max(1, ...points);
    const at = (count, index) => `${index} ${19 - (18 * count) / most}`;
    const path = points.length > 1 ? `M${points.map(at).join("L")}` : "";
    element_.querySelector("path").setAttribute("d", path);
  }

  // ── what to know and to do ──────────────────────────────────────────────
  const code = (words) => element("code", "vg-code", words);
  const ago = (time) => (Date.parse(vigie.feed.asOf) - Date.parse(time)) / 1000;

  function first_steps(row) {
    const [way] = row.ways;
    if (way === "push") return [say("first_push"), code(location.origin + row.address)];
    if (way === "pull") return [say("first_pull"), code("vigie work")];
    return [say("first_file"), code(`vigie load ${row.connector} … --source ${row.source}`)];
  }

  const WHY = {
    live: () => [],
    quiet: (row) => (row.last_event_at ? [say("why_quiet")] : []),
    silent: (row) => [say("why_silent", { time: f.duration(vigie.sourceLag(row)) })],
    unattended: (row) => [
      say("why_unattended", { time: f.duration(row.last_seen_at ? ago(row.last_seen_at) : null) }),
      code("vigie work")],
    imported: () => [say("why_imported")],
    waiting: first_steps,
    failing: failure,
  };

  function failure(row) {
    const said = [];
    if (row.variable) said.push(say("lacks_secret"), code(row.variable));
    else if (row.lacks) said.push(spoken_by_vigie(row.lacks));
    if (row.error) said.push(since(row), spoken_by_vigie(row.error), again(row));
    if (row.variable && row.address) said.push(say("first_push"), code(location.origin + row.address));
    return said;
  }

  const spoken_by_vigie = (words) => element("span", "vg-error", words, { lang: "en" });
  const again = (row) => (row.not_before && Date.parse(row.not_before) > Date.parse(vigie.feed.asOf)
    ? say("asked_again", { time: f.clock(row.not_before) }) : "");
  const since = (row) => (row.error_at ? say("failing_since", { time: f.day(row.error_at) }) : "");

  function notes(row) {
    const said = WHY[row.state](row);
    if (row.waiting)
      said.push(say("inbox", {
        count: f.integer(row.waiting), time: f.duration(ago(row.waiting_since)) }));
    return said.filter((words) => words !== "");
  }

  function fill_notes(element_, row) {
    const said = notes(row);
    const key = said.map((one) => one.textContent || one).join("\n");
    if (element_.dataset.said === key) return;
    element_.dataset.said = key;
    element_.hidden = !said.length;
    element_.replaceChildren(...said.flatMap((one, at) => (at ? [" ", one] : [one])));
  }

  // ── the row ─────────────────────────────────────────────────────────────
  function label(column) {
    const head = document.querySelector(`.vg-standing-head [data-column="${column}"]`);
    return head ? head.textContent : "";
  }

  const box = (column, children) => element("div", `vg-standing-${column}`, children,
    { role: "cell", "data-label": label(column) });

  function make_standing(row) {
    const ways = row.ways.map((way) => say(WAYS[way])).join(", ");
    return element("div", "vg-standing", [
      box("name", [element("strong", "", row.source),
        element("span", "vg-quiet vg-small", [row.connector, ways].filter(Boolean).join(" · "))]),
      box("state", [cell("light", "vg-light"), cell("word", "vg-source-word")]),
      box("last", [cell("at", "vg-number"), cell("lag", "vg-number vg-quiet vg-small")]),
      box("pace", [cell("rate", "vg-number"), make_spark()]),
      box("ledger", make_ledger(row)),
      element("div", "vg-standing-notes", [], { role: "cell", "data-part": "notes" }),
    ], { role: "row" });
  }

  function fill_standing(element_, row) {
    element_.dataset.state = row.state;
    put(part(element_, "word"), vigie.sourceWord(row));
    const imported = row.state === "imported";
    put(part(element_, "at"), (imported ? f.date : f.day)(row.last_event_at));
    const lag = imported ? null : vigie.sourceLag(row);
    put(part(element_, "lag"), f.missing(lag) ? "" : say("lag", { time: f.duration(lag) }));
    const rate = vigie.feed.cells[`source.${row.source}.rate`];
    put(part(element_, "rate"), f.missing(rate) ? f.NOTHING : say("per_minute", { rate: f.decimal(rate) }));
    fill_spark(element_.querySelector(".vg-spark"), row);
    fill_ledger(element_, row);
    fill_notes(part(element_, "notes"), row);
  }

  vigie.sourceLists.standings = (container, rows) => vigie.drawRows(
    container, vigie.byTrouble(rows), (row) => row.source, make_standing, fill_standing, say("no_sources"));
})();
