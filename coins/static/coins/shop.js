// Pays with Stripe.js, or with its offline stand-in: a card becomes a payment method in the browser, and its name is
// what the form sends.
"use strict";

const form = document.getElementById("buy");
const button = document.getElementById("pay-button");
const trouble = document.getElementById("trouble");
const element = document.getElementById("card");
const stripe = Stripe(form.dataset.key);
const card = stripe.elements().create("card");
card.mount("#card");

function usesSameCard() {
  return form.elements.card?.value === "same";
}

function show() {
  const chosen = form.querySelector("[name=package_id]:checked");
  button.textContent = chosen ? `Pay ${chosen.dataset.price}` : "Pay";
  element.hidden = usesSameCard();
}

function explain(message) {
  trouble.textContent = message;
  trouble.hidden = !message;
}

function wait(isWaiting) {
  button.disabled = isWaiting;
  if (isWaiting) button.textContent = "Paying…";
  else show();
}

form.addEventListener("change", show);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (button.disabled) return; // one click too many
  document.getElementById("told").replaceChildren(); // what was said of the last try
  explain("");
  wait(true);
  if (!usesSameCard()) {
    const { paymentMethod, error } = await stripe.createPaymentMethod({
      type: "card",
      card,
      billing_details: { name: form.dataset.name || undefined, email: form.dataset.email || undefined },
    });
    if (error) {
      explain(error.message);
      wait(false);
      return;
    }
    form.elements.payment_method_id.value = paymentMethod.id;
  }
  form.submit();
});
window.addEventListener("pageshow", () => wait(false)); // also after the browser's back button
show();
