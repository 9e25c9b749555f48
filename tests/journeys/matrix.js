/* What is wrong with the page that is shown: asked by the matrix of pages in a real browser. */
(english) => {
  const wrong = [];
  const seen = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const say = (what, one) => wrong.push(`${what}: ${one.id ? `#${one.id}` : one.outerHTML.slice(0, 120)}`);
  const bare = Boolean(document.querySelector("[data-wall]"));

  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) wrong.push(`scrolls sideways by ${wide} px`);
  if (document.querySelectorAll("h1").length !== 1) wrong.push("has not exactly one h1");
  if (!bare && document.querySelector(".vg-skip")?.getAttribute("href") !== "#content") wrong.push("no link skips to the content");
  if (document.documentElement.lang.length !== 2) wrong.push("says no language");

  // How far behind the sources are, and as of when, stays in sight however far one scrolls.
  scrollTo(0, document.documentElement.scrollHeight);
  if (!bare) for (const id of ["vigie-lags", "vigie-as-of"]) {
    const { top, bottom, width } = document.getElementById(id).getBoundingClientRect();
    if (!width || top < 0 || bottom > innerHeight) wrong.push(`#${id} is out of sight`);
  }
  scrollTo(0, 0);

  // Every table can be taken away, every chart too, and beside each chart stands its table.
  const taken = (one, format) => [...document.querySelectorAll(`[data-take="${format}"]`)]
    .some((button) => document.getElementById(button.dataset.of)?.contains(one));
  const tables = "[data-table], .ag-root, #content table, #content [role='table']";
  if (!bare) for (const table of document.querySelectorAll(tables)) {
    if (!seen(table) || table.closest(".vg-definition") || table.parentElement.closest("[data-table]")) continue;
    for (const format of ["csv", "xlsx"]) if (!taken(table, format)) say(`a table without ${format}`, table);
  }
  for (const chart of document.querySelectorAll("#content .vg-plot, #content .js-plotly-plot")) {
    if (!seen(chart)) continue;
    for (const format of ["png", "svg"]) if (!taken(chart, format)) say(`a chart without ${format}`, chart);
    const place = chart.closest("section, .vg-chart");
    if (!place || !place.querySelector(".vg-alternative")) say("a chart without a table", chart);
  }

  // What acts has a name, what was typed for one language is not shown in another.
  const texts = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, data } = walker.currentNode;
    if (data.trim() && !parentElement.closest("script, style, noscript, [lang]:not(html)")) texts.add(data.trim());
  }
  document.querySelectorAll("[aria-label], [title], [placeholder]").forEach((one) => {
    if (one.closest("[lang]:not(html)")) return;
    ["aria-label", "title", "placeholder"].forEach((name) => one.hasAttribute(name) && texts.add(one.getAttribute(name).trim()));
  });
  const other = new Set(english);
  for (const text of texts) if (other.has(text)) wrong.push(`not in this language: «${text}»`);
  const french = document.documentElement.lang === "fr";
  for (const text of texts) {
    if (/\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) wrong.push(`a time for machines: «${text.slice(0, 80)}»`);
    if (french ? /\d\.\d+\s?%/.test(text) : /\d,\d+\s?%/.test(text)) wrong.push(`a number of another language: «${text.slice(0, 80)}»`);
    if (/\{\w+\}|undefined|\bNaN\b|\[object/.test(text)) wrong.push(`a place that was not filled: «${text.slice(0, 80)}»`);
  }
  return wrong;
}
