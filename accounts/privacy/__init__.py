"""Whose data we hold, and everybody who holds it: found, exported, corrected, erased and accounted for."""
