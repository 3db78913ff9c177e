"""Those who take the money: one port, an adapter for each provider, and stand-ins that speak their protocols."""
