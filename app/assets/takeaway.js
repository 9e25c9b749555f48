/* Taking away: the table that is shown as CSV or XLSX, the chart that is drawn as PNG or SVG. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});

  function save(address, name) {
    const link = vigie.element("a", "", [], { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
  }

  const words = (cell) => cell.innerText.replace(/\s+/g, " ").trim();
  const HEAD = "[role='columnheader'], thead th";
  const CELL = "[role='cell'], [role='rowheader'], td, th";

  /** A table that stands on the page as such: what its cells say. */
  function written(place, name) {
    const title = words(place.querySelector("h2") || place);
    const table = place.querySelector("table, [role='table']");
    const columns = [...table.querySelectorAll(HEAD)].map((cell) => ({ label: words(cell), kind: "text" }));
    const rows = [...table.querySelectorAll("tbody tr, [role='row']")].map((row) => [...row.querySelectorAll(CELL)])
      .filter((cells) => cells.length).map((cells) => columns.map((_column, at) => (cells[at] ? words(cells[at]) : null)));
    return { name, title, columns, rows };
  }

  /** What is shown in the place: numbers where they are known, else the words. */
  function shown(place) {
    const table = place.querySelector("[data-table]");
    if (table) return vigie.shownOf(table);
    const grid = place.querySelector(".vg-grid");
    return grid ? vigie.shownOfGrid(grid, place.id, words(place.querySelector("h2"))) : written(place, place.id);
  }

  async function file(place, format) {
    const { name, title, columns, rows } = shown(place);
    const answer = await fetch("/api/v1/takeaway", {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrftoken": vigie.token() },
      body: JSON.stringify({ format, name, title, rows,
        columns: columns.map(({ label, kind }) => ({ label, kind })) }),
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const address = URL.createObjectURL(await answer.blob());
    save(address, `${name}.${format}`);
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  }

  /** With its title and on the page's own ground: a picture stands alone. */
  async function picture(plot, told, format) {
    const style = getComputedStyle(document.documentElement);
    const margin = plot.layout.margin || {};
    const layout = {
      ...plot.layout, autosize: false, width: plot.clientWidth, height: plot.clientHeight + 44,
      paper_bgcolor: style.getPropertyValue("--vg-panel").trim(),
      margin: { ...margin, t: (margin.t || 8) + 44 },
      title: { text: told.title, font: { color: style.getPropertyValue("--vg-ink").trim(), size: 15 },
        x: 0, xref: "paper", y: 1, yref: "container", yanchor: "top", pad: { t: 12 } },
    };
    const size = { format, width: layout.width, height: layout.height, scale: format === "png" ? 2 : 1 };
    save(await window.Plotly.toImage({ data: plot.data, layout }, size), `${told.name}.${format}`);
  }

  async function take(button) {
    const { take: format, of } = button.dataset;
    const place = document.getElementById(of);
    if (format === "csv" || format === "xlsx") return file(place, format);
    const table = place.querySelector("[data-table]");
    const told = table ? vigie.tableOf(table) : { name: of, title: words(place.querySelector("h2")) };
    return picture(place.querySelector(".vg-plot, .js-plotly-plot"), told, format);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-take]");
    if (!button) return;
    const group = button.closest(".vg-takeaway");
    const said = group.querySelector(".vg-take-said");
    said.textContent = "";
    take(button).catch((error) => {
      said.textContent = group.dataset.wrong;
      console.warn("takeaway", error);
    });
  });
})();
