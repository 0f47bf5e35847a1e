// Shows a question only once the answer is there after which it is asked.
// Without it all are shown, each with a sentence that says when to answer it.
(function () {
  "use strict";
  const dependent = new Map();
  document.querySelectorAll("[data-shown-if]").forEach(function (control) {
    dependent.set(control.closest(".field"), control.dataset);
  });

  function isChosen(name, value) {
    return Array.from(document.getElementsByName(name)).some(function (control) {
      if (control.closest(".field").hidden || control.value !== value) return false;
      return control.checked || control.tagName === "SELECT";
    });
  }

  // In the order of the page, so that what hangs on a hidden question is hidden too.
  function update() {
    dependent.forEach(function (data, field) {
      field.hidden = !isChosen(data.shownIf, data.shownIfValue);
    });
  }

  document.documentElement.classList.add("asks-in-turn");
  document.addEventListener("change", update);
  // Also when the browser puts back what was filled in before.
  window.addEventListener("pageshow", update);
  update();
})();
