/* The help: its button, «?» where that is wanted, what every dialog does to close; and the place
   on a page that an address points at. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const FIELDS = "input, textarea, select, [contenteditable], [role='textbox']";
  const SINGLE = "single-keys";
  const dialog = () => document.getElementById("vigie-help-dialog");

  const wanted = () => vigie.kept.get(SINGLE) !== false;

  /** One key alone may be in the way of those who speak to their screen: it can be turned off. */
  function box() {
    const place = document.getElementById("vigie-single-keys");
    if (!place.firstElementChild) {
      const input = vigie.element("input", "", [], { type: "checkbox" });
      input.addEventListener("change", () => vigie.kept.put(SINGLE, input.checked));
      place.append(input);
    }
    place.firstElementChild.checked = wanted();
  }

  vigie.help = function () {
    if (!dialog() || dialog().open) return;
    box();
    dialog().showModal();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest(FIELDS) || document.querySelector("dialog[open]") || !wanted()) return;
    event.preventDefault();
    vigie.help();
  });
  document.addEventListener("click", (event) => {
    const { target } = event;
    if (target.closest("#vigie-help, [data-help]")) vigie.help();
    if (target.closest("#vigie-tour-again")) {
      dialog().close();
      vigie.tour();
    }
    if (target.closest("[data-close-dialog]") || target.matches(".vg-dialog")) target.closest("dialog").close();
    if (target.closest(".vg-dialog a[data-inside]")) target.closest("dialog").close();
  });
  if (/Mac|iPhone|iPad/.test(navigator.platform))
    vigie.whenThere("vigie-palette-open", (button) => {
      const keys = button.querySelector("kbd");
      keys.textContent = keys.dataset.mac;
    });
})();
