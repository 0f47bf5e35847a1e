// Marks what is on now in a timetable as time goes by, and adds a session's times on the reader's own
// clock where that differs. Without it the page shows what was on when it was made.
(function () {
  "use strict";

  function mark(timetable) {
    const now = Date.now();
    timetable.querySelectorAll(".timetable__row").forEach(function (row) {
      const times = row.querySelectorAll(":scope > .timetable__time time");
      if (times.length < 2) return;
      const isNow = Date.parse(times[0].dateTime) <= now && now < Date.parse(times[1].dateTime);
      if (isNow === row.classList.contains("is-now")) return;
      row.classList.toggle("is-now", isNow);
      const title = row.querySelector(":scope > .timetable__body > .timetable__title");
      if (!isNow) {
        row.removeAttribute("aria-current");
        title.querySelector(".au-c-pill--ongoing")?.remove();
        return;
      }
      row.setAttribute("aria-current", "time");
      if (row.querySelector(":scope > .timetable__inner")) return;
      const pill = document.createElement("span");
      pill.className = "au-c-pill au-c-pill--ongoing";
      pill.textContent = timetable.dataset.now;
      title.append(" ", pill);
    });
  }

  // The reader's clock at an instant, written as the sample is: "5u44" for sixteen minutes to six.
  function clock(instant, sample) {
    const [, padding, between, after] = sample.match(/(0?)5(\D+)44(.*)/);
    const hours = String(instant.getHours()).padStart(padding ? 2 : 1, "0");
    return hours + between + String(instant.getMinutes()).padStart(2, "0") + after;
  }

  function day(instant) {
    return new Intl.DateTimeFormat(document.documentElement.lang, {
      weekday: "long",
      day: "numeric",
      month: "long",
    }).format(instant);
  }

  function zoneName(instant) {
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { timeZoneName: "long" });
    return format.formatToParts(instant).find((part) => part.type === "timeZoneName").value;
  }

  function tell(place) {
    const { starts, ends, sample, words } = place.dataset;
    const [, there, sign, hours, minutes] = starts.match(/^(.{10}).*([+-])(\d\d):(\d\d)$/);
    const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
    const from = new Date(starts);
    const until = new Date(ends);
    if (-from.getTimezoneOffset() === offset) return;
    const here = new Date(from.getTime() - from.getTimezoneOffset() * 60_000).toISOString();
    const prefix = here.startsWith(there) ? "" : day(from) + ", ";
    place.textContent = words
      .replace("{times}", prefix + clock(from, sample) + " – " + clock(until, sample))
      .replace("{zone}", zoneName(from));
    place.hidden = false;
  }

  document.querySelectorAll("[data-own-time]").forEach(tell);
  const timetables = document.querySelectorAll(".timetable[data-now]");
  const markAll = () => timetables.forEach(mark);
  if (timetables.length) {
    markAll();
    setInterval(markAll, 15_000);
    // A page that comes back from the browser's memory shows the moment it was left at.
    window.addEventListener("pageshow", markAll);
  }
})();
