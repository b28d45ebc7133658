// Pays by card: with Stripe.js, or with its offline stand-in, a card becomes a payment method in the browser, and its
// name is what the form sends. The form says which key to use and who pays (`data-key`, `data-name`, `data-email`).
"use strict";

// `isNeeded` says whether a card has to be typed at all, `label` what the button says. Returns how to show both again.
function payByCard(form, { isNeeded = () => true, label = null } = {}) {
  const button = form.querySelector("#pay-button");
  const trouble = form.querySelector("#trouble");
  const element = form.querySelector("#card");
  const words = button.textContent;
  const stripe = Stripe(form.dataset.key);
  const card = stripe.elements().create("card");
  card.mount("#card");

  function show() {
    button.textContent = label ? label() : words;
    element.hidden = !isNeeded();
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

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return; // one click too many
    document.getElementById("told").replaceChildren(); // what was said of the last try
    explain("");
    wait(true);
    if (isNeeded()) {
      const { name, email } = form.dataset;
      const billing_details = { name: name || undefined, email: email || undefined };
      const { paymentMethod, error } = await stripe.createPaymentMethod({ type: "card", card, billing_details });
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
  return show;
}

for (const form of document.querySelectorAll("form[data-pays]")) payByCard(form);
