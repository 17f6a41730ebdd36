// A button that copies the letter, shown where a browser can; and a question before changes are left behind.
"use strict";

const text = document.getElementById("letter-text");
const copy = document.getElementById("copy");
const told = document.getElementById("copied");
const begun = text.value;
let saving = false;

if (navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.value);
      told.textContent = copy.dataset.done;
    } catch {
      text.select();
      told.textContent = copy.dataset.failed;
    }
  });
}
text.form.addEventListener("submit", () => { saving = true; });
window.addEventListener("beforeunload", (event) => {
  if (!saving && text.value !== begun) event.preventDefault();
});
