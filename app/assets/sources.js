/* The sources: how far behind each one is, on its panel and above every page. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element, cell, part, put } = vigie;
  const say = (key, values) => vigie.say(key, values);
  const f = vigie.format;

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

  // ── above every page ────────────────────────────────────────────────────
  /** Troubles first; the others by name, so that no place jumps with its lag. */
  function byTrouble(a, b) {
    const trouble = (row) => (row.error ? 0 : row.silent ? 1 : 2);
    return trouble(a) - trouble(b) || a.source.localeCompare(b.source);
  }

  function make_lag(row) {
    return element("span", "vg-lag", [
      cell("light", "vg-light"), element("span", "vg-lag-name", row.source),
      cell("word", "vg-lag-word"), cell("lag", "vg-number vg-lag-time")]);
  }

  function fill_lag(element_, row) {
    fill_source(element_, row);
    part(element_, "word").hidden = element_.dataset.state === "up_to_date";
    put(part(element_, "lag"), f.duration(row.lag_s));
  }

  function draw_lags(container, rows) {
    vigie.drawRows(container, [...rows].sort(byTrouble), (row) => row.source, make_lag, fill_lag,
      say("no_sources"));
  }

  vigie.lists.sources = (container, rows) => (container.id === "vigie-lags" ? draw_lags(container, rows)
    : vigie.drawRows(container, rows, (row) => row.source, make_source, fill_source, say("no_sources")));
})();
