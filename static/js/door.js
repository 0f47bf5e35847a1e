// Keeps what is ticked at the door in the browser until the server has it: also while the network
// is gone, over leaving the page and over closing the browser. Each request has a name, by which
// the server knows it when it comes again. Without this script the same buttons are plain forms.
(function () {
  "use strict";
  const door = document.querySelector("[data-door]");
  if (!door) return;
  const told = document.getElementById("told");
  const unsaved = document.getElementById("unsaved");
  const words = unsaved.dataset;
  const place = "door:" + door.dataset.door;
  const PATIENCE = 10000;
  const PAUSES = [2000, 5000, 15000, 30000];
  let failures = 0;
  let isSending = false;
  let isSignedOut = false;
  let timer;

  // The queue --------------------------------------------------------------------------------------

  function kept() {
    try {
      return JSON.parse(localStorage.getItem(place)) || [];
    } catch {
      return [];
    }
  }

  // Where the browser keeps nothing, this throws, and the form is sent as it stands.
  function keep(queue) {
    if (queue.length) localStorage.setItem(place, JSON.stringify(queue));
    else localStorage.removeItem(place);
  }

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function rowsOf(person) {
    return door.querySelectorAll('[data-person="' + person + '"]');
  }

  // What is not saved is said in words, and shown in each row.
  function show() {
    const queue = kept();
    const names = queue.map((item) => item.name).join(", ");
    const waiting = isSignedOut ? words.signedOut : failures ? words.offline : words.saving;
    unsaved.hidden = !queue.length;
    const sentence = queue.length ? words.unsaved + " " + names + ". " + waiting : "";
    if (unsaved.textContent !== sentence) unsaved.textContent = sentence;
    const people = new Set(queue.map((item) => item.person));
    for (const row of door.querySelectorAll("[data-person]")) {
      const isWaiting = people.has(row.dataset.person);
      for (const button of row.querySelectorAll("button")) button.disabled = isWaiting;
      let note = row.querySelector(".person__unsaved");
      if (isWaiting && !note) {
        note = document.createElement("span");
        note.className = "person__unsaved";
        note.textContent = words.note;
        row.querySelector(".person__mark").prepend(note);
      } else if (!isWaiting && note) note.remove();
    }
  }

  // Sending ----------------------------------------------------------------------------------------

  async function send(item) {
    const patience = new AbortController();
    const end = setTimeout(() => patience.abort(), PATIENCE);
    const token = door.querySelector("[name=csrfmiddlewaretoken]").value;
    try {
      const answer = await fetch(item.address, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams({ ...item.fields, key: item.key, csrfmiddlewaretoken: token }),
        redirect: "manual",
        signal: patience.signal,
      });
      const isOurs = (answer.headers.get("Content-Type") || "").startsWith("application/json");
      return { status: answer.status, type: answer.type, said: isOurs ? await answer.json() : null };
    } finally {
      clearTimeout(end);
    }
  }

  // One after the other, in the order in which they were ticked.
  async function flush() {
    if (isSending) return;
    isSending = true;
    clearTimeout(timer);
    isSignedOut = false;
    for (let queue = kept(); queue.length; queue = kept()) {
      show();
      let answer;
      try {
        answer = await send(queue[0]);
      } catch {
        answer = { status: 0 };
      }
      if (answer.type === "opaqueredirect" || answer.status === 403) {
        isSignedOut = true;
        break;
      }
      // The server is out of reach or in trouble: later again.
      if (!answer.said && answer.status !== 404) {
        failures += 1;
        timer = setTimeout(flush, PAUSES[Math.min(failures, PAUSES.length) - 1]);
        break;
      }
      failures = 0;
      keep(kept().filter((item) => item.key !== queue[0].key));
      apply(queue[0], answer);
    }
    isSending = false;
    show();
  }

  // What the server says of it: the row and the counts as they are now.
  function apply(item, answer) {
    const said = answer.said || { sentence: item.name + ": " + words.gone, row: "", counts: "" };
    told.textContent = said.sentence;
    told.dataset.trouble = answer.status === 200 ? "" : "yes";
    if (answer.status === 422 && !item.person) giveBack(item);
    const counts = document.getElementById("counts");
    if (counts && said.counts) {
      counts.innerHTML = said.counts;
      markCurrent();
    }
    if (!said.row) return;
    const made = document.createElement("template");
    made.innerHTML = said.row;
    const row = made.content.firstElementChild;
    const there = rowsOf(row.dataset.person);
    if (!there.length) {
      const list = door.querySelector(".door__people");
      if (list) list.prepend(row);
      return;
    }
    // A button that is pressed is disabled, and so loses the focus, until its row is renewed.
    const hadFocus = document.activeElement === document.body;
    there[0].replaceWith(row);
    const button = row.querySelector("button");
    if (hadFocus && button) button.focus({ preventScroll: true });
  }

  // A person who could not be added: what was typed stands in the form again.
  function giveBack(item) {
    const form = document.getElementById("walk-in-form");
    if (!form || form.elements.name.value || form.elements.email.value) return;
    for (const name of ["name", "email"]) form.elements[name].value = item.fields[name];
    form.elements.email.focus();
  }

  function markCurrent() {
    const here = new URLSearchParams(location.search);
    for (const link of document.querySelectorAll("#counts a")) {
      const there = new URL(link.href).searchParams;
      const isHere = !here.get("q") && (here.get("show") || "open") === (there.get("show") || "open");
      if (isHere) link.setAttribute("aria-current", "true");
    }
  }

  // Ticking ----------------------------------------------------------------------------------------

  door.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.method !== "post") return;
    const button = event.submitter;
    const data = new FormData(form);
    data.delete("csrfmiddlewaretoken");
    if (button && button.name) data.set(button.name, button.value);
    const row = button && button.closest("[data-person]");
    if (!row && !form.checkValidity()) {
      event.preventDefault();
      form.reportValidity();
      return;
    }
    const item = {
      key: newKey(),
      address: form.getAttribute("action"),
      fields: Object.fromEntries(data),
      person: row ? row.dataset.person : "",
      name: row ? row.dataset.name : data.get("name"),
    };
    try {
      keep([...kept(), item]);
    } catch {
      return;
    }
    event.preventDefault();
    told.textContent = "";
    if (!row) form.reset();
    show();
    flush();
  });

  // Searching --------------------------------------------------------------------------------------

  // Without leaving the page, which could not come back while the network is gone.
  async function load(address) {
    let answer;
    try {
      answer = await fetch(address, { redirect: "manual" });
      if (!answer.ok) {
        location.assign(address);
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      history.replaceState(null, "", address);
      for (const id of ["people", "counts"]) {
        document.getElementById(id).replaceWith(page.getElementById(id));
      }
      told.textContent = "";
      show();
    } catch {
      searchHere(new URL(address).searchParams.get("q") || "");
    }
  }

  function plain(text) {
    return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  }

  // Among the names that are on the page, as long as there is no network.
  function searchHere(text) {
    const sought = plain(text).split(/\s+/);
    for (const row of door.querySelectorAll("[data-person]")) {
      const said = plain(row.querySelector(".person__who").textContent);
      row.hidden = !sought.every((word) => said.includes(word));
    }
    told.textContent = words.searchHere;
  }

  const search = door.querySelector("form[role=search]");
  if (search) {
    search.addEventListener("submit", function (event) {
      event.preventDefault();
      load(search.action + "?" + new URLSearchParams(new FormData(search)));
    });
    door.addEventListener("click", function (event) {
      const link = event.target.closest("#counts a, .pager a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      load(link.href);
    });
  }

  window.addEventListener("online", flush);
  window.addEventListener("pageshow", flush);
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden) flush();
  });
  show();
  flush();
})();
