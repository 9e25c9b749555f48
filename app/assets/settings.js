/* An open page of settings is told when somebody has changed what it shows, and when the day
   turns; what is being typed stays. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const part = () => document.querySelector("[data-settings-part]");
  const tell = (data) => window.dash_clientside.set_props("settings-moved", { data });

  vigie.watch((changed, cells) => {
    const place = part();
    const mark = place && cells[`settings.${place.dataset.settingsPart}.mark`];
    if (!mark || place.dataset.settingsMark === mark) return;
    place.dataset.settingsMark = mark;
    tell(mark);
  });

  document.addEventListener("vigie:day", ({ detail }) => part() && tell(detail));
})();
