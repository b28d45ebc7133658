// A form that is sent is not sent again by one click too many.
"use strict";

for (const form of document.querySelectorAll("form[data-once]"))
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// Where a choice is all there is to a form, choosing sends it; its button is for those without JavaScript.
for (const form of document.querySelectorAll("form[data-sends-itself]")) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.submit());
}
