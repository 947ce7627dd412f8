// A file may be dragged onto the form, and is not sent when it is too large. Without it: choose one.
"use strict";

const form = document.getElementById("upload");
const input = form?.querySelector("input[type=file]");

function fits() {
  const [file] = input.files;
  const isTooLarge = Boolean(file) && file.size > Number(form.dataset.most);
  document.getElementById("file-problem").textContent = isTooLarge ? form.dataset.tooLarge : "";
  input.setAttribute("aria-invalid", String(isTooLarge));
  return !isTooLarge;
}

if (form) {
  form.classList.add("ready");
  input.addEventListener("change", fits);
  form.addEventListener("submit", (event) => {
    if (fits()) return;
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
  for (const kind of ["dragenter", "dragover"]) {
    form.addEventListener(kind, (event) => {
      event.preventDefault();
      form.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) form.addEventListener(kind, () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    if (fits()) form.requestSubmit();
  });
}
