"""What every provider behind the port does, run against each of them: over its stand-in, and against its own test
mode where keys are in the environment."""
