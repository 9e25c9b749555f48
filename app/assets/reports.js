/* Reports: a file fetched by one press, the fields for days, the buttons of the lists. */
(function () {
  "use strict";
  const vigie = (window.vigie = window.vigie || {});
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const ARMED_MS = 5000;

  // ── a report now ──────────────────────────────────────────────────────────
  async function get(button, place) {
    const said = document.getElementById("reports-got");
    const [what, query] = place.dataset.asked.split("|");
    const tell = (words, mood) => {
      said.textContent = words;
      said.className = `vg-said vg-said-${mood}`;
    };
    button.disabled = true;
    tell(said.dataset.busy, "busy");
    try {
      const answer = await fetch(`/api/v1/reports/${what}.${button.dataset.get}?${query}`);
      if (answer.ok) {
        const name = /filename="([\w.-]+)"/.exec(answer.headers.get("content-disposition"))[1];
        save(await answer.blob(), name);
        tell(said.dataset.done.replace("{file}", name), "good");
      } else {
        const problem = await answer.json();
        tell(said.dataset.refused.replace("{words}", problem.detail || problem.title), "bad");
      }
    } catch {
      tell(said.dataset.failed, "bad");
    } finally {
      button.disabled = false;
    }
  }

  function save(blob, name) {
    const address = URL.createObjectURL(blob);
    const link = vigie.element("a", "", [], { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  }

  // ── days: the browser's own field, in the reader's writing ────────────────
  function days() {
    for (const place of document.querySelectorAll("[data-day]:not([data-made])")) {
      place.dataset.made = "yes";
      const input = vigie.element("input", "", [], {
        type: "date", id: `${place.dataset.day}-input`, value: place.dataset.value,
      });
      const label = vigie.element("label", "", [place.dataset.label], { for: input.id });
      input.addEventListener("change", () => input.value && set(place.dataset.day, { data: input.value }));
      place.append(label, input);
    }
  }
  new MutationObserver(days).observe(document.documentElement, { childList: true, subtree: true });

  /** Whoever has left the day as it was offered is offered the one that is over now. */
  document.addEventListener("vigie:day", ({ detail: today }) => {
    const over = new Date(`${today}T12:00Z`);
    over.setUTCDate(over.getUTCDate() - 1);
    const data = over.toISOString().slice(0, 10);
    for (const place of document.querySelectorAll("[data-day][data-made]")) {
      const input = place.querySelector("input");
      if (input.value === place.dataset.value) {
        input.value = data;
        set(place.dataset.day, { data });
      }
      place.dataset.value = data;
    }
    if (document.getElementById("reports-now")) set("reports-moved", { data: today });
  });

  // ── the lists ─────────────────────────────────────────────────────────────
  /** What cannot be taken back is done at the second press. */
  function sure(button) {
    if (!button.dataset.sure || button.dataset.armed) return true;
    const words = button.textContent;
    button.dataset.armed = "yes";
    button.textContent = button.dataset.sure;
    setTimeout(() => {
      delete button.dataset.armed;
      button.textContent = words;
    }, ARMED_MS);
    return false;
  }

  document.addEventListener("click", (event) => {
    const wanted = event.target.closest("button[data-get]");
    const place = document.getElementById("reports-now");
    if (wanted && place && place.dataset.asked) get(wanted, place);
    const button = event.target.closest("button[data-report]");
    if (!button || button.disabled || !sure(button)) return;
    const { report: name, act, run } = button.dataset;
    const data = { name, act, run, at: Date.now() };
    set(act === "edit" ? "reports-edit" : "reports-asked", { data });
    if (act === "edit") form();
    else document.getElementById("schedules").scrollIntoView({ block: "nearest" });
  });

  /** The form, and the focus with it. */
  function form() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.getElementById("reports-form").open = true;
    document.getElementById("reports-form").scrollIntoView({ behavior: still ? "auto" : "smooth" });
    document.getElementById("reports-name").focus({ preventScroll: true });
  }
})();
