// Shows on its button that a form is being sent. It can be pressed again all the same: what was
// broken off tells nobody, and sending twice is harmless. Without this script the browser alone tells.
window.sending = (function () {
  "use strict";
  // What is over sooner does not flicker; what lasts longer than a server answers has failed.
  const PATIENCE = 300;
  const LONGEST = 30000;
  const timers = new Map();

  function start(button) {
    end(button);
    timers.set(
      button,
      setTimeout(function () {
        button.setAttribute("aria-busy", "true");
        button.dataset.busy = button.closest("[data-busy-word]").dataset.busyWord;
        timers.set(button, setTimeout(end, LONGEST, button));
      }, PATIENCE),
    );
  }

  function end(button) {
    clearTimeout(timers.get(button));
    timers.delete(button);
    button.removeAttribute("aria-busy");
  }

  document.addEventListener("submit", function (event) {
    // Another script sends it, or it is a download, after which no other page comes.
    if (event.defaultPrevented || event.target.matches("[data-download]")) return;
    if (event.submitter) start(event.submitter);
  });
  // A page that comes back from the browser's memory is sending nothing.
  window.addEventListener("pageshow", () => Array.from(timers.keys()).forEach(end));
  return { start, end };
})();
