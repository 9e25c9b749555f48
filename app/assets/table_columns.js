/* Which columns a table shows, in which order, how wide and sorted by what: chosen by hand, kept
   for whoever chose (`kept.js`).  Tables of ours are drawn anew (`table.js`), AG Grids are told. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element, say } = vigie;
  const CALM = 300;

  // ── tables of ours ──────────────────────────────────────────────────────
  const formOf = (told) => told.columns.map(({ kind }) => kind).join();

  function choiceOf(told) {
    const kept = vigie.kept.get(`columns:${told.name}`) || {};
    return kept.form === formOf(told) ? kept : {};
  }

  const compare = (one, other) => (typeof one === "number" ? one - other
    : String(one).localeCompare(String(other), vigie.shell().words.language, { numeric: true }));

  /** By the cells of a column; where there is nothing comes last, whichever way. */
  const byColumn = (rows, at, way) => (a, b) => {
    const [one, other] = [rows[a][at], rows[b][at]];
    if (one === null || other === null) return (one === null) - (other === null);
    return way * compare(one, other);
  };

  /** What is shown of a table: columns and rows by their numbers; what names a row leads it. */
  vigie.viewOf = function (told) {
    const { order, hidden = [], sort } = choiceOf(told);
    const usual = told.columns.map((_column, at) => at);
    const columns = (order || usual).filter((at) => at === 0 || !hidden.includes(at));
    const rows = told.rows.map((_row, number) => number);
    if (sort) rows.sort(byColumn(told.rows, ...sort));
    return { columns, rows, sort, order: order || usual, hidden };
  };

  /** The table as it stands on the screen, to be taken away. */
  vigie.shownOf = function (place) {
    const told = vigie.tableOf(place);
    const { columns, rows } = vigie.viewOf(told);
    return { ...told, columns: columns.map((at) => told.columns[at]),
      rows: rows.map((number) => columns.map((at) => told.rows[number][at])) };
  };

  function choose(place, changes) {
    const told = vigie.tableOf(place);
    const kept = { ...choiceOf(told), form: formOf(told), ...changes };
    vigie.kept.put(`columns:${told.name}`, kept);
    vigie.redraw(place);
  }

  /** Pressed again and again: the greatest first, the smallest first, as it came. */
  vigie.sortBy = function (place, at) {
    const { sort } = vigie.viewOf(vigie.tableOf(place));
    const way = !sort || sort[0] !== at ? -1 : sort[1] === -1 ? 1 : 0;
    choose(place, { sort: way ? [at, way] : undefined });
  };

  function ofTable(place) {
    const told = vigie.tableOf(place);
    return {
      title: told.title,
      list() {
        const { order, hidden } = vigie.viewOf(told);
        return order.map((at) => ({ key: at, label: told.columns[at].label, fixed: at === 0, shown: !hidden.includes(at) }));
      },
      take: (list) => choose(place, { order: list.map(({ key }) => key),
        hidden: list.filter(({ shown }) => !shown).map(({ key }) => key) }),
      usual() {
        vigie.kept.drop(`columns:${told.name}`);
        vigie.redraw(place);
      },
    };
  }

  // ── grids ───────────────────────────────────────────────────────────────
  const PARTS = ["colId", "hide", "width", "flex", "sort", "sortIndex"];
  const stateOf = (api) => api.getColumnState().map((column) =>
    Object.fromEntries(PARTS.map((part) => [part, column[part]])));

  async function ready(place) {
    place.dataset.habits = "yes";
    const api = await window.dash_ag_grid.getApiAsync(place.id);
    const name = `columns:${place.id}`;
    place.usualColumns = stateOf(api);
    const kept = vigie.kept.get(name);
    const ids = (state) => state.map(({ colId }) => colId).sort().join();
    if (kept && ids(kept) === ids(place.usualColumns)) api.applyColumnState({ state: kept, applyOrder: true });
    let waiting = null;
    const keep = (event) => {
      if (event.source === "api" || event.source === "flex" || event.finished === false) return;
      clearTimeout(waiting);
      waiting = setTimeout(() => vigie.kept.put(name, stateOf(api)), CALM);
    };
    ["columnMoved", "columnResized", "sortChanged"].forEach((name_) => api.addEventListener(name_, keep));
  }

  function ofGrid(place, title) {
    const api = window.dash_ag_grid.getApi(place.id);
    const take = (state) => api.applyColumnState({ state, applyOrder: true });
    return {
      title,
      list: () => api.getColumnState().map(({ colId, hide }, at) => ({ key: colId, fixed: at === 0, shown: !hide,
        label: api.getColumn(colId).getColDef().headerName })),
      take(list) {
        take(list.map(({ key, shown }) => ({ colId: key, hide: !shown })));
        vigie.kept.put(`columns:${place.id}`, stateOf(api));
      },
      usual() {
        vigie.kept.drop(`columns:${place.id}`);
        take(place.usualColumns);
      },
    };
  }

  /** What a grid shows, to be taken away: numbers as numbers, words as they are read. */
  vigie.shownOfGrid = function (place, name, title) {
    const api = window.dash_ag_grid.getApi(place.id);
    const columns = api.getAllDisplayedColumns().map((column) => {
      const { headerName, context, field } = column.getColDef();
      return { label: headerName, kind: (context && context.kind) || "text", field, column };
    });
    const rows = [];
    api.forEachNodeAfterFilterAndSort((rowNode) => rows.push(columns.map(({ kind, field, column }) =>
      kind === "text" ? api.getCellValue({ rowNode, colKey: column, useFormatter: true }) : rowNode.data[field] ?? null)));
    return { name, title, columns, rows };
  };

  // ── the dialog ──────────────────────────────────────────────────────────
  let dialog = null;

  function open(button) {
    const panel = document.getElementById(button.dataset.columns);
    const place = panel.querySelector("[data-table]");
    const grid = panel.querySelector(".vg-grid[data-habits]");
    if (!place && !grid) return;
    const title = (panel.querySelector("h2") || {}).textContent || "";
    const table = place ? ofTable(place) : ofGrid(grid, title);
    if (dialog) dialog.remove();
    dialog = element("dialog", "vg-dialog vg-columns-dialog", [], { "aria-labelledby": "vigie-columns-title" });
    document.body.append(dialog);
    dialog.addEventListener("close", () => button.focus());
    draw(table);
    dialog.showModal();
  }

  function draw(table, focus) {
    const list = table.list();
    const tool = (words, icon, disabled, act, className = "vg-close") => {
      const button = element("button", className, [vigie.icon(icon)], { type: "button", "aria-label": words, title: words });
      button.disabled = disabled;
      button.addEventListener("click", act);
      return button;
    };
    const move = (from, to) => {
      const [moved] = list.splice(from, 1);
      list.splice(to, 0, moved);
      table.take(list);
      draw(table, `${moved.key}:${to < from ? "up" : "down"}`);
    };
    const rows = list.map((column, at) => {
      const box = element("input", "", [], { type: "checkbox" });
      box.checked = column.shown;
      box.disabled = column.fixed;
      box.addEventListener("change", () => {
        column.shown = box.checked;
        table.take(list);
      });
      const up = tool(say("column_up", { column: column.label }), "up", column.fixed || at < 2, () => move(at, at - 1));
      const down = tool(say("column_down", { column: column.label }), "down", column.fixed || at === list.length - 1,
        () => move(at, at + 1));
      up.dataset.key = `${column.key}:up`;
      down.dataset.key = `${column.key}:down`;
      return element("li", "", [element("label", "", [box, column.label]), element("span", "", [up, down])]);
    });
    const usual = element("button", "vg-act", say("columns_usual"), { type: "button" });
    usual.addEventListener("click", () => {
      table.usual();
      draw(table);
    });
    const done = element("button", "vg-act vg-act-strong", say("done"), { type: "button", "data-close-dialog": "" });
    dialog.replaceChildren(
      element("div", "vg-dialog-head", element("h2", "", say("columns_of", { title: table.title }), { id: "vigie-columns-title" })),
      element("ul", "vg-columns-list", rows),
      element("p", "vg-quiet vg-small", say("columns_note")),
      element("div", "vg-acts", [usual, done]));
    const wanted = focus && dialog.querySelector(`[data-key="${CSS.escape(focus)}"]`);
    if (wanted) (wanted.disabled ? wanted.parentElement.querySelector("button:enabled") : wanted).focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-columns]");
    if (button) open(button);
  });
  new MutationObserver(() => {
    const grid = document.querySelector(".vg-grid:not([data-habits]) .ag-root");
    if (grid && vigie.shell()) ready(grid.closest(".vg-grid"));
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
