/* What the toggle and the menus of the shell do: colour scheme, language, log-out. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const root = document.documentElement;
  const YEAR = 31536000;

  /** The grid reads the body, figures read CSS variables when told to. */
  function follow_scheme() {
    const scheme = root.dataset.mantineColorScheme === "dark" ? "dark" : "light";
    document.body.dataset.agThemeMode = scheme;
    root.style.colorScheme = scheme;
    if (vigie.recolour) vigie.recolour();
  }

  /** Another language, from here on and the next time. */
  vigie.speak = function (code) {
    document.cookie = `vigie_lang=${code}; path=/; max-age=${YEAR}; samesite=lax`;
    location.reload();
  };

  /** light | dark | auto: told to Mantine as if another tab had chosen it. */
  vigie.wear = function (scheme) {
    const key = "mantine-color-scheme-value";
    localStorage.setItem(key, scheme);
    dispatchEvent(new StorageEvent("storage", { key, newValue: scheme, storageArea: localStorage }));
  };

  vigie.logOut = function () {
    const form = document.createElement("form");
    form.method = "post";
    form.action = "/logout";
    document.body.append(form);
    form.submit();
  };

  function begin() {
    new MutationObserver(follow_scheme).observe(root, {
      attributes: true, attributeFilter: ["data-mantine-color-scheme"],
    });
    follow_scheme();
    document.addEventListener("click", (event) => {
      const language = event.target.closest("[data-language]");
      if (language) vigie.speak(language.dataset.language);
      if (event.target.closest("#vigie-logout")) vigie.logOut();
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
