// The coin shop's form: which package, and whether with the card from last time.
"use strict";

const form = document.getElementById("buy");
const show = payByCard(form, {
  isNeeded: () => form.elements.card?.value !== "same",
  label() {
    const chosen = form.querySelector("[name=package_id]:checked");
    return chosen ? `Pay ${chosen.dataset.price}` : "Pay";
  },
});
form.addEventListener("change", show);
