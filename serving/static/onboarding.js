// What the onboarding's pages do where there are scripts; all of it works without them.
// The server makes every answer: a script only spares the page being loaded as a whole.
"use strict";

const inserted = (response, text) => {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.querySelector("#content").replaceWith(document.adoptNode(page.querySelector("#content")));
  document.title = page.title;
  const address = new URL(response.url);
  const place = address.searchParams.get("at");
  address.searchParams.delete("at");
  history.replaceState(null, "", address);
  return place;
};

// A row was added, moved or removed: go on there, as the address of the answer says.
const goOnAt = (id) => {
  const place = id && document.getElementById(id);
  if (!place) return;
  const field = place.matches("fieldset") ? place.querySelector("input, textarea") : place;
  if (!field.matches("input, textarea, button")) field.tabIndex = -1;
  field.focus({ preventScroll: false });
};

const sent = async (form, button) => {
  const fields = new URLSearchParams(new FormData(form, button));
  const response = await fetch(form.action, { method: "POST", body: fields });
  return [response, await response.text()];
};

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-limit]")) return checkedFile(event, form);
  const button = event.submitter;
  const changesRows = button && ["add", "remove", "up", "down"].includes(button.name);
  const updates = button && button.name === "do" && button.value === "update";
  if (!form.matches("[data-live]") || !(changesRows || updates)) return;
  event.preventDefault();
  try {
    const place = inserted(...(await sent(form, button)));
    goOnAt(place || (document.querySelector("#faults") ? "faults" : "seen"));
  } catch {
    form.removeAttribute("data-live"); // as without a script
    form.requestSubmit(button);
  }
});

// Too large a file is told before it is sent; and while one is read, that it is.
const checkedFile = (event, form) => {
  const file = form.querySelector("input[type=file]").files[0];
  const told = form.querySelector(".busy");
  const limit = Number(form.dataset.limit);
  if (file && file.size > limit) {
    event.preventDefault();
    const megabytes = (bytes) => (bytes / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
    told.textContent = form.dataset.tooLarge.replaceAll("{bytes}", megabytes(file.size)).replaceAll("{limit}", megabytes(limit));
    return;
  }
  told.textContent = form.dataset.reading;
};

// What matching sees follows what is typed, a moment after the last letter.
let waiting = 0;
document.addEventListener("input", (event) => {
  const list = event.target.list && event.target.list.dataset.from ? event.target.list : null;
  clearTimeout(waiting);
  if (list) waiting = setTimeout(() => suggest(list, event.target.value), 200);
  else if (event.target.form && document.querySelector("#seen")) waiting = setTimeout(() => show(event.target.form), 800);
});

const suggest = async (list, words) => {
  const response = await fetch(`${list.dataset.from}?${new URLSearchParams({ words })}`);
  if (!response.ok) return;
  const names = await response.json();
  list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
};

const show = async (form) => {
  const [response, text] = await sent(form, form.querySelector("button.first"));
  const seen = response.ok && new DOMParser().parseFromString(text, "text/html").querySelector("#seen .anonymous");
  const shown = document.querySelector("#seen .anonymous");
  if (seen && shown) shown.replaceWith(document.adoptNode(seen));
};

// The steps of the processing as they are done; at the end the answer is another page.
const followed = async () => {
  const steps = document.querySelector("[data-follow]");
  if (!steps) return;
  try {
    const response = await fetch(steps.dataset.follow);
    if (response.redirected) return location.replace(response.url);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const next = page.querySelector("[data-follow]");
    if (!next || page.querySelector("li.failed")) return location.reload();
    if (next.innerHTML !== steps.innerHTML) steps.replaceChildren(...document.adoptNode(next).childNodes);
  } catch {
    // the next look may find the server again
  }
  setTimeout(followed, 400);
};
followed();
