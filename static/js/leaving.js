// Says, before somebody signs out, that door.js still keeps ticks in this browser: signing out leaves
// them, since they would be lost otherwise.
(function () {
  "use strict";
  const notice = document.getElementById("unsaved-ticks");
  try {
    notice.hidden = !Object.keys(localStorage).some((name) => name.startsWith("door:"));
  } catch {
    // A browser that keeps nothing has nothing unsaved.
  }
})();
