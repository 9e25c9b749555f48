/* The trend of the day: today's offered per quarter against the same weekday of the last four
   weeks (from the least to the most of them, and last week), redrawn every few seconds at most,
   in the colours of the page; the same as a table, filled while it is open. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const EVERY = 4000;
  const NARROW = 560;
  const QUARTER = 15 * 60 * 1000;
  const TOLD = "<b>%{y}</b>";
  let drawnAt = 0;
  let pending = null;

  const f = vigie.format;

  const plot = () => document.getElementById("trend-figure");

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    return {
      today: read("--vg-accent"), last: read("--vg-line-strong"), fill: read("--vg-last-week"), edge: read("--vg-line"),
      ink: read("--vg-quiet"), grid: read("--vg-line"), panel: read("--vg-panel"), text: read("--vg-ink"),
    };
  }

  /** Ticks on whole local hours, whatever the length of the day (92, 96 or 100 quarters). */
  function ticks(labels, width) {
    const step = width < NARROW ? 6 : 2;
    const at = labels.map((label, index) => [label, index])
      .filter(([label]) => label.endsWith(":00") && Number(label.slice(0, 2)) % step === 0);
    return { tickvals: at.map(([, index]) => index), ticktext: at.map(([label]) => label) };
  }

  /** «10:15–10:30» of the quarter that begins then. */
  function quarter(begins) {
    const ends = new Date(new Date(begins).getTime() + QUARTER).toISOString();
    return `${vigie.format.minute(begins)}–${vigie.format.minute(ends)}`;
  }

  /** The hour that an autumn night repeats is another one: same words, another name. */
  function apart(name, index, names) {
    return names.indexOf(name) < index ? name + "\u200b" : name;
  }

  /** Of each quarter the least and the most of the weeks of which anything is known. */
  function span(weeks) {
    const known = weeks.filter((week) => week.some((count) => count > 0));
    const of = (best) => weeks[0].map((_count, at) => (known.length ? best(...known.map((week) => week[at])) : 0));
    return { least: of(Math.min), most: of(Math.max) };
  }

  /** The running quarter is not over: it is dotted, not a fall. */
  function split(today) {
    const last = today.reduce((found, count, index) => (count === null ? found : index), -1);
    return {
      done: today.map((count, index) => (index < last ? count : null)),
      running: today.map((count, index) => (index >= last - 1 ? count : null)),
    };
  }

  function draw() {
    const target = plot();
    const cells = vigie.feed.cells;
    if (!target || !cells["trend.quarters"] || !cells["trend.weeks"] || !vigie.shell()) return;
    if (!window.Plotly) return void vigie.plotly().then(draw);
    drawnAt = Date.now();
    target.dataset.drawn = "yes";
    const labels = cells["trend.quarters"].map((quarter) => vigie.format.minute(quarter));
    const c = colours();
    const { done, running } = split(vigie.today(cells));
    const { least, most } = span(cells["trend.weeks"]);
    const x = cells["trend.quarters"].map(quarter).map(apart);
    const only = (last, others) => (count, index) =>
      (count !== null && index === done.findLastIndex((one) => one !== null) + 1 ? last : others);
    const between = least.map((count, at) => vigie.say("from_to", { least: f.integer(count), most: f.integer(most[at]) }));
    const traces = [
      { y: least, hoverinfo: "skip", hovertemplate: "", line: { color: c.edge, width: 1 } },
      { y: most, name: vigie.say("last_four"), fill: "tonexty", fillcolor: c.fill, text: between,
        hovertemplate: "%{text}", line: { color: c.edge, width: 1 } },
      { y: cells["trend.last_week"], name: vigie.say("last_week"), line: { color: c.last, width: 1.5, dash: "dash" } },
      { y: done, name: vigie.say("today"),
        line: { color: c.today, width: 2.5 } },
      { y: running, name: vigie.say("so_far"), hoverinfo: running.map(only("all", "skip")),
        hovertemplate: running.map(only(TOLD, "")), line: { color: c.today, width: 2, dash: "dot" } },
    ].map((trace) => ({ hovertemplate: TOLD, ...trace, x,
      type: "scatter", mode: "lines" }));
    const layout = {
      height: 196, margin: { l: 34, r: 6, t: 6, b: 24 }, showlegend: false, hovermode: "x unified",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: c.panel,
      hoverdistance: Math.ceil(target.clientWidth / x.length / 2),
      font: { color: c.ink, size: 12, family: getComputedStyle(document.body).fontFamily },
      xaxis: { ...ticks(labels, target.clientWidth), type: "category", range: [0, x.length - 1], showgrid: false,
        zeroline: false, fixedrange: true, linecolor: c.grid, spikecolor: c.last, spikethickness: 1,
        spikedash: "solid" },
      yaxis: { gridcolor: c.grid, zeroline: false, rangemode: "tozero", fixedrange: true, nticks: 5 },
      hoverlabel: { bgcolor: c.panel, bordercolor: c.last, font: { color: c.text } },
    };
    window.Plotly.react(target, traces, layout, { displayModeBar: false, responsive: true });
  }

  // ── the same as a table ─────────────────────────────────────────────────
  const shown = () => document.querySelector("#trend details[open] [data-trend-rows]");

  function write() {
    const place = shown();
    const cells = vigie.feed.cells;
    if (!place || !cells["trend.quarters"] || !vigie.shell()) return;
    const [today, weeks] = [vigie.today(cells), cells["trend.weeks"]];
    const { least, most } = span(weeks);
    const rows = cells["trend.quarters"].map((begins, at) =>
      ({ begins, cells: [today[at], weeks[0][at], least[at], most[at]] }));
    vigie.drawRows(place, rows, (row) => row.begins, make_row, fill_row, "");
  }

  function make_row(row) {
    const numbers = row.cells.map((_count, at) => vigie.element("td", "vg-number", [], { "data-part": String(at) }));
    return vigie.element("tr", "", [vigie.element("th", "", quarter(row.begins), { scope: "row" }), ...numbers]);
  }

  function fill_row(target, row) {
    row.cells.forEach((count, at) => vigie.put(vigie.part(target, String(at)), f.integer(count)));
  }

  /** What is taken away as a file is what the table says: it is opened for that. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest('[data-of="trend"][data-take="csv"], [data-of="trend"][data-take="xlsx"]');
    if (!button) return;
    document.querySelector("#trend details").open = true;
    write();
  }, true);
  document.addEventListener("toggle", (event) => event.target.closest && event.target.closest("#trend") && write(), true);

  /** At once when the last drawing is old enough, else once when it is. */
  function soon() {
    clearTimeout(pending);
    pending = setTimeout(draw, Math.max(0, drawnAt + EVERY - Date.now()));
  }

  vigie.recolour = draw;
  vigie.watch((changed) => {
    const target = plot();
    const moved = ["trend.today", "trend.running", "trend.weeks", "trend.quarters"].some((path) => changed.has(path));
    if (target && !target.dataset.drawn) draw();
    else if (target && moved) soon();
    if (moved) write();
  });
  addEventListener("resize", () => { drawnAt = 0; soon(); });
})();
