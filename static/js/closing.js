// Tells how a closing moment reads while it is filled in. Without it one reads so after saving.
(function () {
  "use strict";
  document.querySelectorAll("[data-reading]").forEach(function (parts) {
    const said = parts.querySelector("[role=status]");
    const zone = parts.closest("form").elements.time_zone;
    let latest = 0;

    async function tell() {
      const asked = ++latest;
      const values = new URLSearchParams(zone ? { zone: zone.value } : {});
      parts.querySelectorAll("select, input").forEach(function (part) {
        values.append("part", part.value);
      });
      const answer = await fetch(`${parts.dataset.reading}?${values}`).catch(() => null);
      // Whoever was signed out meanwhile gets a page to sign in, which is no reading.
      const isReading = answer && answer.ok && !answer.redirected;
      const text = isReading ? await answer.text() : "";
      if (asked === latest) {
        said.textContent = text;
      }
    }

    parts.addEventListener("change", tell);
    if (zone) {
      zone.addEventListener("change", tell);
    }
    tell();
  });
})();
