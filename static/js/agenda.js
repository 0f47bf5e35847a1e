// Keys and dragging in the agenda of a session; the server moves the items and says where they are.
// Without this, and without htmx, the same buttons work as plain forms.
(function () {
  "use strict";
  const htmx = window.htmx;
  if (!htmx) return;
  // With Shift, or on another keyboard, the same key.
  const keys = { "=": "+", _: "-", "−": "-" };

  // Alt with a key does what the item's button for that key does.
  document.addEventListener("keydown", function (event) {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const tools = event.target.closest("#agenda .tools");
    const row = tools || event.target.closest("#agenda .agenda-row");
    if (!row) return;
    const key = keys[event.key] || event.key;
    const button = Array.from(row.querySelectorAll("[data-key]")).find(function (tool) {
      return tool.dataset.key === key;
    });
    if (!button) return;
    event.preventDefault();
    button.focus();
    button.click();
  });

  // One request at a time: the next one needs what the page will know after this one.
  let isBusy = false;
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (isBusy) event.preventDefault();
    else isBusy = true;
  });
  document.addEventListener("htmx:afterRequest", function () {
    isBusy = false;
  });

  // What is no agenda is another page: signing in again, or a refusal. It is shown as such.
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (/ id="(agenda|item-form)"/.test(event.detail.xhr.responseText)) return;
    event.detail.shouldSwap = false;
    window.location.reload();
  });
  document.addEventListener("htmx:sendError", function () {
    const told = document.getElementById("told");
    told.textContent = told.dataset.unreachable;
  });

  function makeSortable() {
    document.querySelectorAll("#agenda [data-sortable]").forEach(function (list) {
      window.Sortable.create(list, {
        draggable: ".agenda-row:not([data-fixed])",
        filter: "a, button, input, select, textarea, label, summary",
        preventOnFilter: false,
        animation: 120,
        delay: 200,
        delayOnTouchOnly: true,
        onEnd: function (event) {
          if (event.oldIndex === event.newIndex) return;
          let next = event.item.nextElementSibling;
          while (next && !next.dataset.number) next = next.nextElementSibling;
          htmx.ajax("POST", event.item.dataset.place, {
            source: "#agenda-form",
            target: "#agenda",
            select: "#agenda",
            swap: "outerHTML",
            values: { before: next ? next.dataset.number : "" },
          });
        },
      });
    });
  }

  function focusOnForm() {
    const field = document.querySelector(
      "#agenda #item-form [autofocus], #agenda #item-form .au-c-input",
    );
    if (field) field.focus();
  }

  // After a move the buttons may be others; the item itself keeps the reader's place.
  let left = "";
  document.addEventListener("htmx:beforeSwap", function () {
    const row = document.activeElement && document.activeElement.closest(".agenda-row");
    left = row ? row.id : "";
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    if (document.activeElement === document.body && left) {
      const row = document.getElementById(left);
      if (row) row.focus();
    }
    makeSortable();
    if (event.detail.elt && event.detail.elt.closest(".agenda-row__form")) focusOnForm();
  });
  document.addEventListener("DOMContentLoaded", makeSortable);
})();
