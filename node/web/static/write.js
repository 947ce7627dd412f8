// Helps with writing: the form stays when the node cannot be reached, folded parts stay open, a list
// is searched as one types. Without it each button asks the node for the whole page.
"use strict";

{ // its names are its own: all files of a page share theirs else
  const SEARCH_MS = 400;
  const openParts = new Set();

  const isForm = (event) => event.detail.target?.id === "writing";

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isForm(event)) return;
    const { xhr } = event.detail;
    const trouble = document.getElementById("trouble");
    if (xhr.status >= 400 && !xhr.responseText.includes('id="writing"')) {
      // what is no form must not take the place of one
      const told = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(".problem");
      tell(told ? told.textContent : trouble.dataset.broken);
      event.detail.shouldSwap = false;
      return;
    }
    trouble.hidden = true;
    openParts.clear();
    for (const part of document.querySelectorAll("#writing details[open]")) openParts.add(part.id);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (!isForm(event)) return;
    for (const id of openParts) {
      const part = document.getElementById(id);
      if (part) part.open = true;
    }
    document.querySelector("#writing [data-focus]")?.focus();
  });

  document.addEventListener("htmx:sendError", (event) => {
    if (isForm(event)) tell(document.getElementById("trouble").dataset.broken);
  });

  function tell(text) {
    const trouble = document.getElementById("trouble");
    trouble.textContent = text;
    trouble.hidden = false;
    trouble.scrollIntoView({ block: "center" });
  }

  // In a long form the enter key sends nothing by mistake; in a search it searches.
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || event.isComposing || !field.matches("#writing input:not([type=file])")) return;
    event.preventDefault();
    if (field.dataset.find) document.getElementById(field.dataset.find).click();
  });

  let searching = null;
  document.addEventListener("input", (event) => {
    const { find } = event.target.dataset;
    if (!find) return;
    clearTimeout(searching);
    searching = setTimeout(() => document.getElementById(find)?.click(), SEARCH_MS);
  });

  document.addEventListener("change", (event) => {
    const { meaning, press } = event.target.dataset;
    if (meaning) {
      document.getElementById(meaning).textContent = event.target.selectedOptions[0].dataset.meaning ?? "";
    }
    if (event.target.name === "unit") {
      for (const told of document.querySelectorAll("[data-unit]")) told.textContent = event.target.selectedOptions[0].text;
    }
    if (press) document.getElementById(press).click();
  });
}
