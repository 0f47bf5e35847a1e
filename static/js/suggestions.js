// Suggests organisations while somebody types, and by the domain of their mail address.
// Without it the field takes any name.
(function () {
  "use strict";
  const form = document.querySelector("form[data-suggestions-url]");
  if (!form) return;
  const field = form.querySelector("[data-suggestions]");
  const email = form.querySelector("input[type=email]");
  const list = document.createElement("datalist");
  list.id = field.id + "-suggestions";
  field.after(list);
  field.setAttribute("list", list.id);

  async function ask(parameters) {
    const address = form.dataset.suggestionsUrl + "?" + new URLSearchParams(parameters);
    const answer = await fetch(address, { credentials: "omit" });
    return answer.ok ? answer.json() : { names: [], own: "" };
  }

  let timer;
  field.addEventListener("input", function () {
    clearTimeout(timer);
    timer = setTimeout(async function () {
      const found = field.value.trim() ? await ask({ q: field.value }) : { names: [] };
      list.replaceChildren(
        ...found.names.map(function (name) {
          const option = document.createElement("option");
          option.value = name;
          return option;
        }),
      );
    }, 200);
  });

  // Who changes their details has given their address before.
  if (!email) return;
  // Only the domain leaves the page, never the address itself.
  email.addEventListener("change", async function () {
    const domain = email.value.split("@")[1];
    if (!domain || field.value.trim()) return;
    const found = await ask({ domain: domain });
    if (found.own && !field.value.trim()) field.value = found.own;
  });
})();
