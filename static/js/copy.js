// Copies the address beside the button. Without it one selects the field and copies by hand.
(function () {
  "use strict";
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    const field = document.getElementById(button.dataset.copy);
    const label = button.textContent;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async function () {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        // No clipboard over plain http: the selection itself is copied.
        document.execCommand("copy");
      }
      button.textContent = button.dataset.copied;
      setTimeout(function () {
        button.textContent = label;
      }, 4000);
    });
  });
})();
