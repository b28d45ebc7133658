// A small stand-in for Stripe.js, for pages that run without Stripe: the calls `card-form.js` makes, and no others. The
// card goes to this server's own sandbox under /v1, with the publishable key, as Stripe.js would send it to Stripe.
"use strict";

window.Stripe = function Stripe(publishableKey) {
  const FIELDS = `
    <label class="field">Card number <input data-card="number" inputmode="numeric" autocomplete="cc-number" placeholder="1234 1234 1234 1234" maxlength="24"></label>
    <div class="short">
      <label class="field">Expires <input data-card="expiry" inputmode="numeric" autocomplete="cc-exp" placeholder="MM / YY" maxlength="9"></label>
      <label class="field">CVC <input data-card="cvc" inputmode="numeric" autocomplete="cc-csc" placeholder="123" maxlength="4"></label>
    </div>`;
  const WHERE = { number: "number", exp_month: "expiry", exp_year: "expiry", cvc: "cvc" };

  // Sets what is typed at the end of a field in groups; in the middle, nothing moves under the buyer's fingers.
  function grouped(group, between) {
    return ({ target }) => {
      const digits = target.value.replace(/\D/g, "");
      const isAtEnd = target.selectionStart === target.value.length;
      if (isAtEnd && !/^\d? *\//.test(target.value)) target.value = (digits.match(group) || []).join(between);
    };
  }

  function cardElement() {
    let place = null;
    const input = (name) => place.querySelector(`[data-card=${name}]`);
    return {
      mount(target) {
        place = typeof target === "string" ? document.querySelector(target) : target;
        place.innerHTML = FIELDS; // without a name: the surrounding form never sends them
        input("number").addEventListener("input", grouped(/.{1,4}/g, " "));
        input("expiry").addEventListener("input", grouped(/^..|.+/g, " / ")); // a phone's digits come without a slash
      },
      on() {},
      values() {
        const [month = "", year = ""] = input("expiry").value.split("/").map((part) => part.trim());
        return {
          number: input("number").value.replace(/\D/g, ""),
          exp_month: month,
          exp_year: year.length === 2 ? `20${year}` : year,
          cvc: input("cvc").value.trim(),
        };
      },
      blame(param) {
        const wrong = WHERE[(param || "").replace(/^card\[|\]$/g, "")];
        for (const each of place.querySelectorAll("input")) each.setAttribute("aria-invalid", each.dataset.card === wrong);
        if (wrong) input(wrong).focus();
      },
    };
  }

  function incomplete(values) {
    if (!values.number) return { param: "number", message: "Your card number is incomplete." };
    if (!/^\d{1,2}$/.test(values.exp_month) || !/^\d{4}$/.test(values.exp_year))
      return { param: "exp_month", message: "Your card's expiration date is incomplete." };
    if (!values.cvc) return { param: "cvc", message: "Your card's security code is incomplete." };
    return null;
  }

  async function createPaymentMethod({ type, card, billing_details: details = {} }) {
    const values = card.values();
    const body = new URLSearchParams({ type });
    for (const [name, value] of Object.entries(values)) body.set(`card[${name}]`, value);
    for (const [name, value] of Object.entries(details)) if (value) body.set(`billing_details[${name}]`, value);
    let error = incomplete(values);
    if (!error) {
      try {
        const answer = await fetch("/v1/payment_methods", {
          method: "POST",
          headers: { Authorization: `Bearer ${publishableKey}` },
          body,
        });
        const document = await answer.json();
        if (answer.ok) return { paymentMethod: document };
        error = document.error;
      } catch {
        error = { message: "The payment processor could not be reached. Nothing was charged: please try again." };
      }
    }
    card.blame(error.param);
    return { error };
  }

  return { elements: () => ({ create: cardElement }), createPaymentMethod };
};
