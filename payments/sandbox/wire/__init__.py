"""Stripe's `/v1` on the sandbox's books, so that Stripe's own SDK works against it unmodified.

A request: `base` (who asks) → `parameters` (what they say, in `schemas`) → an operation → `base` (the answer, with
`expanding`). A POST passes `idempotency`; what goes wrong arrives in `errors`.
"""
