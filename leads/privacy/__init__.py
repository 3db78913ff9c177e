"""What leads hold about people, and how people are known here."""
