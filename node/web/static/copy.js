// A button that copies what stands in a field. Without a script the field can be marked by hand.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.querySelector(button.dataset.copy);
  const told = document.querySelector("[data-copy-told]");
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // without https a browser gives no clipboard: the old way
      field.select();
      if (!document.execCommand("copy")) return;
    }
    told.textContent = button.dataset.copied;
  });
}
