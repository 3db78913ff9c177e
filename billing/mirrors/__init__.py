"""What is ours of dj-stripe: its tables, made at once. Who writes them is ``billing.providers.stripe_mirrors``."""
