/* The grid of queues takes its rows from the feed. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const LONG = 12;

  function feed_grid(changed, cells) {
    const grid = document.getElementById("queues-grid");
    if (!grid || !cells.queues || !(changed.has("queues") || !grid.dataset.fed)) return;
    if (!grid.querySelector(".ag-root")) return;
    grid.dataset.fed = "yes";
    const rowData = cells.queues.map((raw) => {
      const row = vigie.line(raw);
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

  vigie.watch(feed_grid);
})();
