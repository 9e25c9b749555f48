/* The sources: how far behind each one is, on its panel and above every page. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element, cell, part, put } = vigie;
  const say = (key, values) => vigie.say(key, values);
  const f = vigie.format;

  const WORDS = {
    live: "source_live", quiet: "source_quiet", silent: "source_silent", failing: "source_failing",
    unattended: "source_unattended", imported: "source_imported", waiting: "source_waiting",
  };
  const RANKS = ["failing", "unattended", "silent", "waiting", "live", "quiet", "imported"];

  vigie.sourceWord = (row) => say(WORDS[row.state]);
  /** Seconds since its last event: a cell of its own, for it changes all the time. */
  vigie.sourceLag = (row) => vigie.feed.cells[`source.${row.source}.lag_s`];

  /** Troubles first; the others by name, so that no place jumps with its lag. */
  vigie.byTrouble = function (rows) {
    const rank = (row) => Math.min(RANKS.indexOf(row.state), RANKS.indexOf("live"));
    return [...rows].sort((a, b) => rank(a) - rank(b) || a.source.localeCompare(b.source));
  };

  function make_source(row) {
    return element("div", "vg-source", [
      cell("light", "vg-light"),
      element("span", "vg-source-name", [element("a", "vg-drill", row.source, { href: "/sources" }), element("span", "vg-quiet vg-small", row.connector || "")]),
      cell("word", "vg-source-word"),
      cell("lag", "vg-number vg-quiet vg-small"),
    ]);
  }

  function fill_source(element_, row) {
    element_.dataset.state = row.state;
    element_.title = row.error || row.lacks || "";
    put(part(element_, "word"), vigie.sourceWord(row));
    const lag = row.state === "imported" ? null : vigie.sourceLag(row);
    put(part(element_, "lag"), f.missing(lag) ? "" : say("lag", { time: f.duration(lag) }));
  }

  // ── above every page ────────────────────────────────────────────────────
  function make_lag(row) {
    return element("span", "vg-lag", [
      cell("light", "vg-light"), element("span", "vg-lag-name", row.source),
      cell("word", "vg-lag-word"), cell("lag", "vg-number vg-lag-time")]);
  }

  function fill_lag(element_, row) {
    fill_source(element_, row);
    part(element_, "word").hidden = row.state === "live";
    const lag = vigie.sourceLag(row);
    part(element_, "lag").hidden = f.missing(lag);
    put(part(element_, "lag"), f.duration(lag));
  }

  /** What was imported once is behind for ever: it is no news above every page. */
  function of_late(rows) {
    const told = rows.filter((row) => row.state !== "imported");
    return told.length ? told : rows;
  }

  const draw = (make, fill, chosen) => (container, rows) => vigie.drawRows(
    container, vigie.byTrouble(chosen(rows)), (row) => row.source, make, fill, say("no_sources"));

  /** By the id of the list; any other is a panel. */
  vigie.sourceLists = { "vigie-lags": draw(make_lag, fill_lag, of_late) };
  const panel = draw(make_source, fill_source, (rows) => rows);

  vigie.lists.sources = (container, rows) =>
    (vigie.sourceLists[container.id] || panel)(container, rows);

  vigie.watch((changed, cells) => {
    if (changed.has("sources") || !cells.sources) return;
    if ([...changed].some((path) => path.startsWith("source.")))
      vigie.drawLists(new Set(["sources"]), cells);
  });
})();
