// What an assistant says in each version of the protocol. Every function returns the body of one request.

const MINUTES = 30;

export function creation({ version, product, currency }) {
  const item = { id: product.id, quantity: 1 };
  if (version < "2026-01-30") return { items: [item] };
  return { line_items: [item], currency, capabilities: { interventions: { supported: ["3ds"] } } };
}

export function addressing({ version, address }) {
  const [first_name, ...rest] = address.name.split(" ");
  const buyer = { first_name, last_name: rest.join(" "), email: "ada@example.com" };
  if (version < "2025-12-12") return { buyer, fulfillment_address: address };
  return { buyer, fulfillment_details: { address } };
}

export function choosing({ version }, option, session) {
  if (version < "2025-12-12") return { fulfillment_option_id: option.id };
  const chosen = { option_id: option.id, item_ids: session.line_items.map((line) => line.id) };
  if (version < "2026-01-30")
    return { selected_fulfillment_options: [{ type: option.type, [option.type]: chosen }] };
  return { selected_fulfillment_options: [{ type: option.type, ...chosen }] };
}

export function delegation({ card, currency, merchant }, session) {
  const expires = new Date(Date.now() + MINUTES * 60 * 1000);
  return {
    payment_method: {
      type: "card",
      card_number_type: "fpan",
      number: card.number,
      exp_month: "12",
      exp_year: String(expires.getFullYear() + 2),
      cvc: card.cvc,
      display_card_funding_type: card.funding,
      display_brand: card.brand,
      display_last4: card.number.slice(-4),
      metadata: {},
    },
    allowance: {
      reason: "one_time",
      max_amount: totalOf(session),
      currency,
      checkout_session_id: session.id,
      merchant_id: merchant,
      expires_at: expires.toISOString(),
    },
    risk_signals: [{ type: "card_testing", score: 5, action: "authorized" }],
    metadata: { source: "console" },
  };
}

export function completion({ version }, token) {
  if (version < "2026-01-30") return { payment_data: { token, provider: "stripe" } };
  const handler_id = /^(tok|pm)_/.test(token) ? "card_direct" : "card_tokenized";
  return { payment_data: { handler_id, instrument: { type: "card", credential: { type: "spt", token } } } };
}

// The buyer approved the payment in the assistant's own window: what the bank gave as a proof.
export function approval(choices, token) {
  const outcome_details = {
    three_ds_cryptogram: "AAIBBYNoEwAAAAAAhJUTdQAAAAA=",
    electronic_commerce_indicator: "05",
    transaction_id: "f38e6948-5388-41a6-bca4-b49723c19437",
    version: "2.2.0",
  };
  return { ...completion(choices, token), authentication_result: { outcome: "authenticated", outcome_details } };
}

// Stripe's own wire, which is a form.
export function card({ card: { number, cvc } }, prefix = {}) {
  const year = String(new Date().getFullYear() + 2);
  return { ...prefix, "card[number]": number, "card[exp_month]": "12", "card[exp_year]": year, "card[cvc]": cvc };
}

export function sharing({ currency, profile }, session, paymentMethod) {
  return {
    payment_method: paymentMethod,
    "usage_limits[currency]": currency,
    "usage_limits[max_amount]": String(totalOf(session)),
    "usage_limits[expires_at]": String(Math.floor(Date.now() / 1000) + MINUTES * 60),
    "seller_details[network_business_profile]": profile,
  };
}

export function totalOf(session) {
  return session.totals.find((total) => total.type === "total").amount;
}
