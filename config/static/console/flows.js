// The three ways to pay, told step by step. A step's `play(state, call)` sends what the step sends; `call` shows each
// request and its answer, and ends the step if the answer is a refusal. A step returns nothing if all is well, else
// what happened instead: `{ stop, back }` (it ended; go on from the step named `back`) or `{ pause }` (somebody must act
// first; then `pause.resume(state, call)` goes on).
import * as bodies from "./bodies.js";
import { newKey } from "./wire.js";

const acp = ({ version, key }, path, json) => ({
  method: json ? "POST" : "GET",
  path,
  json,
  headers: {
    "API-Version": version,
    ...(key && { Authorization: `Bearer ${key}` }),
    ...(json && { "Idempotency-Key": newKey() }),
  },
});

const stripe = (key, path, form) => ({
  method: form ? "POST" : "GET",
  path,
  form,
  headers: { Authorization: `Bearer ${key}`, ...(form && { "Idempotency-Key": newKey() }) },
});

const pathOf = (state) => `/checkout_sessions/${state.session.id}`;

async function open(state, call) {
  state.session = await call(acp(state.choices, "/checkout_sessions", bodies.creation(state.choices)));
}

async function address(state, call) {
  state.session = await call(acp(state.choices, pathOf(state), bodies.addressing(state.choices)));
  if (!state.session.fulfillment_options.length) return { stop: firstError(state.session)?.content, back: "open" };
}

async function ship(state, call) {
  const offered = state.session.fulfillment_options;
  const option = offered.find(({ id }) => id === state.choices.shipping) || offered[0];
  state.session = await call(acp(state.choices, pathOf(state), bodies.choosing(state.choices, option, state.session)));
  const wrong = firstError(state.session);
  if (wrong) return { stop: wrong.content, back: "open" };
}

async function delegate(state, call) {
  const body = bodies.delegation(state.choices, state.session);
  state.token = (await call(acp(state.choices, "/agentic_commerce/delegate_payment", body))).id;
}

async function tokenize(state, call) {
  const form = bodies.card(state.choices);
  state.token = (await call(stripe(state.choices.publishable_key, "/v1/tokens", form))).id;
}

async function keepCard(state, call) {
  const form = bodies.card(state.choices, { type: "card" });
  state.paymentMethod = (await call(stripe(state.choices.assistant_key, "/v1/payment_methods", form))).id;
}

async function share(state, call) {
  const form = bodies.sharing(state.choices, state.session, state.paymentMethod);
  state.token = (await call(stripe(state.choices.assistant_key, "/v1/shared_payment/issued_tokens", form))).id;
}

async function complete(state, call) {
  const body = bodies.completion(state.choices, state.token);
  return outcome(state, await call(acp(state.choices, `${pathOf(state)}/complete`, body)));
}

async function look(state, call) {
  return outcome(state, await call(acp(state.choices, pathOf(state))));
}

async function lookAtGrant(state, call) {
  const found = await look(state, call);
  await call(stripe(state.choices.seller_key, `/v1/shared_payment/granted_tokens/${state.token}`));
  return found;
}

async function approve(state, call) {
  const body = bodies.approval(state.choices, state.token);
  return outcome(state, await call(acp(state.choices, `${pathOf(state)}/complete`, body)));
}

async function giveUp(state, call) {
  state.session = await call(acp(state.choices, `${pathOf(state)}/cancel`, {}));
  return { stop: "The session is canceled and nothing was charged. Pick another card and start over.", back: "buyer" };
}

function outcome(state, session) {
  state.session = session;
  state.order = session.order || state.order;
  if (session.status === "completed") return undefined;
  const wrong = firstError(session);
  if (wrong?.code === "payment_declined")
    return { stop: `${wrong.content} Nothing was charged. Pick another card and play on.`, back: "card" };
  if (wrong?.code === "requires_3ds") return { pause: askTheBuyer(session) };
  if (wrong) return { stop: wrong.content, back: "open" };
  return { pause: { text: "The payment is on its way.", label: "Look again", resume: look } };
}

// Each version has its own way to a buyer's bank, and the first has none.
function askTheBuyer(session) {
  if (session.continue_url)
    return {
      text: "The card’s bank asks the buyer first. Open its page, answer there, and look again.",
      link: session.continue_url,
      label: "Look again",
      resume: look,
    };
  if (session.authentication_metadata)
    return {
      text: "The card’s bank asks the buyer first. In this version the assistant takes them there by itself, and brings the proof.",
      label: "Approve, and complete again",
      resume: approve,
    };
  return {
    text: "The card’s bank asks the buyer first, and this version knows no way there.",
    label: "Cancel the session",
    resume: giveUp,
  };
}

function firstError(session) {
  return session.messages.find((message) => message.type === "error");
}

const money = (state) => {
  const format = new Intl.NumberFormat("en-US", { style: "currency", currency: state.choices.currency });
  return format.format(bodies.totalOf(state.session) / 10 ** format.resolvedOptions().maximumFractionDigits);
};
const ways = ({ session: { fulfillment_options: { length } } }) => (length === 1 ? "One way" : `${length} ways`);
const last4 = (state) => state.choices.card.number.slice(-4);

