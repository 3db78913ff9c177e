"""Stand-ins that speak the providers' protocols over loopback, for demos and tests; none of them moves money.

A fake written by the same hands shares their misunderstandings: what these promise is checked against the SDKs' own
types, and the contract suite runs against the providers' test modes where keys are in the environment.
"""
