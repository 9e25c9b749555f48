/* The library of grids is large, and few pages have one: it comes with the first grid that is
   drawn.  Dash finds this stand-in under the library's name. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { createElement, lazy, Suspense } = window.React;

  const Grid = lazy(async () => {
    await vigie.script(document.getElementById("vigie-shell").dataset.grids);
    const { AgGrid, ...others } = window.dash_ag_grid;
    window.dash_ag_grid = { ...others, AgGrid: Awaited };
    return { default: AgGrid };
  });

  /** The grid, or its empty place until the library has come. */
  function Awaited(told) {
    const { id, className, style } = told;
    const place = createElement("div", { id, className, style });
    return createElement(Suspense, { fallback: place }, createElement(Grid, told));
  }
  window.dash_ag_grid = { AgGrid: Awaited };
})();
