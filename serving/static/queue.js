// Keys for the queue's own buttons and links: whatever has a data-key is clicked by it. Without this file all of it
// works by mouse, finger and tab.
"use strict";

const also = { ArrowRight: "j", ArrowLeft: "k" };
let sent = false;

function typing(target) {
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || typing(event.target)) return;
  const key = also[event.key] || event.key;
  if (key === "?") {
    const help = document.getElementById("keys");
    help.open = !help.open;
    if (help.open) help.querySelector("summary").focus();
  } else if (key === "k") {
    history.back();
  } else {
    const wanted = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!wanted || sent) return;
    sent = true; // a key that is hit twice rates one match, not two
    wanted.click();
  }
  event.preventDefault();
});

// A page that comes back out of the browser's cache takes keys again.
window.addEventListener("pageshow", () => { sent = false; });
