"""What the pages' forms ask for, turned into typed values. Nothing here saves."""
