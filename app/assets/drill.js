/* Where a number leads: the contacts that make it, or the page that says more. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  /** Of what is open all counts, whenever it came. */
  const OPEN = new Set(["waiting", "longest_wait_s", "backlog", "oldest_s"]);
  const EVER = "2000-01-01";

  /** The contacts of today (of all days, where what is open counts) behind a KPI of a line. */
  vigie.contactsOf = function (kpi, row) {
    const words = new URLSearchParams({ kpi });
    if (OPEN.has(kpi)) words.set("from", EVER);
    if (row && row.channel) words.append("where", `channel=${row.channel}`);
    if (row && row.queue) words.append("where", `queue=${row.queue}`);
    return `/contacts?${words}`;
  };

  /** The KPI behind a column of a line of quality: calls and mail are told in the same words. */
  const COLUMNS = {
    quality: ["service_level", "async_service_level"],
    delay: ["asa_s", "first_response_s"],
    waits: ["waiting", "backlog"],
    oldest: ["longest_wait_s", "backlog"],
  };
  const OWN = new Set(["offered", "answered", "abandoned", "answer_rate"]);

  vigie.leadOf = function (column, row) {
    const written = row.modality !== "sync";
    const kpi = COLUMNS[column] ? COLUMNS[column][Number(written)] : OWN.has(column) ? column : null;
    return kpi && vigie.contactsOf(kpi, row);
  };

  /** Today's page of a channel or a queue. */
  vigie.pageOf = function (row) {
    const words = new URLSearchParams({ channel: row.channel, period: "today" });
    if (row.queue) words.set("queue", row.queue);
    return `/channels?${words}`;
  };

  // ── the grid ────────────────────────────────────────────────────────────
  const components = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  components.VigieDrill = function ({ colDef, data, value, valueFormatted }) {
    const words = valueFormatted === null || valueFormatted === undefined ? value : valueFormatted;
    const named = colDef.field === "channel" || colDef.field === "queue";
    const to = named ? vigie.pageOf(data) : vigie.leadOf(colDef.field, data);
    if (!to || words === vigie.format.NOTHING) return words;
    return window.React.createElement("a", { href: to, className: "vg-drill", tabIndex: -1 }, words);
  };
  /** Within the grid the arrows lead from cell to cell; Enter goes where the cell leads. */
  document.addEventListener("keydown", (event) => {
    const cell = event.key === "Enter" && event.target.closest && event.target.closest(".ag-cell");
    const link = cell && cell.querySelector("a.vg-drill");
    if (link) link.click();
  });
})();
