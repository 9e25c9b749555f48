/* The colour scheme before the first paint: the choice kept by Mantine, else the system's. */
(function () {
  "use strict";
  const wanted = localStorage.getItem("mantine-color-scheme-value") || "auto";
  const dark = wanted === "dark" ||
    (wanted === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  if (!document.documentElement.dataset.mantineColorScheme)
    document.documentElement.dataset.mantineColorScheme = dark ? "dark" : "light";
})();
