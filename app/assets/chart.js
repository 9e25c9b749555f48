/* Charts that come as data (data-figure): drawn by Plotly in the colours of the page, values in
   the reader's locale; again in place when the data or the theme changes.  A point leads where
   the row of its table leads. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const TOKEN = /^var\((--[\w-]+)\)$/;
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200,
    86400, 172800, 604800];
  const TICKS = 6;
  /** So wide is an hour written below, with room beside it. */
  const HOUR = 46;
  /** As wide as 24 cells with a number in each. */
  const ROOMY = 720;
  const SCALE = { orientation: "h", thickness: 8, y: -0.18, yanchor: "top", outlinewidth: 0, nticks: 4 };

  const plots = () => document.querySelectorAll(".vg-plot[data-figure]");

  /** Plotly itself, fetched once; the address stands where a chart is or will be. */
  vigie.plotly = async function () {
    if (!window.Plotly) await vigie.script(document.querySelector("[data-plotly]").dataset.plotly);
    return window.Plotly;
  };

  /** Every var(--x) in the figure becomes the colour it stands for now. */
  function coloured(value, style) {
    if (Array.isArray(value)) return value.map((one) => coloured(one, style));
    if (value && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, coloured(one, style)]));
    const token = typeof value === "string" && TOKEN.exec(value);
    return token ? style.getPropertyValue(token[1]).trim() : value;
  }

  // ── values as people read them ──────────────────────────────────────────
  const inWords = (form) => (value) =>
    Array.isArray(value) ? value.map(inWords(form)) : vigie.format[form](value);

  /** Numbers short enough for a cell: «84», «0:12»; where it is too narrow a scale of colours. */
  function labelled({ labelled, ...trace }, width) {
    if (!labelled) return trace;
    if (width < ROOMY) return { ...trace, showscale: true, colorbar: { ...SCALE,
      tickformat: trace.format === "percent" ? ".0%" : "" } };
    const short = (value) => (value === null ? "" : trace.format === "percent" ? Math.round(value * 100)
      : trace.format === "duration" ? vigie.format.duration(value)
        : value < 10 ? vigie.format.decimal(value) : vigie.format.integer(value));
    return { ...trace, text: trace.z.map((row) => row.map(short)), texttemplate: "%{text}" };
  }

  function readable(trace) {
    if (!trace.format) return trace;
    const { format, ...rest } = trace;
    if (rest.z) return { ...rest, hovertext: inWords(format)(rest.z) };
    const values = (rest.orientation === "h" ? rest.x : rest.y) || rest.values;
    return { textposition: rest.type === "bar" ? "none" : undefined, hovertemplate: "%{text}",
      ...rest, text: rest.text || inWords(format)(values) };
  }

  /** Hours written below: only so many that they do not touch. */
  function thinned(axis, width) {
    const every = Math.ceil((axis.tickvals.length * HOUR) / Math.max(1, width));
    const few = (list) => list.filter((_one, at) => at % every === 0);
    return { ...axis, tickvals: few(axis.tickvals), ticktext: few(axis.ticktext) };
  }

  function ticks(axis, traces, letter, width) {
    if (axis && axis.tickmode === "array" && letter === "x") return thinned(axis, width);
    if (!axis || !axis.format) return axis;
    const { format, ...rest } = axis;
    if (format !== "duration") return rest;
    const values = traces.flatMap((trace) => trace[letter] || []).filter((value) => value !== null);
    const most = Math.max(1, ...(axis.range || []), ...values);
    const step = STEPS.find((one) => most / one <= TICKS) || STEPS[STEPS.length - 1];
    const tickvals = Array.from({ length: Math.ceil(most / step) + 1 }, (_none, at) => at * step);
    return { ...rest, tickvals, ticktext: tickvals.map(vigie.format.duration) };
  }

  /** Names of days and months for Plotly, from the browser's own knowledge. */
  function locale(Plotly) {
    const code = vigie.shell().words.language;
    // Plotly speaks it, and builds the others on it.
    if (code === "en") return code;
    const names = (count, options, at) => Array.from({ length: count }, (_none, one) =>
      new Intl.DateTimeFormat(code, { timeZone: "UTC", ...options }).format(at(one)));
    const month = (one) => new Date(Date.UTC(2024, one, 15));
    const weekday = (one) => new Date(Date.UTC(2024, 0, 7 + one));
    Plotly.register({ moduleType: "locale", name: code, dictionary: {}, format: {
      days: names(7, { weekday: "long" }, weekday), shortDays: names(7, { weekday: "short" }, weekday),
      months: names(12, { month: "long" }, month), shortMonths: names(12, { month: "short" }, month),
      date: code === "fr" ? "%d/%m/%Y" : "%m/%d/%Y",
    } });
    return code;
  }

  const separators = () => new Intl.NumberFormat(vigie.shell().words.language)
    .format(12345.6).replace(/\d/g, "").split("").reverse().join("");

  function layoutOf(told, traces, c, width) {
    const axis = { gridcolor: c.grid, linecolor: c.grid, zeroline: false, automargin: true, fixedrange: true };
    const axes = Object.fromEntries(["xaxis", "yaxis", "yaxis2"].filter((name) => name !== "yaxis2" || told[name])
      .map((name) => [name, { ...axis, ...(name === "xaxis" ? { showgrid: false } : { nticks: TICKS }),
        ...ticks(told[name], traces, name[0], width) }]));
    return {
      autosize: true, margin: { l: 44, r: 12, t: 8, b: 32 }, hovermode: "x unified", showlegend: traces.length > 1,
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { color: c.ink } },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", separators: separators(),
      font: { color: c.quiet, size: 12, family: getComputedStyle(document.body).fontFamily },
      hoverlabel: { bgcolor: c.panel, bordercolor: c.strong, font: { color: c.ink } },
      ...told, ...axes,
    };
  }

  function palette(style) {
    const read = (name) => style.getPropertyValue(name).trim();
    return { ink: read("--vg-ink"), quiet: read("--vg-quiet"), grid: read("--vg-line"),
      strong: read("--vg-line-strong"), panel: read("--vg-panel") };
  }

  // ── drawing ─────────────────────────────────────────────────────────────
  function draw(place, Plotly) {
    if (!place.isConnected) return;
    const style = getComputedStyle(document.documentElement);
    const figure = coloured(JSON.parse(place.dataset.figure), style);
    const traces = figure.data.map((trace) => readable(labelled(trace, place.clientWidth)));
    const layout = layoutOf(figure.layout, traces, palette(style), place.clientWidth);
    const config = { displayModeBar: false, responsive: true, locale: locale(Plotly) };
    Plotly.react(place, traces, layout, config).then(() => { place.dataset.drawn = "yes"; });
    if (place.dataset.leads) return;
    place.dataset.leads = tableBeside(place) ? "yes" : "no";
    place.on("plotly_click", (event) => follow(place, event.points[0]));
  }

  function tableBeside(place) {
    const table = place.closest(".vg-chart")?.querySelector("[data-table]");
    return table && vigie.tableOf(table).links.length ? table : null;
  }

  function follow(place, point) {
    const table = tableBeside(place);
    if (!table) return;
    const row = point.customdata === undefined ? point.pointNumber : point.customdata;
    const address = vigie.leads(vigie.tableOf(table), row);
    if (address) vigie.go(address);
  }

  const inSight = (place) => {
    const { top, bottom } = place.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  };
  const atLeisure = (act) =>
    window.requestIdleCallback ? requestIdleCallback(act, { timeout: 1000 }) : setTimeout(act, 50);

  /** Those in sight at once; the others one by one, so that what is seen waits for no other. */
  async function all(again) {
    if (!vigie.shell || !vigie.shell() || !document.querySelector("[data-plotly]")) return;
    const due = [...plots()].filter((place) => again || place.drawnFrom !== place.dataset.figure);
    due.forEach((place) => { place.drawnFrom = place.dataset.figure; });
    const Plotly = await vigie.plotly();
    const later = due.filter((place) => !inSight(place));
    due.filter(inSight).forEach((place) => draw(place, Plotly));
    const next = () => {
      const place = later.shift();
      if (place) draw(place, Plotly);
      if (later.length) atLeisure(next);
    };
    if (later.length) atLeisure(next);
  }

  function gone(nodes) {
    for (const node of nodes)
      if (node.nodeType === Node.ELEMENT_NODE && window.Plotly)
        node.querySelectorAll(".js-plotly-plot").forEach((place) => window.Plotly.purge(place));
  }

  new MutationObserver((changes) => {
    changes.forEach((change) => gone(change.removedNodes));
    requestAnimationFrame(() => all(false));
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-figure"],
  });
  new MutationObserver(() => all(true)).observe(document.documentElement, {
    attributes: true, attributeFilter: ["data-mantine-color-scheme"],
  });
})();
