"""What each request may say: the parameters that Stripe knows, as far as the sandbox does."""
