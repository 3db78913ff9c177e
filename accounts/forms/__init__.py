"""What the account's pages are told, checked before a service is called."""
