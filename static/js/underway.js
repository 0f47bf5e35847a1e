// Tells how far long work is that a form asks for, and can stop it; a file that comes of it is saved.
// Without this script the form is sent as any other, and the same answer comes once all is done.
(function () {
  "use strict";
  const KIND = "application/x-ndjson";
  // What is over sooner shows nothing; a screen reader hears how far it is no more often than that.
  const PATIENCE = 1000;
  const PAUSE = 2000;

  document.querySelectorAll("[data-underway]").forEach(function (place) {
    const form = place.closest("form");
    const button = form.querySelector("[type=submit]");
    const data = place.dataset;
    const words = place.querySelector("[role=status]");
    const bar = place.querySelector("progress");
    const stop = place.querySelector("button");
    const link = place.querySelector("a");
    const number = new Intl.NumberFormat(document.documentElement.lang);
    let order = null;
    let saidAt = 0;
    let soFar = "";

    // What goes to a screen reader too.
    function say(sentence) {
      saidAt = Date.now();
      words.textContent = sentence;
    }

    function show(step) {
      bar.max = step.total;
      bar.value = step.done;
      // What is to be looked up afterwards can be stopped once it has surely begun.
      if (step.done) stop.disabled = false;
      soFar = data.words
        .replace("{done}", number.format(step.done))
        .replace("{total}", number.format(step.total));
      if (!place.hidden && Date.now() - saidAt >= PAUSE) say(soFar);
    }

    function begin() {
      order = new AbortController();
      soFar = data.begun;
      window.sending.start(button);
      bar.removeAttribute("value");
      bar.hidden = stop.hidden = false;
      link.hidden = place.hidden = true;
      stop.disabled = "check" in data;
      return setTimeout(function () {
        place.hidden = false;
        say(soFar);
      }, PATIENCE);
    }

    function end(sentence, url) {
      place.hidden = false;
      bar.hidden = stop.hidden = true;
      say(sentence);
      link.href = url || "";
      link.hidden = !url;
      if (url) link.focus();
      else button.focus();
    }

    // What became of the rest, where a page has to look it up.
    function unfinished(sentence) {
      if (!("check" in data)) return end(sentence);
      form.action = data.check;
      form.submit();
    }

    function save(blob, disposition) {
      const file = document.createElement("a");
      file.href = URL.createObjectURL(blob);
      file.download = disposition.match(/filename="(.*?)"/)[1];
      file.click();
      setTimeout(() => URL.revokeObjectURL(file.href), 60000);
      end(data.saved.replace("{name}", file.download));
    }

    // The lines of an answer one by one; what follows the line of a file is that file.
    async function read(answer) {
      const reader = answer.body.getReader();
      let rest = new Uint8Array();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) throw new Error("broken off");
        const bytes = new Uint8Array(rest.length + value.length);
        bytes.set(rest);
        bytes.set(value, rest.length);
        rest = bytes;
        for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
          const told = JSON.parse(new TextDecoder().decode(rest.subarray(0, at)));
          rest = rest.subarray(at + 1);
          if (told.said) {
            if (told.url) button.hidden = true;
            return end(told.said.join(" "), told.url);
          }
          if (told.file) {
            const parts = [rest];
            for (let more = await reader.read(); !more.done; more = await reader.read()) {
              parts.push(more.value);
            }
            return save(new Blob(parts, { type: told.kind }), told.file);
          }
          show(told);
        }
      }
    }

    stop.addEventListener("click", () => order.abort());

    form.addEventListener("submit", async function (event) {
      event.preventDefault();
      if (order) return;
      const timer = begin();
      try {
        const answer = await fetch(form.action, {
          method: "POST",
          body: new FormData(form),
          headers: { Accept: KIND },
          signal: order.signal,
        });
        const disposition = answer.headers.get("Content-Disposition") || "";
        if (answer.headers.get("Content-Type") === KIND) await read(answer);
        else if (disposition.startsWith("attachment")) save(await answer.blob(), disposition);
        // A page: what is wrong with the form, or signing in again. It did nothing yet.
        else form.submit();
      } catch {
        unfinished(order.signal.aborted ? data.stopped : data.broken);
      } finally {
        clearTimeout(timer);
        window.sending.end(button);
        order = null;
      }
    });
  });
})();
