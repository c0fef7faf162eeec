"""From what an office delivers to a study."""
