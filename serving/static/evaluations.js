// What the pages of evaluations do where there are scripts; all of it works without them.
// The server makes every answer: a script only spares the page being loaded as a whole.
"use strict";

const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

// What goes on is looked at again now and then. Only the figures are put in place, so that nothing that somebody reads
// or types moves; when the state is another one the page is loaded as a whole.
const follow = async (shown) => {
  try {
    const response = await fetch(shown.dataset.follow);
    if (response.redirected) return location.replace(response.url);
    const next = response.ok && parsed(await response.text()).querySelector("[data-follow]");
    if (response.ok && (!next || next.dataset.state !== shown.dataset.state)) return location.reload();
    if (next && next.innerHTML !== shown.innerHTML) shown.replaceChildren(...document.adoptNode(next).childNodes);
  } catch {
    // the next look may find the server again
  }
  setTimeout(follow, Number(shown.dataset.every), shown);
};
for (const shown of document.querySelectorAll("[data-follow]")) setTimeout(follow, Number(shown.dataset.every), shown);

// Too large a file is told before it is sent; and while one is sent, that it is.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-limit]")) return;
  const file = form.querySelector("input[type=file]").files[0];
  const isTooLarge = file && file.size > Number(form.dataset.limit);
  form.querySelector(".busy").textContent = isTooLarge ? form.dataset.tooLarge : form.dataset.sending;
  if (isTooLarge) event.preventDefault();
});

const answered = async (form, button) => {
  const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button)) });
  return [response, parsed(await response.text())];
};

// Criteria come and go in place, and one goes on typing where something has changed.
document.addEventListener("submit", async (event) => {
  const form = event.target, button = event.submitter;
  if (!form.matches("[data-rows]") || !button || !["add", "remove", "up", "down"].includes(button.name)) return;
  event.preventDefault();
  try {
    const [, page] = await answered(form, button);
    const next = page.querySelector("[data-rows]");
    form.replaceWith(document.adoptNode(next));
    const place = document.getElementById(next.dataset.place || "criteria");
    (place.querySelector("input:not([type=hidden])") || place).focus();
  } catch {
    form.removeAttribute("data-rows"); // as without a script
    form.requestSubmit(button);
  }
});

// What the choices come to follows them.
let asked = 0;
document.addEventListener("change", async (event) => {
  const form = event.target.form;
  if (!form || !form.matches("[data-looks]")) return;
  const mine = ++asked;
  try {
    const [response, page] = await answered(form, form.querySelector("button[value=look]"));
    if (mine !== asked || !response.ok) return;
    for (const place of ["#looked", ".criteria-told", "#rubric-hint"]) {
      document.querySelector(place).replaceWith(document.adoptNode(page.querySelector(place)));
    }
    history.replaceState(null, "", response.url);
  } catch {
    // the button shows it as well
  }
});
