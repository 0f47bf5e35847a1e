// The palette of the workspace: Ctrl+K or ⌘K, a few letters, Enter. A combobox with a list, after the
// ARIA Authoring Practices: the focus stays in the field, and aria-activedescendant names the choice.
// Without it the link beside the button leads to the same on a page.
(function () {
  "use strict";
  const dialog = document.querySelector("[data-palette]");
  const button = document.querySelector("[data-palette-button]");
  if (!dialog || !dialog.showModal) return;
  const field = dialog.querySelector("[role=combobox]");
  const list = dialog.querySelector("[role=listbox]");
  const told = dialog.querySelector("[role=status]");
  const key = button.querySelector("kbd");
  if (/Mac|iP(hone|ad)/.test(navigator.platform)) key.textContent = key.dataset.mac;
  document.querySelector("[data-palette-link]").hidden = true;
  button.hidden = false;

  let options = [];
  let chosen = -1;

  function choose(number) {
    if (options[chosen]) options[chosen].setAttribute("aria-selected", "false");
    chosen = options.length ? (number + options.length) % options.length : -1;
    if (chosen < 0) {
      field.removeAttribute("aria-activedescendant");
      return;
    }
    options[chosen].setAttribute("aria-selected", "true");
    field.setAttribute("aria-activedescendant", options[chosen].id);
    options[chosen].scrollIntoView({ block: "nearest" });
  }

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text || "";
    return made;
  }

  function option(entry) {
    const made = element("div", "palette__option");
    made.id = "palette-option-" + options.length;
    made.setAttribute("role", "option");
    made.setAttribute("aria-selected", "false");
    made.dataset.url = entry.url;
    const title = element("span", "palette__title", entry.title);
    if (entry.language) title.lang = entry.language;
    made.append(title);
    if (entry.detail) made.append(" ", element("span", "palette__detail", entry.detail));
    options.push(made);
    return made;
  }

  function show(groups) {
    options = [];
    chosen = -1;
    list.replaceChildren(
      ...groups.map(function (group, number) {
        const made = element("div", "palette__group");
        const title = element("div", "palette__heading", group.title);
        title.id = "palette-group-" + number;
        title.setAttribute("role", "presentation");
        made.setAttribute("role", "group");
        made.setAttribute("aria-labelledby", title.id);
        made.append(title, ...group.entries.map(option));
        return made;
      }),
    );
    field.setAttribute("aria-expanded", String(options.length > 0));
    choose(0);
    told.textContent = options.length ? "" : dialog.dataset.none;
  }

  let asked;
  async function look() {
    if (asked) asked.abort();
    asked = new AbortController();
    const own = asked;
    try {
      const address = dialog.dataset.url + "?" + new URLSearchParams({ q: field.value });
      const answer = await fetch(address, { signal: own.signal });
      // Who is signed out meanwhile is led to a page, which is no list.
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const found = await answer.json();
      if (own === asked) show(found.groups);
    } catch {
      if (own.signal.aborted) return;
      show([]);
      told.textContent = dialog.dataset.unreachable;
    }
  }

  function open() {
    dialog.showModal();
    field.select();
    look();
  }

  button.addEventListener("click", open);
  dialog.querySelector("[data-close]").addEventListener("click", function () {
    dialog.close();
  });
  // A click beside the dialog is one on its backdrop.
  dialog.addEventListener("click", function (event) {
    if (event.target === dialog) dialog.close();
  });

  document.addEventListener("keydown", function (event) {
    const isOurs = (event.ctrlKey !== event.metaKey) && !event.altKey && !event.shiftKey;
    if (!isOurs || event.key.toLowerCase() !== "k") return;
    const other = document.querySelector("dialog:modal");
    if (other && other !== dialog) return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });

  let timer;
  let isBehind = false;
  field.addEventListener("input", function () {
    isBehind = true;
    clearTimeout(timer);
    timer = setTimeout(async function () {
      await look();
      isBehind = false;
    }, 120);
  });

  // Who types and presses Enter at once goes to what they typed, not to what was there before.
  async function go() {
    clearTimeout(timer);
    if (isBehind) await look();
    isBehind = false;
    if (options[chosen]) location.assign(options[chosen].dataset.url);
    else field.form.submit();
  }
  field.addEventListener("keydown", function (event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") go();
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", function (event) {
    // The focus stays in the field.
    event.preventDefault();
  });
  list.addEventListener("click", function (event) {
    const clicked = event.target.closest("[role=option]");
    if (clicked) location.assign(clicked.dataset.url);
  });
})();
