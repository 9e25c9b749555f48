/* Lists drawn from the feed.  Rows are kept by key, so nothing flickers and the focus stays
   where it was.  A list says what it shows: data-list="channels"; who draws it registers in
   `vigie.lists`. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const { element } = vigie;
  /** Name of a list → draw(container, rows). */
  vigie.lists = {};

  vigie.drawRows = function (container, rows, keyOf, make, fill, empty) {
    const old = new Map([...container.children].map((child) => [child.dataset.key, child]));
    const wanted = rows.map((row) => {
      const key = keyOf(row);
      const found = old.get(key) || make(row, key);
      found.dataset.key = key;
      fill(found, row);
      return found;
    });
    if (!wanted.length) wanted.push(nothing(old.get(""), empty));
    const now = container.children;
    const same = wanted.length === now.length && wanted.every((child, at) => child === now[at]);
    if (!same) container.replaceChildren(...wanted);
  };

  function nothing(found, text) {
    const row = found || element("div", "vg-empty", [], { "data-key": "" });
    put(row, text);
    return row;
  }

  function put(target, text) {
    if (target.textContent !== text) target.textContent = text;
  }

  vigie.put = put;
  vigie.part = (row, name) => row.querySelector(`[data-part="${name}"]`);
  vigie.cell = (name, className, tag) => element(tag || "span", className, [], { "data-part": name });

  vigie.drawLists = function (changed, cells) {
    document.querySelectorAll("[data-list]").forEach((container) => {
      const name = container.dataset.list;
      const undrawn = !container.firstElementChild;
      if (cells[name] && vigie.lists[name] && (changed.has(name) || undrawn))
        vigie.lists[name](container, cells[name]);
    });
  };

  vigie.watch(vigie.drawLists);
})();
