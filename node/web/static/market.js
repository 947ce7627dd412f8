// Keeps what was left empty out of the market's address, and the number of filters beside their name.
// Without it the address is longer and nothing else.
"use strict";

document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.matches?.("form.finder")) return;
  const asked = event.detail.parameters;
  for (const [name, value] of Object.entries(asked)) {
    if (value === "" || (name === "sort" && value === "newest")) delete asked[name];
  }
});

document.addEventListener("htmx:afterSettle", () => {
  const chips = document.querySelectorAll("#results .chip:not(.all)").length;
  const count = document.querySelector(".filters .count-on");
  if (count) count.textContent = chips || "";
});