// The beginning and the end of every tale: the same session, whoever pays for it.
const wish = (listener) => ({
  id: "buyer",
  who: `Buyer → ${listener}`,
  title: (state) => `“I want to buy this: ${state.choices.product.title}”`,
});
const opening = (speaker) => ({
  id: "open",
  who: `${speaker} → Till`,
  title: "Create the session",
  text: "Till prices it and says what is missing.",
  play: open,
  told: (state) => `The session is ${state.session.status}: ${(state.session.messages[0]?.content || money(state)).replace(/^./, (letter) => letter.toLowerCase())}.`,
});
const addressing = (speaker) => ({
  who: `${speaker} → Till`,
  title: "Add the address",
  text: "The buyer gives it; Till answers with ways to ship, and tax.",
  play: address,
  told: (state) => `${ways(state)} to deliver it; ${money(state)} so far.`,
});
const shipping = (speaker) => ({
  who: `${speaker} → Till`,
  title: "Select the shipping",
  text: "Now nothing is missing.",
  play: ship,
  told: (state) => `The session is ${state.session.status}: ${money(state)}.`,
});
const completing = (speaker) => ({
  who: `${speaker} → Till`,
  title: "Complete the checkout",
  text: "The buyer says yes, and the token comes back to Till.",
  play: complete,
  told: (state) => `The session is ${state.session.status}.`,
});
const news = {
  on: "It is on its way to the address that the demo agent has registered.",
  off: "The address of the demo agent is switched off or paused, so the event waits.",
  "": "The demo agent has no address yet, so it is told to nobody: `manage.py listen` says how to give it one.",
};
const notice = {
  who: "Till → Assistant",
  title: "Order event",
  text: "With the order Till wrote down an event. Its worker sends it by webhook, signed, again and again for three days until it has arrived; each change of the order is another event.",
  told: (state) => `${news[state.choices.endpoint]} Staff see it under Outgoing events.`,
};
const success = {
  who: "Assistant → Buyer",
  title: "Show the success",
  text: "The buyer gets a page of their own.",
  ends: true,
};
const checking = (play, what) => ({
  who: "Till → Processor",
  title: "Validate and charge",
  text: `${what} This happens while Till answers the step before; anyone who asks again sees the same.`,
  play,
  told: (state) => `${money(state)} charged once. The session is ${state.session.status}.`,
});

export const FLOWS = {
  delegated: [
    wish("Assistant"),
    opening("Assistant"),
    addressing("Assistant"),
    shipping("Assistant"),
    {
      id: "card",
      who: "Buyer → Assistant",
      title: (state) => `Type the card ···· ${last4(state)}`,
      text: "The assistant collects it; the shop’s pages never do.",
    },
    {
      who: "Assistant → Till",
      title: "Delegate the payment",
      text: "The card, and what it may be used for: this session, this amount, once, for half an hour.",
      play: delegate,
      told: (state) => `At most ${money(state)}, for ${state.session.id} alone.`,
    },
    {
      who: "Till → Processor",
      title: "Make a token of the card",
      text: "In the same request Till hands the card to its processor and keeps the processor’s name for it, the brand and four digits. The number is gone.",
    },
    {
      who: "Assistant",
      title: "Keep the vault token",
      text: "The assistant forgets the card too.",
      told: (state) => `${state.token} is all it has.`,
    },
    completing("Assistant"),
    checking(look, "Till checks the allowance (session, amount, currency, time, once) and charges the card behind it."),
    notice,
    success,
  ],
  direct: [
    wish("Your page"),
    {
      id: "open",
      who: "Your page → Till",
      title: "Create the session, with address and shipping",
      text: "Three requests, as a shop’s own checkout makes them.",
      async play(state, call) {
        await open(state, call);
        return (await address(state, call)) || (await ship(state, call));
      },
      told: (state) => `The session is ${state.session.status}: ${money(state)}.`,
    },
    {
      id: "card",
      who: "Buyer → Your page",
      title: (state) => `Type the card ···· ${last4(state)}`,
      text: "Into fields that are the processor’s.",
    },
    {
      who: "Browser → Processor",
      title: "Make a token of the card",
      text: "With the publishable key: the card goes from the browser to the processor, and never to the shop.",
      play: tokenize,
      told: (state) => `${state.token} stands for the card.`,
    },
    completing("Your page"),
    checking(look, "No allowance stands behind this token: Till charges it as it is."),
    { ...success, who: "Your page → Buyer" },
  ],
  spt: [
    wish("Assistant"),
    opening("Assistant"),
    addressing("Assistant"),
    shipping("Assistant"),
    {
      id: "card",
      who: "Buyer → Assistant",
      title: (state) => `Type the card ···· ${last4(state)}`,
      text: "Or pick one that the assistant has on file.",
    },
    {
      who: "Assistant → Stripe",
      title: "Keep the card",
      text: "At the assistant’s own Stripe account; here, at Till’s stand-in for it.",
      play: keepCard,
      told: (state) => `${state.paymentMethod} stands for the card there.`,
    },
    {
      who: "Assistant → Stripe",
      title: "Issue a shared payment token",
      text: "For one seller, up to an amount, until a time.",
      play: share,
      told: (state) => `Up to ${money(state)}.`,
    },
    {
      who: "Assistant",
      title: "Keep the shared payment token",
      text: "The seller will know it by the same name.",
      told: (state) => `${state.token} is all the seller will see of the card.`,
    },
    completing("Assistant"),
    checking(lookAtGrant, "Till checks what the token grants and charges the card behind it; the seller sees how much of it is used."),
    notice,
    success,
  ],
};
