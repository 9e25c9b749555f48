/* /exposure?channel=phone&reason=billing: a switch leads to the cell of the matrix that it decides. */
(function () {
  "use strict";
  let shown = null;

  function cell() {
    const words = new URLSearchParams(location.search);
    const place = document.getElementById("exposure-matrix");
    const [channel, reason] = [words.get("channel"), words.get("reason") || "*"];
    return place && channel && place.querySelector(
      `tr[data-reason="${CSS.escape(reason)}"] td[data-channel="${CSS.escape(channel)}"]`);
  }

  function point() {
    const wanted = cell();
    if (!wanted && shown === null) return;
    for (const one of document.querySelectorAll("[data-pointed]"))
      if (one !== wanted) one.removeAttribute("data-pointed");
    if (!wanted) {
      shown = null;
      return;
    }
    wanted.setAttribute("data-pointed", "");
    // The matrix is drawn anew each minute: whoever has scrolled on since stays where they are.
    if (shown === location.search) return;
    shown = location.search;
    wanted.scrollIntoView({ block: "center", inline: "center" });
  }

  new MutationObserver(() => requestAnimationFrame(point))
    .observe(document.documentElement, { childList: true, subtree: true });
  addEventListener("_dashprivate_pushstate", point);
  addEventListener("popstate", point);
})();
