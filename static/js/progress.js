// Keeps up to date how many mails have left, while the page is looked at. Without this script the
// link beside it does the same.
(function () {
  "use strict";
  const place = document.querySelector("[data-progress]");
  if (!place) return;
  const words = place.querySelector("[role=status]");
  const bar = place.querySelector("progress");
  const actions = place.querySelector(".actions");
  const PAUSE = 3000;

  async function look() {
    if (document.hidden) return later();
    let told;
    try {
      const answer = await fetch(place.dataset.progress, { redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      told = await answer.json();
    } catch {
      return later(); // the network is away: what stands there stays, and the link is there
    }
    if (words.textContent !== told.sentence) words.textContent = told.sentence;
    bar.max = told.total;
    bar.value = told.done;
    if (told.waiting) return later();
    actions.querySelector("form").remove();
  }

  function later() {
    setTimeout(look, PAUSE);
  }

  later();
})();
